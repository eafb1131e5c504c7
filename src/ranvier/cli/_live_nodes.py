"""The table of a run's nodes, as the live view draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ranvier.cli._numbers import format_ms, format_rate
from ranvier.cli._table import fit_table
from ranvier.core import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from ranvier.runtime import NodeStatus

STATE_COLOURS = {
    "running": "green",
    "ready": "green",
    "ended": "dim",
    "completed": "green",
    "stopped": "green",
    "exited": "dim",
    "paused": "yellow",
    "waiting": "yellow",
    "starting": "yellow",
    "described": "yellow",
    "stopping": "yellow",
    "down": "bold red",
    "failed": "bold red",
}
"""How the states of nodes and of runs are coloured."""

_DEAD = ("down", "waiting", "failed")
_LONG_STEP_S = 1.0
_HEADERS = (
    "node", "state", "Hz", "step p50", "p99 ms", "CPU %", "MB", "faults", "restarts"
)  # fmt: skip


def draw_nodes(
    nodes: Sequence[NodeStatus], most: int, width: int
) -> Iterator[RenderableType]:
    """Draw nodes as a table, also where there are more than there is room for.

    Then those are drawn that a person must see: in trouble, next under load.

    Parameters
    ----------
    nodes
        Of the run.
    most
        Rows that there is room for.
    width
        Of the screen, in characters.

    Yields
    ------
    rich.console.RenderableType
        The table, then a line on those that are not in it.
    """
    if len(nodes) <= most:
        yield _draw_table(nodes, width)
        return
    ranked = _rank(nodes)
    rest = ranked[most:]
    bad = sum(map(_is_in_trouble, rest))
    words = f"… and {format_count(len(rest), 'more node')}, "
    yield _draw_table(ranked[:most], width)
    if bad:
        yield Text(f"{words}{bad} of them in trouble", "bold red")
    else:
        yield Text(f"{words}all well", "dim")


def _draw_table(nodes: Iterable[NodeStatus], width: int) -> Table:
    rows = [
        (
            node.name,
            _draw_state(node),
            format_rate(node.step_hz),
            format_ms(node.step_p50_ms),
            format_ms(node.step_p99_ms),
            f"{100 * node.cpu:.0f}",
            f"{node.memory_mb:.0f}",
            _alarm(node.faults),
            _alarm(node.restarts),
        )
        for node in nodes
    ]
    return fit_table(_HEADERS, rows, width, n_words=2)


def _rank(nodes: Iterable[NodeStatus]) -> list[NodeStatus]:
    # Loads that are much alike count as the same, so that rows don't jump.
    return sorted(
        nodes, key=lambda node: (not _is_in_trouble(node), -round(node.cpu, 1))
    )


def _is_in_trouble(node: NodeStatus) -> bool:
    counts = node.faults or node.restarts or node.state in _DEAD
    return bool(counts) or node.busy_s > _LONG_STEP_S


def _draw_state(node: NodeStatus) -> Text:
    # A long step is what a person must see: it may be a hang.
    stuck = f" {node.busy_s:.0f} s" if node.busy_s > _LONG_STEP_S else ""
    return Text(node.state + stuck, STATE_COLOURS.get(node.state, ""))


def _alarm(count: int) -> Text:
    return Text(f"{count}", "bold red" if count else "")
