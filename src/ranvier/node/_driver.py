"""Steps one node: values in, values out. The same in a run, in a test, in a replay."""

from __future__ import annotations

import inspect
from types import GeneratorType
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Tuple,
)

from ranvier.core import NodeError
from ranvier.links import Message
from ranvier.node._node import Node, Source, Stamped, StopProducing
from ranvier.node._output_check import OutputCheck


class Emission(NamedTuple):
    """One value that a node gives out.

    Parameters
    ----------
    output
        Name of the output.
    value
        What is sent.
    time_ns
        Time of origin that the node itself gave, or None.
    """

    output: str
    value: Any
    time_ns: Optional[int] = None


_NOTHING: Tuple[Emission, ...] = ()
# Without the detour over the type's own `__new__`, which every message would take.
_make_tuple: Callable[..., Any] = tuple.__new__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


class NodeDriver:
    """Calls the methods of one node as its ports demand.

    Parameters
    ----------
    node
        The node, its context set and its `setup` done.

    Examples
    --------
    >>> from ranvier.node import Input, Output, Transform
    >>> class Double(Transform):
    ...     x = Input("float64", shape=())
    ...     y = Output("float64", shape=())
    ...     def process(self, x):
    ...         return 2 * x
    >>> list(NodeDriver(Double()).deliver("x", 4.0))
    [Emission(output='y', value=8.0, time_ns=None)]
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        owner = type(node).__name__
        self._outputs = {
            port.name: OutputCheck(port, owner) for port in node.output_specs()
        }
        self._only = next(iter(self._outputs)) if len(self._outputs) == 1 else None
        self._produce: Callable[[], Any] = self._produce_nothing
        if isinstance(node, Source):
            self._open: Callable[[], Any] = node.produce
            is_stream = inspect.isgeneratorfunction(node.produce)
            self._produce = self._produce_next if is_stream else node.produce
        self._steps: Dict[str, Callable[[Any], Any]] = {}
        self._held: Dict[str, Any] = {}
        self._items: Optional[Iterator[Any]] = None
        self._bind_inputs()

    def deliver(self, port: str, value: Any) -> Iterable[Emission]:
        """Give a value to an input.

        Parameters
        ----------
        port
            Name of the input.
        value
            The payload.

        Returns
        -------
        iterable of Emission
            What the node gives out. Go through it to the end: a `process` that is a
            generator runs as it is read.

        Raises
        ------
        NodeError
            If the node has no input of that name.
        """
        step = self._steps.get(port)
        if step is None:
            raise self._no_input(port)
        return self._emit(step(value))

    def produce(self) -> Iterable[Emission]:
        """Let a source give its next item.

        Returns
        -------
        iterable of Emission
            Empty if the source has nothing now.

        Raises
        ------
        StopProducing
            When the source has ended.
        """
        return self._emit(self._produce())

    def finish(self) -> Iterable[Emission]:
        """Let the node give its last outputs after its inputs have ended.

        Returns
        -------
        iterable of Emission
            As `deliver`.
        """
        return self._emit(self.node.finish())

    @property
    def is_generator(self) -> bool:
        """True if the node's `produce` is a generator, which an exception ends."""
        return isinstance(self._items, GeneratorType)

    def close(self) -> None:
        """End the generator of a source, so that its clean-up runs."""
        if isinstance(self._items, GeneratorType):
            self._items.close()  # pyright: ignore[reportUnknownMemberType]

    def _produce_nothing(self) -> Any:
        raise StopProducing

    def _produce_next(self) -> Any:
        items = self._items
        if items is None:
            items = self._items = self._open()
        try:
            return next(items)
        except StopIteration:
            raise StopProducing from None

    def _bind_inputs(self) -> None:
        node = self.node
        names = [port.name for port in node.input_specs()]
        taken = [name for name in names if not hasattr(node, f"on_{name}")]
        self._held = dict.fromkeys(taken)
        hold = {port.name for port in node.input_specs() if port.hold}
        for name in names:
            handler = getattr(node, f"on_{name}", None)
            if handler is not None:
                self._steps[name] = handler
            elif len(taken) == 1 and name not in hold:
                self._steps[name] = getattr(node, "process", _refuse_value)
            else:
                self._steps[name] = self._make_step(name, name in hold)

    def _make_step(self, name: str, is_held: bool) -> Callable[[Any], Any]:
        held, process = self._held, getattr(self.node, "process", None)

        def step(value: Any) -> Any:
            held[name] = value
            return None if is_held or process is None else process(**held)

        return step

    def _emit(self, result: Any) -> Iterable[Emission]:
        if result is None:
            return _NOTHING
        if isinstance(result, GeneratorType):
            return self._emit_each(result)  # pyright: ignore[reportUnknownArgumentType]
        return self._emit_one(result)

    def _emit_each(self, results: Iterable[Any]) -> Iterator[Emission]:
        for result in results:
            if result is not None:
                yield from self._emit_one(result)

    def _emit_one(self, result: Any) -> Iterable[Emission]:
        time_ns: Optional[int] = None
        if type(result) is Stamped:
            result, time_ns = result
            if result is None:
                return _NOTHING
        if self._only is not None:
            self._outputs[self._only](result)
            return (_make_tuple(Emission, (self._only, result, time_ns)),)
        if not self._outputs:
            return _NOTHING
        if not isinstance(result, dict):
            raise self._not_a_mapping(result)
        return self._emit_mapping(result, time_ns)  # pyright: ignore[reportUnknownArgumentType]

    def _emit_mapping(
        self, result: Dict[str, Any], time_ns: Optional[int]
    ) -> List[Emission]:
        unknown = [name for name in result if name not in self._outputs]
        if unknown:
            raise self._not_a_mapping(result)
        emissions: List[Emission] = []
        for name, value in result.items():
            sent, stamp = value if type(value) is Stamped else (value, time_ns)
            if sent is not None:
                self._outputs[name](sent)
                emissions.append(Emission(name, sent, stamp))
        return emissions

    def _no_input(self, port: str) -> NodeError:
        return NodeError(
            f'{type(self.node).__name__} has no input "{port}".',
            code="RV-N23",
            wanted=", ".join(self._steps) or "none",
            mend="correct the name of the input",
        )

    def _not_a_mapping(self, result: Any) -> NodeError:
        given = (
            "the keys " + ", ".join(map(repr, result))  # pyright: ignore[reportUnknownArgumentType]
            if isinstance(result, dict)
            else type(result).__name__
        )
        return NodeError(
            f"{type(self.node).__name__} gave out something that names no output.",
            code="RV-N09",
            found=given,
            wanted="a mapping with some of the keys " + ", ".join(self._outputs),
            mend='return {"output": value, …}',
        )


def _refuse_value(value: Any) -> None:
    raise TypeError(f"this node takes no {type(value).__name__}")


def step_all(driver: NodeDriver, messages: Iterable[Tuple[str, Any]]) -> List[Emission]:
    """Deliver values in order and collect what comes out.

    Parameters
    ----------
    driver
        Of the node.
    messages
        Pairs of input name and value; a `Message` is delivered with its header.

    Returns
    -------
    list of Emission
        In order.
    """
    emitted: List[Emission] = []
    for port, value in messages:
        if isinstance(value, Message):
            driver.node.context.message = value
            value = value.payload
        emitted.extend(driver.deliver(port, value))
    return emitted
