"""Outlines of footprints: where an image crosses a level, as straight pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of a square of four pixels (a b above c d), the sides between which an outline runs,
# by which of the four are above the level; sides: 0 top, 1 right, 2 bottom, 3 left.
_CASES = {
    1: [(3, 2)], 2: [(2, 1)], 3: [(3, 1)], 4: [(0, 1)], 5: [(0, 3), (2, 1)],
    6: [(0, 2)], 7: [(0, 3)], 8: [(0, 3)], 9: [(0, 2)], 10: [(0, 1), (3, 2)],
    11: [(0, 1)], 12: [(3, 1)], 13: [(2, 1)], 14: [(3, 2)],
}  # fmt: skip


def trace_outline(image: NDArray[Any], level: float) -> NDArray[np.float64]:
    """Trace where an image crosses a level (marching squares, Lorensen & Cline 1987).

    Parameters
    ----------
    image
        Shape (height, width); outside it counts as 0.
    level
        Above 0.

    Returns
    -------
    numpy.ndarray
        Pieces x0, y0, x1, y1 in pixels, shape (n, 4); the middle of the first pixel
        is at 0.5, 0.5.

    Examples
    --------
    >>> trace_outline(np.array([[0.0, 1.0, 0.0]]), 0.5).shape
    (4, 4)
    """
    rows, columns = np.nonzero(image > level)
    if not rows.size:
        return np.zeros((0, 4))
    top, left = int(rows.min()), int(columns.min())
    # With the neighbours of what is above: they say where the level is crossed.
    whole = np.pad(np.asarray(image, np.float64), 1)
    padded = whole[top : rows.max() + 3, left : columns.max() + 3]
    above = (padded > level).astype(int)
    case = 8 * above[:-1, :-1] + 4 * above[:-1, 1:] + 2 * above[1:, 1:] + above[1:, :-1]
    pieces = [
        [place for side in sides for place in _cross(padded, row, column, side, level)]
        for row, column in np.argwhere((case > 0) & (case < 15)).tolist()
        for sides in _CASES[int(case[row, column])]
    ]
    return np.array(pieces) + np.tile((left - 0.5, top - 0.5), 2)


def _cross(
    image: NDArray[np.float64], row: int, column: int, side: int, level: float
) -> tuple[float, float]:
    # Where the level lies on a side of a square, x and y.
    row0, column0 = row + (side == 2), column + (side == 1)
    goes_down = side in (1, 3)
    first = image[row0, column0]
    second = image[row0 + goes_down, column0 + (not goes_down)]
    part = float((level - first) / (second - first))
    return (column0 + (0.0 if goes_down else part), row0 + (part if goes_down else 0.0))
