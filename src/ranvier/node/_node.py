"""Source, Transform and Sink: the classes that a node author derives from."""

from __future__ import annotations

import copy
import inspect
from typing import Any, ClassVar, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ranvier.core import NodeError, format_value, suggest
from ranvier.node._context import Context
from ranvier.node._parameter import Parameter
from ranvier.node._ports import Input, Output, Port
from ranvier.spec import NodeKind, ParameterSpec, PortSpec


class StopProducing(Exception):  # noqa: N818 - a signal like StopIteration, no error
    """Raised by `produce` when there is nothing more to come."""


class Stamped(NamedTuple):
    """A value with a time of origin of its own, such as a hardware time stamp.

    Parameters
    ----------
    value
        What is sent.
    time_ns
        ns on the monotonic clock of this host.
    """

    value: Any
    time_ns: int


class Node:
    """One processing unit of a graph. Derive from Source, Transform or Sink.

    Parameters
    ----------
    parameters
        Values of declared parameters, by name.

    Raises
    ------
    NodeError
        If a parameter is unknown, missing or has a value that it can't have.
    """

    kind: ClassVar[NodeKind]
    deterministic: ClassVar[bool] = True
    tags: ClassVar[Tuple[str, ...]] = ()
    takes_raw: ClassVar[bool] = False
    has_dynamic_ports: ClassVar[bool] = False

    _inputs: ClassVar[Dict[str, Input]] = {}
    _outputs: ClassVar[Dict[str, Output]] = {}
    _declared: ClassVar[Dict[str, Parameter[Any]]] = {}

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Collect what the class declares, and refuse what can't be run."""
        super().__init_subclass__(**keywords)
        if cls.__module__ == __name__:
            return  # Source, Transform and Sink declare nothing themselves
        cls._inputs = _collect(cls, Input)
        cls._outputs = _collect(cls, Output)
        cls._declared = _collect(cls, Parameter)
        _check_declaration(cls)

    def __init__(self, **parameters: Any) -> None:
        self.context = Context(type(self).__name__)
        self.parameters: Dict[str, Any] = {}
        self._refuse_unknown(parameters)
        for name, parameter in self._declared.items():
            if name in parameters:
                value = parameter.spec.validate(parameters[name], type(self).__name__)
            elif parameter.spec.required:
                raise self._missing(parameter.spec)
            else:
                value = _own_copy(parameter.spec.default)
            self.parameters[name] = value

    @classmethod
    def declared_inputs(cls) -> Tuple[PortSpec, ...]:
        """Give the inputs that the class declares, in order."""
        return tuple(port.describe() for port in cls._inputs.values())

    @classmethod
    def declared_outputs(cls) -> Tuple[PortSpec, ...]:
        """Give the outputs that the class declares, in order."""
        return tuple(port.describe() for port in cls._outputs.values())

    def input_specs(self) -> Tuple[PortSpec, ...]:
        """Give the inputs of this node, in order of declaration."""
        return self.declared_inputs()

    def output_specs(self) -> Tuple[PortSpec, ...]:
        """Give the outputs of this node, in order of declaration."""
        return self.declared_outputs()

    @classmethod
    def parameter_specs(cls) -> Tuple[ParameterSpec, ...]:
        """Give the declared parameters, in order of declaration."""
        return tuple(each.spec for each in cls._declared.values())

    def set_parameter(self, name: str, value: Any) -> Any:
        """Change a parameter, and tell the node.

        Parameters
        ----------
        name
            Name of a declared parameter.
        value
            The new value; a text with a unit is converted.

        Returns
        -------
        object
            The value as it now holds.

        Raises
        ------
        NodeError
            If the name is unknown or the value can't be had; the old value stands.
        """
        self._refuse_unknown({name: value})
        new = self._declared[name].spec.validate(value, type(self).__name__)
        old = self.parameters[name]
        self.parameters[name] = new
        try:
            self.on_parameter(name, old, new)
        except BaseException:
            self.parameters[name] = old
            raise
        return new

    def setup(self) -> None:
        """Open what the node needs; called once, before the first message."""

    def teardown(self) -> None:
        """Close what `setup` opened; called at every end after a good `setup`."""

    def finish(self) -> Any:
        """Give last outputs after all inputs have ended."""

    def on_parameter(self, name: str, old: Any, new: Any) -> None:
        """Answer a change of a parameter; raise to refuse it."""

    def checkpoint(self) -> Mapping[str, Any]:
        """Give the state that a restarted node goes on from."""
        raise NotImplementedError

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `checkpoint` gave; called after `setup`."""
        raise NotImplementedError

    def safe_state(self) -> None:
        """Make the apparatus safe (laser off, valves shut); called at every end."""

    def _refuse_unknown(self, parameters: Mapping[str, Any]) -> None:
        unknown = [name for name in parameters if name not in self._declared]
        if unknown:
            raise _unknown_parameter(type(self), unknown)

    def _missing(self, spec: ParameterSpec) -> NodeError:
        name = type(self).__name__
        return NodeError(
            f'the parameter "{spec.name}" of {name} has no value.',
            code="RV-N05",
            wanted=spec.describe_type(),
            mend=f"give it, for example {name}({spec.name}=…)",
        )


class Source(Node):
    """A node that makes messages by itself; derive from it and write `produce`."""

    kind = "source"

    def produce(self) -> Any:
        """Give one item a call, or be a generator of items.

        Returns
        -------
        object
            The value to send (a mapping of output to value with several outputs);
            None when there is nothing now.

        Raises
        ------
        StopProducing
            When there is nothing more to come (a generator just returns).
        """
        raise NotImplementedError

    def pace_hz(self) -> Optional[float]:
        """Give the rate at which `produce` is to be called, or None for at once.

        Returns
        -------
        float or None
            Hz, above 0. The schedule has no drift: item k is due at start + k / rate.
        """
        return None


class Transform(Node):
    """A node that turns messages into messages; derive from it and write `process`."""

    kind = "transform"

    process: Any
    """Method: takes the inputs' values, gives (or yields) the outputs' values."""


class Sink(Node):
    """A node that messages end in; derive from it and write `process`."""

    kind = "sink"

    process: Any
    """Method: takes the inputs' values."""


