"""An inspected recording, printed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ranvier.cli._numbers import format_rate
from ranvier.cli._plain import make_line
from ranvier.cli._print import open_console
from ranvier.cli._table import fit_table
from ranvier.core import format_quantity

if TYPE_CHECKING:
    from rich.console import Console

    from ranvier.cli._inspect import Inspection, StreamSummary


def show_inspection(found: Inspection) -> None:
    """Print what is in a recording."""
    console = open_console()
    console.print(Text(make_line(found.title), "bold"))
    facts = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for word, what in found.facts:
        facts.add_row(Text(word, "dim"), Text(make_line(what)))
    if found.facts:
        console.print(facts)
    if found.streams:
        console.print()
        console.print(_draw_streams(found.streams, console.width))
    for stream in found.streams:
        if stream.problem:
            words = make_line(f"{stream.name}: {stream.problem}")
            console.print(Text(words, "bold red"))
    _print_events(console, found)
    for problem in found.problems:
        console.print(Text(make_line(f"problem: {problem}"), "bold red"))


def _draw_streams(streams: tuple[StreamSummary, ...], width: int) -> Table:
    rows = [
        (
            each.name,
            each.what,
            f"{each.n_messages:,}",
            "-" if math.isnan(each.rate_hz) else format_rate(each.rate_hz),
            _format_s(each.duration_s),
            format_quantity(each.n_bytes, "B"),
            Text(f"{each.n_missing:,}", "bold red" if each.n_missing else ""),
            _format_s(each.longest_gap_s),
        )
        for each in streams
    ]
    headers = ("stream", "carries", "messages", "Hz", "for", "size", "missing", "gap")
    return fit_table(headers, rows, width, n_words=2)


def _print_events(console: Console, found: Inspection) -> None:
    if not found.events:
        return
    counts = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in found.events)
    console.print()
    console.print(Text(make_line(f"audit trail: {counts}"), "dim"))
    for text in found.told:
        console.print(Text(make_line(text), no_wrap=True, overflow="ellipsis"))


def _format_s(seconds: float) -> str:
    return "-" if math.isnan(seconds) else format_quantity(seconds, "s")
