"""The parts of the report that the recording itself tells: latency, contents, check."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ranvier.report._facts import measure_ages, read_last
from ranvier.report._figure import Axes, Box, render_figure, write_text
from ranvier.report._page import (
    GOOD,
    format_number,
    mark_count,
    render_figure_block,
    render_table,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ranvier.recording import Stream
    from ranvier.report._facts import Facts

_VERDICTS = {
    "ok": "Checksums, hashes, the audit chain and all sequence numbers fit: nothing is "
    "missing.",
    "explained": "Something is missing, and the recording itself says why.",
    "damaged": "Something is missing or changed, and nothing explains it.",
}
_TIMES = "\u00d7"
_CODE = re.compile(r"`([^`]*)`")


def render_latency(facts: Facts) -> str:
    """Give a histogram of how old each stream's messages were when sent.

    Returns
    -------
    str
        HTML; "" where nothing descends from a source.
    """
    found = [(stream, measure_ages(stream)) for stream in facts.data_streams()]
    found = [(stream, ages) for stream, ages in found if ages.size and ages.max() > 0]
    if not found:
        return ""
    svg = _draw_latency([(stream.name, 1e3 * ages) for stream, ages in found])
    caption = (
        "From the item of a source to the sending of each message that descends from "
        "it. The orange line is the median."
    )
    if facts.manifest.speed == "max":
        caption += " The run went as fast as possible, so messages waited in queues."
    return render_figure_block(svg, caption)


def _draw_latency(found: list[tuple[str, NDArray[np.float64]]]) -> str:
    row, left, width = 40.0, 158.0, 1020.0
    low = max(min(float(np.min(ages[ages > 0])) for _, ages in found), 1e-3)
    high = max(float(ages.max()) for _, ages in found)
    x_range = (low / 1.2, high * 1.2)
    edges = np.geomspace(*x_range, 90)
    parts: list[Axes | str] = []
    for index, (name, ages) in enumerate(found):
        box = Box(left, 12 + index * row, width - left - 136, row - 10)
        counts = np.histogram(np.maximum(ages, low), edges)[0].astype(float)
        axes = Axes(box, x_range, (0.0, max(counts.max(), 1.0)), log_x=True)
        if index == len(found) - 1:
            axes.frame("age when sent, ms", y_ticks=[(0.0, "")])
        outline = np.repeat(counts, 2)
        axes.area(np.repeat(edges, 2)[1:-1], 0 * outline, outline, "f0 half")
        p50, p99 = np.percentile(ages, [50, 99])
        axes.segments(np.array([[p50, 0, p50, counts.max()]]), "c1 thick")
        middle = box.top + box.height / 2 + 4
        parts.append(axes)
        parts.append(write_text(left - 10, middle, name, "ink right"))
        for shift, value in ((52.0, p50), (104.0, p99)):
            number = format_number(float(value), 2)
            parts.append(write_text(left + box.width + shift, middle, number, "right"))
    parts.append(write_text(width - 84, 12, "p50, ms", "tick right"))
    parts.append(write_text(width - 32, 12, "p99, ms", "tick right"))
    return render_figure(width, 60 + len(found) * row, parts, "Latency of each stream")


def render_recording(facts: Facts) -> str:
    """Give what was recorded, and what the check of it found.

    Returns
    -------
    str
        HTML.
    """
    seconds = facts.duration_s
    rows = [_describe_stream(stream, facts, seconds) for stream in facts.data_streams()]
    heads = ("stream", "carries", "messages", "per s", "missing", "what it is")
    table = render_table(heads, rows, numbers=(2, 3, 4)) if rows else ""
    verdict = facts.check.verdict
    words = _VERDICTS[verdict]
    findings = "".join(
        f"<li>{escape(each.describe())}</li>" for each in facts.check.findings[:50]
    )
    more = len(facts.check.findings) - 50
    findings += f"<li>and {more} more: see ranvier verify</li>" if more > 0 else ""
    return (
        f'<p><b class="{GOOD.get(verdict, "bad")}">{escape(verdict)}</b>. {words}</p>'
        + (f"<ul>{findings}</ul>" if findings else "")
        + table
    )


def _describe_stream(stream: Stream, facts: Facts, seconds: float) -> tuple[str, ...]:
    info, last = stream.info, read_last(stream)
    if isinstance(last, np.ndarray):
        array = cast("NDArray[Any]", last)
        kind = f"{array.dtype} {_TIMES.join(map(str, array.shape))}"
    elif isinstance(last, dict):
        kind = ", ".join(str(key) for key in last)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    else:
        kind = info.kind
    unit = f" {info.unit}" if info.unit else ""
    return (
        f"<b>{escape(stream.name)}</b>",
        f'<span class="soft-text">{escape(kind + unit)}</span>',
        f"{len(stream):,}",
        format_number(len(stream) / seconds if seconds else None),
        mark_count(facts.check.missing(stream.name)),
        _CODE.sub(r"<code>\1</code>", escape(info.help)),
    )
