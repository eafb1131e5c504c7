"""The state of a run as a picture that fits into a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.console import Group
from rich.text import Text

from ranvier.cli._live_links import draw_links, gather_links
from ranvier.cli._live_nodes import STATE_COLOURS, draw_nodes
from ranvier.cli._numbers import format_rate
from ranvier.cli._plain import make_line
from ranvier.core import format_count, format_quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ranvier.runtime import RunStatus

_LEAST_LINKS, _MOST_NOTICES = 3, 4


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
        Of the terminal. Nodes and links for which there is no room are counted, not
        drawn: of the nodes those in least trouble and with least to do.
    hint
        Last line: what the keys do.

    Returns
    -------
    rich.console.RenderableType
        Not higher than the space where that can be.
    """
    notices = status.notices[-_MOST_NOTICES:]
    rows = gather_links(status.links)
    # The head and an empty line, headers, one line each below, and one to spare.
    fixed = 3 + 2 * bool(status.nodes) + bool(rows) + bool(status.shown) + len(notices)
    room = space.height - fixed - bool(hint) - 1
    n_nodes, n_links = share_lines(room, len(status.nodes), len(rows))
    parts: list[RenderableType] = [_draw_head(status), Text()]
    if status.nodes:
        parts += [*draw_nodes(status.nodes, n_nodes, space.width), Text()]
    if rows:
        parts.append(draw_links(rows[:n_links], space.width))
        if len(rows) > n_links:
            more = format_count(len(rows) - n_links, "more link")
            parts.append(Text(f"… and {more}", style="dim"))
    if status.shown:
        parts.append(_draw_shown(status.shown))
    parts += [_draw_line(f"» {text}", "cyan") for text in notices]
    if hint:
        parts.append(_draw_line(hint, "dim"))
    return Group(*parts)


def share_lines(room: int, n_nodes: int, n_links: int) -> tuple[int, int]:
    """Share the lines of a screen between the tables of nodes and links.

    Parameters
    ----------
    room
        Lines for the rows of both.
    n_nodes, n_links
        Rows that there are.

    Returns
    -------
    tuple of int
        Rows of each that are drawn. Where these are not all, a line is left to say how
        many more there are. Nodes come first, but for three links.

    Examples
    --------
    >>> share_lines(20, 8, 9), share_lines(20, 8, 40), share_lines(20, 60, 40)
    ((8, 9), (8, 11), (15, 3))
    """
    nodes = _fit(n_nodes, room - min(n_links, _LEAST_LINKS + 1))
    taken = nodes + (nodes < n_nodes)
    return nodes, _fit(n_links, max(room - taken, _LEAST_LINKS + 1))


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


def _fit(n: int, room: int) -> int:
    return n if n <= room else max(room - 1, 1)


def _draw_head(status: RunStatus) -> RenderableType:
    first = Text(no_wrap=True, overflow="ellipsis")
    first.append(make_line(status.graph), "bold")
    first.append("  ")
    first.append(status.state, STATE_COLOURS.get(status.state, ""))
    first.append(f"  {_clock(status.running_s)}")
    if status.duration_s is not None:
        first.append(f" of {_clock(status.duration_s)}")
    lost = f"  lost {status.lost:,}"
    first.append(lost, "bold red" if status.lost else "green")
    first.append(f"  recorded {format_quantity(status.recorded_bytes, 'B')}")
    first.append(f"  disk free {format_quantity(status.free_bytes, 'B')}")
    return Group(first, _draw_line(status.session_folder, "dim"))


def _draw_shown(shown: dict[str, str]) -> Text:
    """Draw what nodes show: "cells found 42 · trial 7 · direction 90 deg"."""
    line = Text(no_wrap=True, overflow="ellipsis")
    for name, value in shown.items():
        line.append(" · " if line else "", style="dim")
        line.append(f"{make_line(name.partition(': ')[2])} ")
        line.append(make_line(value), style="bold cyan")
    return line


def _draw_line(text: str, style: str) -> Text:
    return Text(make_line(text), style, no_wrap=True, overflow="ellipsis")


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