def _collect(cls: type, kind: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, kind):
                if isinstance(value, Port) and not value.name:
                    value.name = name
                found[name] = value
            else:
                found.pop(name, None)
    return found


_METHODS = (
    "setup",
    "produce",
    "pace_hz",
    "process",
    "finish",
    "teardown",
    "on_parameter",
    "checkpoint",
    "restore",
    "safe_state",
)


def _check_declaration(cls: Any) -> None:
    _check_free(cls)
    _check_brackets(cls)
    _check_methods(cls)
    if getattr(cls, "kind", None) is None:
        raise _no_kind(cls)
    inputs: Dict[str, Input] = cls._inputs
    if cls.kind == "source":
        handled = [name for name in inputs if not hasattr(cls, f"on_{name}")]
        if handled:
            raise _no_method(cls, f"on_{handled[0]}", f'the input "{handled[0]}"')
        if cls.produce is Source.produce:
            raise _no_method(cls, "produce", "a source")
    elif not cls.takes_raw and process_inputs(cls):
        if not hasattr(cls, "process"):
            raise _no_method(cls, "process", f"a {cls.kind}")
        _check_arguments(cls)


def process_inputs(cls: Any) -> List[str]:
    """Give the inputs that `process` takes: those without a method of their own.

    Returns
    -------
    list of str
        Names in order of declaration.
    """
    return [name for name in cls._inputs if not hasattr(cls, f"on_{name}")]


def _check_arguments(cls: Any) -> None:
    names = process_inputs(cls)
    try:
        signature = inspect.signature(cls.process)
    except (TypeError, ValueError):
        return  # compiled code may have none
    # With one input the argument's name is free.
    named = dict.fromkeys(names) if len(names) > 1 else {}
    is_static = isinstance(inspect.getattr_static(cls, "process"), staticmethod)
    unnamed = [*([] if is_static else ["self"]), *([] if named else names)]
    try:
        signature.bind(*unnamed, **named)
    except TypeError:
        raise NodeError(
            f"{cls.__name__}.process does not take the node's inputs.",
            code="RV-N06",
            found=", ".join(signature.parameters) or "no argument",
            wanted=", ".join([*([] if is_static else ["self"]), *names]),
            mend="name the arguments of process after self and the inputs",
        ) from None


def _check_methods(cls: Any) -> None:
    for method in _METHODS:
        value = getattr(cls, method, None)
        if inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value):
            raise _not_a_method(cls, method, "async")
        if hasattr(cls, method) and not callable(value):
            found = f"{format_value(value)} ({type(value).__name__})"
            raise _not_a_method(cls, method, found)


def _check_brackets(cls: type) -> None:
    for name, value in vars(cls).items():
        if value is Input or value is Output or value is Parameter:
            kind = value.__name__
            raise NodeError(
                f"{cls.__name__}.{name} is {kind} itself.",
                code="RV-N37",
                wanted=f"{kind}()",
                mend=f"put brackets behind it: {name} = {kind}(…)",
            )


def _check_free(cls: Any) -> None:
    # These are looked up on a node by its own code: a port or parameter of such a
    # name would take their place.
    taken = {"kind", "context", "parameters", "process", "produce", "pace_hz"}
    taken |= {name for name in vars(Node) if not name.startswith("__")}
    for name in [*cls._inputs, *cls._outputs, *cls._declared]:
        if name in taken or (name == "parameter" and name in cls._inputs):
            raise NodeError(
                f'{cls.__name__} can\'t have a port or parameter called "{name}".',
                code="RV-N22",
                found="a name that every node uses itself",
                mend="call it something else",
            )


def _no_kind(cls: type) -> NodeError:
    return NodeError(
        f"{cls.__name__} is no node.",
        code="RV-N10",
        found="derived from Node alone",
        wanted="a class derived from Source, Transform or Sink",
        mend="derive it from one of them",
    )


def _no_method(cls: type, method: str, what: str) -> NodeError:
    return NodeError(
        f"{cls.__name__} has no method {method}.",
        code="RV-N07",
        wanted=f"a method {method}: {what} needs it",
        mend=f"write def {method}(self, …) in {cls.__name__}",
    )


def _not_a_method(cls: type, method: str, found: str) -> NodeError:
    return NodeError(
        f"{cls.__name__}.{method} is no plain method.",
        code="RV-N34",
        found=found,
        wanted=f"a plain method {method}, or none",
        mend=f"write def {method}(self, …): … in {cls.__name__}",
    )


def _unknown_parameter(cls: Any, unknown: List[str]) -> NodeError:
    known = list(cls._declared)
    return NodeError(
        f'{cls.__name__} has no parameter "{unknown[0]}".',
        code="RV-N08",
        found=", ".join(unknown),
        wanted=", ".join(known) or "none",
        mend=suggest(unknown[0], known, "remove it, or declare it"),
    )


def _own_copy(default: Any) -> Any:
    # A list or mapping as default must not be shared by two nodes.
    return copy.deepcopy(default) if isinstance(default, (list, dict)) else default  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
