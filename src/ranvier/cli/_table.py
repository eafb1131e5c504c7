"""A table whose numbers stay whole: only words give way to a narrow screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from ranvier.cli._plain import make_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP, _LEAST = 2, 6

Cell = str | Text


def fit_table(
    headers: Sequence[str], rows: Sequence[Sequence[Cell]], width: int, n_words: int
) -> Table:
    """Build a table that is not wider than the screen where that can be.

    Parameters
    ----------
    headers
        One for each column.
    rows
        Cells, as many as headers; those of plain text are made fit for a terminal.
    width
        Of the screen, in characters.
    n_words
        So many columns from the left hold words: on the left edge, cut with "…" where
        there is no room. The others hold numbers: on the right edge, never cut.

    Returns
    -------
    rich.table.Table
        Without lines.
    """
    cells = [[_make_text(cell) for cell in row] for row in rows]
    widths = fit_widths(_measure(headers, cells), width, n_words)
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False)
    table.header_style = "dim"
    for n, (header, size) in enumerate(zip(headers, widths, strict=True)):
        justify = "left" if n < n_words else "right"
        table.add_column(
            header, width=size, justify=justify, no_wrap=True, overflow="ellipsis"
        )
    for row in cells:
        table.add_row(*row)
    return table


def fit_widths(widths: Sequence[int], room: int, n_words: int) -> list[int]:
    """Make the widest of the first columns narrower until all fit.

    Parameters
    ----------
    widths
        Of the contents of all columns.
    room
        Characters for all of them and the gaps between.
    n_words
        How many columns may become narrower.

    Returns
    -------
    list of int
        Widths; those of the first are at least 6, so all may be too wide after all.

    Examples
    --------
    >>> fit_widths([20, 10, 5], 29, 2)
    [10, 10, 5]
    """
    found = list(widths)
    excess = sum(found) + _GAP * (len(found) - 1) - room
    while excess > 0 and n_words:
        widest = max(range(n_words), key=lambda n: found[n])
        if found[widest] <= _LEAST:
            break
        found[widest] -= 1
        excess -= 1
    return found


def _make_text(cell: Cell) -> Text:
    return Text(make_line(cell)) if isinstance(cell, str) else cell


def _measure(headers: Sequence[str], rows: Sequence[Sequence[Text]]) -> list[int]:
    return [
        max(cell_len(str(cell)) for cell in column)
        for column in zip(headers, *rows, strict=True)
    ]
