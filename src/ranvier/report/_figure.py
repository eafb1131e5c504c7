"""Figures as inline SVG: axes, lines, points, bars, bands, images. No library needed.

Colours are classes of the page's style sheet, so that a figure follows its light or
dark look.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

Range = tuple[float, float]


class Box(NamedTuple):
    """Where the inner part of axes lies in a figure, px from its left upper corner."""

    left: float
    top: float
    width: float
    height: float


class Axes:
    """One coordinate system, and what is drawn in it.

    Parameters
    ----------
    box
        Where it lies.
    x, y
        Ranges of the data: (left, right) and (bottom, top).
    log_x
        True for a logarithmic x axis; both ends of `x` are then above 0.
    """

    def __init__(self, box: Box, x: Range, y: Range, *, log_x: bool = False) -> None:
        self.box, self._log_x = box, log_x
        self.x_range, self.y_range = _open_range(x), _open_range(y)
        self._parts: list[str] = []
        self._frame: list[str] = []

    def to_px(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
        """Give the places of data in the figure, shape (n, 2), px."""
        values = np.atleast_1d(np.asarray(x, np.float64))
        low, high = self.x_range
        if self._log_x:
            values = np.log(np.maximum(values, low * 1e-3))
            low, high = math.log(low), math.log(high)
        bottom, top = self.y_range
        heights = np.atleast_1d(np.asarray(y, np.float64))
        across = self.box.left + (values - low) / (high - low) * self.box.width
        down = self.box.top + (top - heights) / (top - bottom) * self.box.height
        return np.column_stack(np.broadcast_arrays(across, down))

    def line(self, x: ArrayLike, y: ArrayLike, style: str = "c0") -> None:
        """Draw a line; it is interrupted where a value is not finite."""
        path, is_down = list[str](), False
        for across, down in self.to_px(x, y):
            if math.isfinite(across) and math.isfinite(down):
                path.append(f"{'L' if is_down else 'M'}{across:.1f} {down:.1f}")
            is_down = math.isfinite(across) and math.isfinite(down)
        self._parts.append(f'<path class="line {style}" d="{"".join(path)}"/>')

    def segments(self, ends: NDArray[Any], style: str = "c0") -> None:
        """Draw separate straight lines from x0, y0 to x1, y1, shape (n, 4)."""
        ends = np.asarray(ends, np.float64).reshape(-1, 4)
        from_, to = self.to_px(*ends[:, :2].T), self.to_px(*ends[:, 2:].T)
        path = "".join(
            f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}"
            for a, b, c, d in np.hstack((from_, to)).tolist()
        )
        self._parts.append(f'<path class="line {style}" d="{path}"/>')

    def points(
        self,
        x: ArrayLike,
        y: ArrayLike,
        style: str = "f0",
        radius: float = 2.5,
        titles: Sequence[str] = (),
    ) -> None:
        """Draw points; each may have a title, shown when the mouse rests on it."""
        for index, (across, down) in enumerate(self.to_px(x, y)):
            if math.isfinite(across) and math.isfinite(down):
                title = f"<title>{escape(titles[index])}</title>" if titles else ""
                self._parts.append(
                    f'<circle class="{style}" cx="{across:.1f}" cy="{down:.1f}" '
                    f'r="{radius:g}">{title}</circle>'
                )

    def area(
        self, x: ArrayLike, low: ArrayLike, high: ArrayLike, style: str = "f0 soft"
    ) -> None:
        """Fill what lies between two lines; values must be finite."""
        outline = np.vstack((self.to_px(x, low), self.to_px(x, high)[::-1]))
        places = " ".join(f"{a:.1f},{b:.1f}" for a, b in outline)
        self._parts.append(f'<polygon class="{style}" points="{places}"/>')

    def bars(
        self, x: ArrayLike, heights: ArrayLike, width: float, style: str = "f0"
    ) -> None:
        """Draw bars that stand on 0, `width` wide in the unit of x."""
        for place, height in np.column_stack((x, heights)).tolist():
            self.rectangle((place - width / 2, place + width / 2), (0.0, height), style)

    def rectangle(self, x: Range, y: Range | None = None, style: str = "band") -> None:
        """Fill a rectangle; without `y` it goes from the bottom to the top."""
        y = self.y_range if y is None else y
        (left, top), (right, bottom) = self.to_px(x, (max(y), min(y)))
        self._parts.append(
            f'<rect class="{style}" x="{left:.1f}" y="{top:.1f}" '
            f'width="{max(right - left, 0.0):.1f}" '
            f'height="{max(bottom - top, 0.0):.1f}"/>'
        )

    def text(
        self, x: float, y: float, text: str, style: str = "", shift: Range = (0, 0)
    ) -> None:
        """Write at a place of the data; classes left, mid and right set its side."""
        across, down = self.to_px(x, y)[0] + shift
        self._parts.append(write_text(across, down, text, style))

    def image(self, values: NDArray[Any]) -> None:
        """Show grey values, or red, green and blue, from 0 to 1; row 0 on top."""
        box = self.box
        self._parts.append(
            f'<image x="{box.left:g}" y="{box.top:g}" width="{box.width:g}" '
            f'height="{box.height:g}" preserveAspectRatio="none" '
            f'href="{encode_png(values)}"/>'
        )

    def frame(
        self,
        x_label: str = "",
        y_label: str = "",
        x_ticks: Iterable[tuple[float, str]] | None = None,
        y_ticks: Iterable[tuple[float, str]] | None = None,
    ) -> None:
        """Draw the axes with ticks (found where not given) and their labels."""
        box, (low, high) = self.box, self.y_range
        bottom = box.top + box.height
        if x_ticks is None:
            x_ticks = find_log_ticks(self.x_range) if self._log_x else find_ticks(
                self.x_range, box.width / 70
            )  # fmt: skip
        for value, name in x_ticks:
            across = self.to_px(value, low)[0, 0]
            self._frame.append(write_text(across, bottom + 15, name, "tick mid"))
        for value, name in y_ticks or find_ticks(self.y_range, box.height / 34):
            down = self.to_px(self.x_range[0], value)[0, 1]
            self._frame.append(
                f'<path class="grid" d="M{box.left:g} {down:.1f}h{box.width:g}"/>'
                + write_text(box.left - 6, down + 3.5, name, "tick right")
            )
        self._frame.append(
            f'<path class="axis" d="M{box.left:g} {bottom:g}h{box.width:g}"/>'
        )
        middle, side = box.left + box.width / 2, box.top + box.height / 2
        self._frame.append(write_text(middle, bottom + 32, x_label, "label mid"))
        if y_label:
            turn = f' transform="rotate(-90 {box.left - 38:g} {side:g})"'
            self._frame.append(
                write_text(box.left - 38, side, y_label, "label mid", turn)
            )
        del high

    def title(self, text: str, style: str = "head") -> None:
        """Write above the axes."""
        self._frame.append(write_text(self.box.left, self.box.top - 7, text, style))

    def render(self) -> str:
        """Give the SVG of these axes: frame and grid behind, data before."""
        return "".join(self._frame + self._parts)


def render_figure(
    width: float,
    height: float,
    parts: Iterable[Axes | str],
    name: str,
    least_width: float = 0.0,
) -> str:
    """Put axes together to an SVG element.

    Parameters
    ----------
    width, height
        Size, px; the page may show it smaller.
    parts
        Axes, or SVG as text.
    name
        What it shows, for screen readers.
    least_width
        Width below which it is rolled, not shrunk, px.

    Returns
    -------
    str
        The element.
    """
    inner = "".join(each if isinstance(each, str) else each.render() for each in parts)
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" '
        f'style="min-width:{least_width:.0f}px" aria-label="{escape(name)}">'
        f"{inner}</svg>"
    )


def write_text(x: float, y: float, text: str, style: str = "", more: str = "") -> str:
    """Give a text element at a place, px; "" for an empty text."""
    if not text:
        return ""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}"{more}>{escape(text)}</text>'


def find_ticks(ends: Range, n_wanted: float) -> list[tuple[float, str]]:
    """Give round values between two ends.

    Returns
    -------
    list of tuple
        About as many as wanted, each with its name.

    Examples
    --------
    >>> find_ticks((0.0, 1.0), 3)
    [(0.0, '0'), (0.5, '0.5'), (1.0, '1')]
    """
    low, high = min(ends), max(ends)
    rough = (high - low) / max(n_wanted, 1.0)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * part for part in (1, 2, 5, 10) if size * part >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [number * step for number in range(first, last + 1)]
    return [(value, f"{round(value, 12):.6g}") for value in values]


def find_log_ticks(ends: Range) -> list[tuple[float, str]]:
    """Give the powers of ten between two ends, or round values if these are few."""
    low, high = math.log10(min(ends)), math.log10(max(ends))
    parts = (1.0,) if high - low > 2.5 else (1.0, 2.0, 5.0)
    values = (
        part * 10.0**power
        for power in range(math.floor(low), math.ceil(high) + 1)
        for part in parts
    )
    return [(v, f"{v:g}") for v in values if min(ends) <= v <= max(ends) * 1.0001]


def encode_png(values: NDArray[Any]) -> str:
    """Encode an image as a PNG data address.

    Parameters
    ----------
    values
        From 0 to 1: grey, shape (height, width), or colours, (height, width, 3).

    Returns
    -------
    str
        For an `href`; what is not finite is black.
    """
    pixels = np.clip(np.nan_to_num(values) * 255 + 0.5, 0, 255).astype(np.uint8)
    height, width = pixels.shape[:2]
    lines = pixels.reshape(height, -1)
    rows = np.hstack((np.zeros((height, 1), np.uint8), lines)).tobytes()
    colours = 2 if pixels.ndim == 3 else 0
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, body)
        for kind, body in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(rows, 9)),
            (b"IEND", b""),
        )
    )
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check


def _open_range(ends: Range) -> Range:
    low, high = float(ends[0]), float(ends[1])
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0.0, 1.0
    return (low, high) if low != high else (low, low + (abs(low) or 1.0))
