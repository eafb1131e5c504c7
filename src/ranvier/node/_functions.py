"""Plain functions as nodes: `@source`, `@transform`, `@sink`."""

from __future__ import annotations

import inspect
from typing import (
    Any,
    Callable,
    Dict,
    List,
    Mapping,
    Optional,
    Type,
    TypeVar,
    Union,
    overload,
)

from ranvier.core import NodeError
from ranvier.node._node import Node, Sink, Source, Transform
from ranvier.node._pace import check_pace
from ranvier.node._parameter import Parameter
from ranvier.node._ports import Input, Output

F = TypeVar("F", bound=Callable[..., Any])
Inputs = Union[Input, Mapping[str, Input], None]
Outputs = Union[Output, Mapping[str, Output], None]


@overload
def transform(function: F, /) -> F: ...
@overload
def transform(
    *, inputs: Inputs = None, outputs: Outputs = None, deterministic: bool = True
) -> Callable[[F], F]: ...
def transform(
    function: Optional[F] = None,
    /,
    *,
    inputs: Inputs = None,
    outputs: Outputs = None,
    deterministic: bool = True,
) -> Union[F, Callable[[F], F]]:
    """Make a function a transform; the function itself stays as it is.

    Positional arguments are the inputs; keyword-only arguments are the parameters,
    with a plain default or a `Parameter`.

    Parameters
    ----------
    function
        Where nothing is declared: `@transform` is the same as `@transform()`.
    inputs
        Declaration of the input, or of each by name; open ports if None.
    outputs
        Declaration of the output (then named "output"), or of each by name.
    deterministic
        False if the output depends on more than inputs and parameters.

    Returns
    -------
    callable
        The function, or the decorator.

    Examples
    --------
    >>> @transform(inputs=Input("float64", shape=()), outputs=Output("bool", shape=()))
    ... def is_high(signal, *, level=1.0):
    ...     return signal > level
    >>> is_high(2.0), is_high(2.0, level=3.0)
    (True, False)
    """
    decorate: Callable[[F], F] = _decorate(Transform, inputs, outputs, deterministic)
    return decorate if function is None else decorate(function)


@overload
def sink(function: F, /) -> F: ...
@overload
def sink(*, inputs: Inputs = None, deterministic: bool = True) -> Callable[[F], F]: ...
def sink(
    function: Optional[F] = None,
    /,
    *,
    inputs: Inputs = None,
    deterministic: bool = True,
) -> Union[F, Callable[[F], F]]:
    """Make a function a sink; see `transform`.

    Returns
    -------
    callable
        The function, or the decorator.
    """
    decorate: Callable[[F], F] = _decorate(Sink, inputs, None, deterministic)
    return decorate if function is None else decorate(function)


@overload
def source(function: F, /) -> F: ...
@overload
def source(
    *,
    outputs: Outputs = None,
    pace_hz: Optional[float] = None,
    deterministic: bool = True,
) -> Callable[[F], F]: ...
def source(
    function: Optional[F] = None,
    /,
    *,
    outputs: Outputs = None,
    pace_hz: Optional[float] = None,
    deterministic: bool = True,
) -> Union[F, Callable[[F], F]]:
    """Make a function or generator function a source; see `transform`.

    Parameters
    ----------
    function
        As for `transform`.
    outputs
        As for `transform`.
    pace_hz
        Rate at which items are asked for, Hz; None is as fast as they come.
    deterministic
        As for `transform`.

    Returns
    -------
    callable
        The function, or the decorator.
    """
    decorate: Callable[[F], F] = _decorate(
        Source, None, outputs, deterministic, pace_hz
    )
    return decorate if function is None else decorate(function)


