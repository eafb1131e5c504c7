"""The parts of the report that every run has."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ranvier.core import RanvierError
from ranvier.graph import RECORDER, parse_graph
from ranvier.recording import AuditKind
from ranvier.report._audit_words import render_audit
from ranvier.report._facts import STATUS, measure_ages
from ranvier.report._figure import Axes, Box, render_figure, write_text
from ranvier.report._graph_drawing import DrawnLink, DrawnNode, draw_graph
from ranvier.report._page import (
    Section,
    format_bytes,
    format_duration,
    format_number,
    render_figure_block,
    render_table,
    render_tiles,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ranvier.recording import NodeEntry, Stream
    from ranvier.report._facts import Facts

_GOOD = {"completed": "good", "stopped": "good", "ok": "good"}


def render_header(facts: Facts) -> str:
    """Give the head of the page: what ran, when, how it ended, in numbers.

    Returns
    -------
    str
        HTML.
    """
    manifest = facts.manifest
    reason = manifest.finish_reason or "unfinished"
    begun = manifest.wall.date_at(facts.start_ns)
    host = manifest.host
    where = f"{host.name}, {host.cores} cores, Python {host.python}" if host else ""
    speed = "in real time" if manifest.speed == "real" else "as fast as possible"
    words = (f"{begun:%-d %B %Y, %H:%M:%S}", speed, f"seed {manifest.seed}")
    where = " · ".join((f"run {manifest.run}", f"ranvier {manifest.ranvier}", where))
    title = manifest.graph_name.replace("_", " ")
    return (
        f"<header><h1>{escape(title)}"
        f'<span class="pill {_GOOD.get(reason, "bad")}">{escape(reason)}</span></h1>'
        f'<p class="lead">{escape(_find_description(facts))}</p>'
        f'<p class="meta">{" · ".join(words)}</p><p class="meta">{escape(where)}</p>'
        f"{render_tiles(_list_tiles(facts))}</header>"
    )


def list_run_sections(facts: Facts) -> list[Section]:
    """Give the parts that tell of the run itself.

    Returns
    -------
    list of Section
        Those that there is anything to say about.
    """
    sections = [
        Section("Graph", _render_graph(facts)),
        Section("Nodes", _render_nodes(facts)),
        Section("Links", _render_links(facts)),
        Section("Latency", _render_latency(facts)),
        Section("Recording", _render_recording(facts)),
        Section("Audit trail", render_audit(facts) if facts.audit else ""),
        Section("Versions", _render_versions(facts)),
    ]
    return [section for section in sections if section.body]


def _find_description(facts: Facts) -> str:
    try:
        return parse_graph(facts.manifest.graph_text).graph.description
    except RanvierError:
        return ""


def _list_tiles(facts: Facts) -> Iterator[tuple[str, str, str]]:
    yield format_duration(facts.duration_s), "duration", ""
    yield str(len(facts.manifest.nodes)), "nodes", ""
    if facts.recording is not None:
        size = sum(part.path.stat().st_size for part in facts.folder.parts())
        count = sum(len(stream) for stream in facts.data_streams())
        yield format_bytes(size), f"recorded, {count:,} messages", ""
    lost = sum(int(n.fields.get("count") or 0) for n in facts.lines(AuditKind.LOSS))
    yield f"{lost:,}", "messages lost", "bad" if lost else "good"
    faults = len(facts.lines(AuditKind.FAULT))
    yield str(faults), "faults", "bad" if faults else "good"
    restarts = len(facts.lines(AuditKind.NODE_RESTARTED))
    yield str(restarts), "restarts", "bad" if restarts else "good"
    verdict = facts.check.verdict
    yield verdict, "recording verified", _GOOD.get(verdict, "bad")


def _render_graph(facts: Facts) -> str:
    plans = [entry.plan for entry in facts.manifest.streams]
    entries = [node for node in _sort_nodes(facts) if node.name != RECORDER]
    nodes = [
        DrawnNode(node.name, node.spec.name, node.spec.kind, node.spec.summary)
        for node in entries
    ]
    links = [
        DrawnLink(
            plan.node,
            link.target_node,
            plan.port,
            f"{plan.stream} → {link.target}, {link.policy.describe()}",
            link.feedback,
        )
        for plan in plans
        for link in plan.links
    ]
    svg = draw_graph(nodes, links)
    caption = (
        '<span class="key k2"></span>source<span class="key k0"></span>transform'
        "; a dashed line leads back. Rest the mouse on a line to see its policy."
    )
    text = escape(facts.manifest.graph_text)
    return (
        f'<div class="graph">{render_figure_block(svg, caption)}</div>'
        f"<details><summary>graph.yaml as run</summary><pre>{text}</pre></details>"
    )


def _sort_nodes(facts: Facts) -> list[NodeEntry]:
    # In the order of the graph file: that of the streams; sinks come last.
    place: dict[str, int] = {}
    for index, entry in enumerate(facts.manifest.streams):
        place.setdefault(entry.plan.node, index)
    last = len(facts.manifest.streams)
    return sorted(facts.manifest.nodes, key=lambda node: place.get(node.name, last))


def _render_nodes(facts: Facts) -> str:
    status = facts.status
    counted = {each.name: each for each in status.nodes} if status else {}
    rows: list[tuple[str, ...]] = []
    for node in _sort_nodes(facts):
        name = f"<b>{escape(node.name)}</b>"
        kind = f'{escape(node.spec.name)} <span class="soft-text">{node.spec.kind}</span>'
        each = counted.get(node.name)
        numbers = ("–",) * 7
        if each:
            numbers = (
                f"{each.steps:,}",
                format_number(each.step_p50_ms, 2),
                format_number(each.step_p99_ms, 2),
                format_number(each.step_max_ms, 2),
                str(each.late),
                _warn(each.faults),
                _warn(each.restarts),
            )
        rows.append((name, kind, *numbers))
    heads = (
        "node", "type", "steps", "step p50, ms", "p99, ms", "longest, ms", "late",
        "faults", "restarts",
    )  # fmt: skip
    if not counted:
        rows = [row[:2] for row in rows]
        note = f"The counters of this run were not kept: it left no {STATUS}."
        return render_table(heads[:2], rows) + f'<p class="meta">{note}</p>'
    return render_table(heads, rows, numbers=range(2, 9))


def _render_links(facts: Facts) -> str:
    if facts.status is None or not facts.status.links:
        return ""
    seconds = facts.status.running_s or facts.duration_s
    rows = [
        (
            escape(link.stream),
            escape(link.target),
            f'<span class="soft-text">{escape(link.policy)}</span>',
            f"{link.taken:,}",
            format_number(link.taken / seconds if seconds else None),
            format_number(link.delay_p50_ms, 2),
            format_number(link.delay_p99_ms, 2),
            format_number(link.age_p50_ms, 2),
            format_number(link.age_p99_ms, 2),
            _warn(link.missed),
        )
        for link in facts.status.links
        if not link.target.startswith(f"{RECORDER}.")
    ]
    heads = (
        "from", "to", "policy", "messages", "per s", "delay p50, ms", "p99",
        "age p50, ms", "p99", "missed",
    )  # fmt: skip
    note = (
        '<p class="meta">Delay: from the sending of a message to its taking. Age: from '
        "the source’s item that it descends from. Links to the recorder are left out.</p>"
    )
    return render_table(heads, rows, numbers=range(3, 10)) + note


def _render_latency(facts: Facts) -> str:
    found = [(stream, measure_ages(stream)) for stream in facts.data_streams()]
    found = [(stream, ages) for stream, ages in found if ages.size and ages.max() > 0]
    if not found:
        return ""
    svg = _draw_latency([(stream.name, 1e3 * ages) for stream, ages in found])
    caption = (
        "From the source’s item to the sending of each message that descends from it. "
        "The orange line is the median."
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


def _render_recording(facts: Facts) -> str:
    seconds = facts.duration_s
    rows = [_describe_stream(stream, facts, seconds) for stream in facts.data_streams()]
    heads = ("stream", "carries", "messages", "per s", "missing", "what it is")
    table = render_table(heads, rows, numbers=(2, 3, 4)) if rows else ""
    verdict = facts.check.verdict
    words = {
        "ok": "Checksums, hashes, the audit chain and all sequence numbers fit: nothing "
        "is missing.",
        "explained": "Something is missing, and the recording itself says why.",
        "damaged": "Something is missing or changed, and nothing explains it.",
    }[verdict]
    findings = "".join(
        f"<li>{escape(each.describe())}</li>" for each in facts.check.findings[:50]
    )
    more = len(facts.check.findings) - 50
    findings += f"<li>and {more} more: see ranvier verify</li>" if more > 0 else ""
    return (
        f'<p><b class="{_GOOD.get(verdict, "bad")}">{escape(verdict)}</b>. {words}</p>'
        + (f"<ul>{findings}</ul>" if findings else "")
        + table
    )


def _describe_stream(stream: Stream, facts: Facts, seconds: float) -> tuple[str, ...]:
    info, last = stream.info, stream[-1] if len(stream) else None
    if isinstance(last, np.ndarray):
        kind = f"{last.dtype} {'×'.join(map(str, last.shape))}"
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
        _warn(facts.check.missing(stream.name)),
        escape(info.help),
    )


def _render_versions(facts: Facts) -> str:
    rows: dict[tuple[str, ...], list[str]] = {}
    for node in facts.manifest.nodes:
        code = node.code
        what = (
            escape(f"{code.package} {code.version}") if code else "unknown",
            f"<code>{escape(code.commit[:12])}</code>" if code and code.commit else "–",
            _describe_changes(code.is_dirty, code.diff_file) if code else "–",
            escape(node.python),
        )
        rows.setdefault(what, []).append(node.name)
    table = [(escape(", ".join(names)), *what) for what, names in rows.items()]
    return render_table(("nodes", "package", "commit", "changes", "Python"), table)


def _describe_changes(is_dirty: bool, diff_file: str) -> str:
    if not is_dirty:
        return "none"
    kept = f", kept in code/{diff_file}" if diff_file else ""
    return escape(f"not committed{kept}")


def _warn(count: int) -> str:
    return f'<span class="bad">{count:,}</span>' if count else "0"

