"""The state of a run as a picture that fits into a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.console import Group
from rich.text import Text

from ranvier.cli._table import fit_table
from ranvier.core import format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from ranvier.runtime import LinkStatus, NodeStatus, RunStatus

_COLOURS = {
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
_RECORDER = "recorder"
_LEAST_LINKS, _MOST_NOTICES = 3, 4
_LONG_STEP_S = 1.0
_NODE_HEADERS = (
    "node", "state", "Hz", "step p50", "p99 ms", "CPU %", "MB", "faults", "restarts"
)  # fmt: skip
_LINK_HEADERS = ("link", "Hz", "p50 ms", "p99 ms", "age ms", "missed", "wait")


class Space(NamedTuple):
    """How much room there is, in characters."""

    width: int
    height: int


def draw(status: RunStatus, space: Space, hint: str = "") -> RenderableType:
    """Draw the state of a run.

    Parameters
    ----------
    status
        With steady rates, see `Smoother`.
    space
        Of the terminal. Links for which there is no room are counted, not drawn.
    hint
        Last line: what the keys do.

    Returns
    -------
    rich.console.RenderableType
        Not higher than the space where that can be.
    """
    notices = status.notices[-_MOST_NOTICES:]
    taken = 2 + 2 + bool(status.shown) + len(status.nodes) + 2 + len(notices) + 1
    rows = gather_links(status.links)
    room = max(_LEAST_LINKS, space.height - taken - 2)
    parts: list[RenderableType] = [_draw_head(status), Text()]
    if status.nodes:
        parts += [_draw_nodes(status.nodes, space.width), Text()]
    if rows:
        parts.append(_draw_links(rows[:room], space.width))
        if len(rows) > room:
            parts.append(Text(f"… and {len(rows) - room} more links", style="dim"))
    if status.shown:
        parts.append(_draw_shown(status.shown))
    parts += [_draw_notice(text) for text in notices]
    if hint:
        parts.append(Text(hint, style="dim", no_wrap=True, overflow="ellipsis"))
    return Group(*parts)


def _draw_shown(shown: dict[str, str]) -> Text:
    """Draw what nodes show: "cells found 42 · trial 7 · direction 90 deg"."""
    line = Text(no_wrap=True, overflow="ellipsis")
    for name, value in shown.items():
        line.append(" · " if line else "", style="dim")
        line.append(f"{name.partition(': ')[2]} ")
        line.append(value, style="bold cyan")
    return line


class LinkRow(NamedTuple):
    """One row of the table of links: a link, or all links to the recorder."""

    name: str
    policy: str
    hz: float
    delays_ms: tuple[float | None, float | None]
    age_p99_ms: float | None
    missed: int
    waiting: int

    @property
    def is_loss(self) -> bool:
        """True if what it missed is lost: on a "latest" link it is skipped."""
        return self.missed > 0 and not self.policy.startswith("latest")


def gather_links(links: Sequence[LinkStatus]) -> list[LinkRow]:
    """Make the rows of the table: links between nodes, then one for the recorder.

    Parameters
    ----------
    links
        Of the run.

    Returns
    -------
    list of LinkRow
        Those that lose messages first within the order of the graph.
    """
    rows = [_row(link) for link in links if not _is_recorded(link)]
    recorded = [link for link in links if _is_recorded(link)]
    if recorded:
        rows.append(_gather_recorded(recorded))
    return sorted(rows, key=lambda row: not row.is_loss)


def describe_line(status: RunStatus) -> str:
    """Write the state of a run as one line.

    Parameters
    ----------
    status
        With steady rates.

    Returns
    -------
    str
        Time, state, rates of all nodes, what is recorded and lost.
    """
    nodes = "  ".join(
        f"{node.name} {format_rate(node.step_hz)} Hz"
        if node.state == "running"
        else f"{node.name} {node.state}"
        for node in status.nodes
    )
    size = format_quantity(status.recorded_bytes, "B")
    words = [f"{status.running_s:7.1f} s", status.state, nodes, f"recorded {size}"]
    if status.lost:
        words.append(f"LOST {status.lost}")
    return "  ".join(filter(None, words))


def format_rate(hz: float) -> str:
    """Write a rate in at most five characters.

    Returns
    -------
    str
        Without its unit.

    Examples
    --------
    >>> [format_rate(hz) for hz in (0, 0.254, 14.98, 120.2, 1000.4, 20_400)]
    ['0', '0.25', '15.0', '120', '1000', '20.4k']
    """
    if hz == 0:
        return "0"
    if hz < 10:
        return f"{hz:.2f}"
    if hz < 100:
        return f"{hz:.1f}"
    if hz < 9_999.5:
        return f"{hz:.0f}"
    return f"{hz / 1000:.1f}k" if hz < 99_950 else f"{hz / 1000:.0f}k"


def format_ms(value: float | None) -> str:
    """Write a time in ms in at most five characters.

    Returns
    -------
    str
        "-" where nothing is known.

    Examples
    --------
    >>> [format_ms(value) for value in (None, 0.0123, 0.5, 12.34, 123.4, 20_000)]
    ['-', '0.01', '0.50', '12.3', '123', '20 s']
    """
    if value is None:
        return "-"
    if value < 10:
        return f"{value:.2f}"
    if value < 100:
        return f"{value:.1f}"
    return f"{value:.0f}" if value < 9_999.5 else f"{value / 1000:.0f} s"


def _draw_head(status: RunStatus) -> RenderableType:
    first = Text(no_wrap=True, overflow="ellipsis")
    first.append(status.graph, "bold")
    first.append("  ")
    first.append(status.state, _COLOURS.get(status.state, ""))
    first.append(f"  {_clock(status.running_s)}")
    if status.duration_s is not None:
        first.append(f" of {_clock(status.duration_s)}")
    lost = f"  lost {status.lost:,}"
    first.append(lost, "bold red" if status.lost else "green")
    first.append(f"  recorded {format_quantity(status.recorded_bytes, 'B')}")
    first.append(f"  disk free {format_quantity(status.free_bytes, 'B')}")
    place = Text(status.session_folder, "dim", no_wrap=True, overflow="ellipsis")
    return Group(first, place)


def _draw_nodes(nodes: Iterable[NodeStatus], width: int) -> Table:
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
    return fit_table(_NODE_HEADERS, rows, width, n_words=2)


def _draw_state(node: NodeStatus) -> Text:
    # A long step is what a person must see: it may be a hang.
    stuck = f" {node.busy_s:.0f} s" if node.busy_s > _LONG_STEP_S else ""
    return Text(node.state + stuck, _COLOURS.get(node.state, ""))


def _draw_links(rows: Iterable[LinkRow], width: int) -> Table:
    drawn = [
        (
            row.name,
            format_rate(row.hz),
            *(format_ms(delay) for delay in row.delays_ms),
            format_ms(row.age_p99_ms),
            Text(f"{row.missed:,}", "bold red" if row.is_loss else ""),
            f"{row.waiting}",
        )
        for row in rows
    ]
    return fit_table(_LINK_HEADERS, drawn, width, n_words=1)


def _draw_notice(text: str) -> Text:
    return Text(f"» {text}", "cyan", no_wrap=True, overflow="ellipsis")


def _alarm(count: int) -> Text:
    return Text(f"{count}", "bold red" if count else "")


def _row(link: LinkStatus) -> LinkRow:
    # The input's name is shown only where it is not the output's.
    node, _, port = link.target.partition(".")
    same = port == link.stream.partition(".")[2]
    return LinkRow(
        f"{link.stream} → {node if same else link.target}",
        link.policy,
        link.hz,
        (link.delay_p50_ms, link.delay_p99_ms),
        link.age_p99_ms,
        link.missed,
        link.waiting,
    )


def _is_recorded(link: LinkStatus) -> bool:
    return link.target.partition(".")[0] == _RECORDER


def _gather_recorded(links: Sequence[LinkStatus]) -> LinkRow:
    def worst(name: str) -> float | None:
        known = [value for link in links if (value := getattr(link, name)) is not None]
        return max(known, default=None)

    return LinkRow(
        f"{len(links)} streams → {_RECORDER}",
        "lossless",
        sum(link.hz for link in links),
        (worst("delay_p50_ms"), worst("delay_p99_ms")),
        worst("age_p99_ms"),
        sum(link.missed for link in links),
        sum(link.waiting for link in links),
    )


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
