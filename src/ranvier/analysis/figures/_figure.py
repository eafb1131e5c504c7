"""Figures as objects and as files; no window, no state of pyplot."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import DataFault
from ranvier.core import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 150
_CM_PER_INCH = 2.54
# The time of day is no part of a figure: the same numbers give the same bytes.
_METADATA: dict[str, dict[str, Any]] = {
    ".svg": {"Date": None, "Creator": "ranvier"},
    ".png": {"Software": "ranvier"},
}


def make_figure(width: float = 6.0, height: float = 4.0) -> Figure:
    """Make an empty figure that lays itself out.

    Parameters
    ----------
    width, height
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no window manager: it is gone when nobody holds it.

    Examples
    --------
    >>> make_figure(3, 2).get_size_inches().tolist()
    [3.0, 2.0]
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # Pads are inches; the others are shares of the axes' size.
    engine = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08, wspace=0.04, hspace=0.04)
    return Figure(figsize=(width, height), dpi=_DPI, layout=engine, facecolor="white")


def save_figure(figure: Figure, path: str | Path, *, with_png: bool = False) -> Path:
    """Write a figure whole or not at all; the same figure gives the same bytes.

    Parameters
    ----------
    figure
        What is drawn.
    path
        Ends in .svg or .png; its folder is made if it is not there.
    with_png
        Write a PNG of the same name beside an SVG.

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    DataFault
        If `path` ends in anything else.
    OSError
        If the file can't be written.

    Notes
    -----
    Letters stay letters in the SVG, so that they can be searched and edited.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> save_figure(make_figure(1, 1), Path(mkdtemp(), "empty.svg")).name
    'empty.svg'
    """
    target = Path(path)
    if target.suffix not in _METADATA:
        raise DataFault(
            "a figure can't be written in this format.",
            found=target.name,
            wanted="a name that ends in .svg or .png",
            mend="give the file one of these endings",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, _draw(figure, target.suffix))
    if with_png and target.suffix == ".svg":
        write_atomically(target.with_suffix(".png"), _draw(figure, ".png"))
    return target


def set_plotsize(axes: Axes, width: float, height: float) -> Axes:
    """Give the box of axes a size, whatever its labels need.

    The figure becomes larger or smaller with it, and is no longer laid out by itself.

    Parameters
    ----------
    axes
        The only ones of their figure.
    width, height
        Centimetres, between the spines.

    Returns
    -------
    matplotlib.axes.Axes
    """
    parent = axes.get_figure()
    if parent is None:
        return axes
    figure = parent.canvas.figure  # of a part, too
    figure.set_layout_engine("none")
    margin = 0.8  # inches on each side, for labels
    box = width / _CM_PER_INCH, height / _CM_PER_INCH
    size = box[0] + 2 * margin, box[1] + 2 * margin
    figure.set_size_inches(*size)
    axes.set_position(
        (margin / size[0], margin / size[1], box[0] / size[0], box[1] / size[1])
    )
    return axes


def _draw(figure: Figure, suffix: str) -> bytes:
    from matplotlib import rc_context

    # Of this call only: names of clips and marks in an SVG are drawn at random else.
    settings: dict[Any, Any] = {"svg.hashsalt": "ranvier", "svg.fonttype": "none"}
    memory = io.BytesIO()
    with rc_context(settings):
        figure.savefig(
            memory,
            format=suffix.removeprefix("."),
            dpi=_DPI,
            metadata=_METADATA[suffix],
            bbox_inches="tight",
            pad_inches=0.05,
        )
    return memory.getvalue()