def node_class(thing: Any, reference: str = "") -> Type[Node]:
    """Give the node class of a class or of a decorated function.

    Parameters
    ----------
    thing
        What a reference led to.
    reference
        The reference, for the message. What it led to is not shown: "os:environ" in a
        file from elsewhere must not print the environment.

    Returns
    -------
    type
        A subclass of Source, Transform or Sink.

    Raises
    ------
    NodeError
        If it is neither.
    """
    cls = getattr(thing, "__ranvier_node__", thing)
    bare = (Node, Source, Transform, Sink)
    if inspect.isclass(cls) and issubclass(cls, Node) and cls not in bare:
        return cls
    raise NodeError(
        f'"{reference}" is no node.' if reference else "it is no node.",
        code="RV-N10",
        found="a class" if inspect.isclass(thing) else f"a {type(thing).__name__}",
        wanted="a class derived from Source, Transform or Sink, or a function with "
        "@source, @transform or @sink",
        mend="derive it, or decorate it",
    )


def _decorate(
    base: Any,
    inputs: Inputs,
    outputs: Outputs,
    deterministic: bool,
    pace_hz: Optional[float] = None,
) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        check_pace(pace_hz, function.__name__)
        members = _read_signature(function, base, inputs)
        members.update(_named(outputs, "output") if base is not Sink else {})
        members.update(_make_methods(function, base, pace_hz))
        members["deterministic"] = deterministic
        members["__doc__"] = function.__doc__
        members["__module__"] = function.__module__
        members["__qualname__"] = function.__qualname__
        cls = type(function.__name__, (base,), members)
        if any(isinstance(each, Parameter) for each in _defaults(function).values()):
            function.__kwdefaults__ = _plain_defaults(function)
        function.__ranvier_node__ = cls  # pyright: ignore[reportFunctionMemberAccess]
        return function

    return decorate


def _defaults(function: Any) -> Dict[str, Any]:
    return dict(function.__kwdefaults__ or {})


def _plain_defaults(function: Any) -> Dict[str, Any]:
    # One that must be given has no default, so that Python itself asks for it.
    return {
        name: each.spec.default if isinstance(each, Parameter) else each
        for name, each in _defaults(function).items()
        if not (isinstance(each, Parameter) and each.spec.required)
    }


def _named(ports: Union[Inputs, Outputs], name: str) -> Dict[str, Any]:
    if ports is None:
        return {name: Output()}
    return dict(ports) if isinstance(ports, Mapping) else {name: ports}


def _read_signature(function: Any, base: Any, inputs: Inputs) -> Dict[str, Any]:
    members: Dict[str, Any] = {}
    names: List[str] = []
    for name, argument in inspect.signature(function).parameters.items():
        if argument.kind is argument.KEYWORD_ONLY:
            members[name] = _read_parameter(argument.default)
        else:
            names.append(name)
    if base is Source:
        return members
    _check_names(function, names, inputs)
    for name in names:
        if isinstance(inputs, Mapping):
            members[name] = inputs.get(name) or Input()
        else:
            members[name] = (
                inputs if inputs is not None and len(names) == 1 else Input()
            )
    return members


def _read_parameter(default: Any) -> Any:
    if isinstance(default, Parameter):
        return default  # pyright: ignore[reportUnknownVariableType]
    return Parameter() if default is inspect.Parameter.empty else Parameter(default)


def _check_names(function: Any, names: List[str], inputs: Inputs) -> None:
    unknown = [
        name
        for name in (inputs if isinstance(inputs, Mapping) else ())
        if name not in names
    ]
    if unknown:
        raise NodeError(
            f"{function.__name__} does not take the node's inputs.",
            code="RV-N06",
            found=", ".join(names) or "no argument",
            wanted=", ".join([*names, *unknown]),
            mend="name the arguments of the function after the inputs",
        )


def _make_methods(function: Any, base: Any, pace_hz: Optional[float]) -> Dict[str, Any]:
    def call(self: Node, *values: Any, **named: Any) -> Any:
        return function(*values, **named, **self.parameters)

    call.__name__, call.__doc__ = "process", function.__doc__

    if base is not Source:
        return {"process": call}
    if inspect.isgeneratorfunction(function):

        def produce(self: Node) -> Any:
            yield from function(**self.parameters)
    else:

        def produce(self: Node) -> Any:
            return function(**self.parameters)

    return {"produce": produce, "pace_hz": lambda self: pace_hz}  # pyright: ignore[reportUnknownLambdaType]  # noqa: ARG005
