"""The table of a run's links, as the live view draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from ranvier.cli._numbers import format_ms, format_rate
from ranvier.cli._table import fit_table
from ranvier.core import format_count
from ranvier.graph import RECORDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

    from ranvier.runtime import LinkStatus

_HEADERS = ("link", "Hz", "p50 ms", "p99 ms", "age ms", "missed", "wait")


class LinkRow(NamedTuple):
    """One row of the table of links: a link, or all links to the recorder."""

    name: str
    hz: float
    delays_ms: tuple[float | None, float | None]
    age_p99_ms: float | None
    missed: int
    lost: int
    waiting: int


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
    rows = [_row(link) for link in links if not link.is_recorded]
    recorded = [link for link in links if link.is_recorded]
    if recorded:
        rows.append(_gather_recorded(recorded))
    return sorted(rows, key=lambda row: not row.lost)


def draw_links(rows: Iterable[LinkRow], width: int) -> Table:
    """Draw links as a table.

    Returns
    -------
    rich.table.Table
        As wide as the screen at most.
    """
    drawn = [
        (
            row.name,
            format_rate(row.hz),
            *(format_ms(delay) for delay in row.delays_ms),
            format_ms(row.age_p99_ms),
            Text(f"{row.missed:,}", "bold red" if row.lost else ""),
            f"{row.waiting}",
        )
        for row in rows
    ]
    return fit_table(_HEADERS, drawn, width, n_words=1)


def _row(link: LinkStatus) -> LinkRow:
    # The input's name is shown only where it is not the output's.
    node, _, port = link.target.partition(".")
    same = port == link.stream.partition(".")[2]
    return LinkRow(
        f"{link.stream} → {node if same else link.target}",
        link.hz,
        (link.delay_p50_ms, link.delay_p99_ms),
        link.age_p99_ms,
        link.missed,
        link.lost,
        link.waiting,
    )


def _gather_recorded(links: Sequence[LinkStatus]) -> LinkRow:
    def worst(name: str) -> float | None:
        known = [value for link in links if (value := getattr(link, name)) is not None]
        return max(known, default=None)

    return LinkRow(
        f"{format_count(len(links), 'stream')} → {RECORDER}",
        sum(link.hz for link in links),
        (worst("delay_p50_ms"), worst("delay_p99_ms")),
        worst("age_p99_ms"),
        sum(link.missed for link in links),
        sum(link.lost for link in links),
        sum(link.waiting for link in links),
    )
