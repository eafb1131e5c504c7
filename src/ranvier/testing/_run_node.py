"""Run one node without a run: values in, values out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from ranvier.node import Context, NodeDriver, Source, StopProducing, node_class


def run_node(
    node: Any,
    inputs: Mapping[str, Iterable[Any]] | Iterable[Any] = (),
    *,
    n_items: int | None = None,
    seed: int = 0,
    context: Context | None = None,
) -> dict[str, list[Any]]:
    """Set a node up, give it messages, finish it, tear it down.

    Parameters
    ----------
    node
        A node object, a node class, or a decorated function.
    inputs
        Values of its only input; or values by input name, which are then delivered
        in turn; or pairs (input name, value) in the order of delivery.
    n_items
        How many items a source is asked for; until it ends if None.
    seed
        Seed of the node's random numbers.
    context
        A context of your own, to look at its notes afterwards.

    Returns
    -------
    dict
        The values sent by each output, in order.

    Examples
    --------
    >>> from ranvier.node import Input, Output, transform
    >>> number = {"dtype": "float64", "shape": ()}
    >>> @transform(inputs=Input(**number), outputs=Output(**number))
    ... def double(x):
    ...     return 2 * x
    >>> run_node(double, [1.0, 2.0])
    {'output': [2.0, 4.0]}
    """
    unit = node if hasattr(node, "input_specs") and not isinstance(node, type) else None
    unit = unit if unit is not None else node_class(node)()
    unit.context = context or Context(type(unit).__name__, seed=seed)
    unit.setup()
    driver = NodeDriver(unit)
    sent: dict[str, list[Any]] = {port.name: [] for port in unit.output_specs()}
    try:
        for port, value in _in_order(unit, inputs):
            _keep(sent, driver.deliver(port, value))
        if isinstance(unit, Source):
            _produce(driver, sent, n_items)
        _keep(sent, driver.finish())
    finally:
        driver.close()
        unit.teardown()
    return sent


def _produce(
    driver: NodeDriver, sent: dict[str, list[Any]], n_items: int | None
) -> None:
    for _ in itertools.count() if n_items is None else range(n_items):
        try:
            _keep(sent, driver.produce())
        except StopProducing:
            return


def _keep(sent: dict[str, list[Any]], emissions: Iterable[Any]) -> None:
    for emission in emissions:
        sent[emission.output].append(emission.value)


def _in_order(node: Any, inputs: Any) -> Iterable[tuple[str, Any]]:
    names = [port.name for port in node.input_specs()]
    if isinstance(inputs, Mapping):
        rounds = itertools.zip_longest(*inputs.values(), fillvalue=_run_out)  # pyright: ignore[reportUnknownArgumentType]
        return [
            (name, value)
            for values in rounds  # pyright: ignore[reportUnknownVariableType]
            for name, value in zip(inputs, values, strict=True)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            if value is not _run_out
        ]
    if len(names) == 1:
        return [(names[0], value) for value in inputs]
    return list(inputs)


def _run_out() -> None:
    """Stand for the end of an input that is shorter than others."""
