"""The parts of the report that every run has."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ranvier.audit import AuditKind
from ranvier.core import RanvierError
from ranvier.graph import RECORDER, parse_graph
from ranvier.report._audit_words import render_audit
from ranvier.report._graph_drawing import DrawnLink, DrawnNode, draw_graph
from ranvier.report._page import (
    GOOD,
    NONE,
    Section,
    format_bytes,
    format_duration,
    format_number,
    mark_count,
    render_figure_block,
    render_table,
    render_tiles,
)
from ranvier.report._recording_sections import render_latency, render_recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.recording import NodeEntry
    from ranvier.report._facts import Facts


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
    version = f"ranvier {manifest.ranvier}" if manifest.ranvier else ""
    speed = "in real time" if manifest.speed == "real" else "as fast as possible"
    words = (f"{begun:%-d %B %Y, %H:%M:%S}", speed, f"seed {manifest.seed}")
    where = " · ".join(filter(None, (f"run {manifest.run}", version, where)))
    title = manifest.graph_name.replace("_", " ")
    return (
        f"<header><h1>{escape(title)}"
        f'<span class="pill {GOOD.get(reason, "bad")}">{escape(reason)}</span></h1>'
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
        Section("Latency", render_latency(facts)),
        Section("Recording", render_recording(facts)),
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
    yield verdict, "recording checked", GOOD.get(verdict, "bad")


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
        '<span class="key k3"></span>sink; a dashed line leads back. Rest the mouse on '
        "a line to see its policy."
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
        kind = (
            f'{escape(node.spec.name)} <span class="soft-text">{node.spec.kind}</span>'
        )
        each = counted.get(node.name)
        numbers = (NONE,) * 7
        if each:
            numbers = (
                f"{each.steps:,}",
                format_number(each.step_p50_ms, 2),
                format_number(each.step_p99_ms, 2),
                format_number(each.step_max_ms, 2),
                str(each.late),
                mark_count(each.faults),
                mark_count(each.restarts),
            )
        rows.append((name, kind, *numbers))
    heads = (
        "node", "type", "steps", "step p50, ms", "p99, ms", "longest, ms", "late",
        "faults", "restarts",
    )  # fmt: skip
    if not counted:
        rows = [row[:2] for row in rows]
        name = facts.folder.status.name
        note = f"The counters of this run were not kept: it left no {name}."
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
            mark_count(link.missed),
        )
        for link in facts.status.links
        if not link.is_recorded
    ]
    heads = (
        "from", "to", "policy", "messages", "per s", "delay p50, ms", "p99",
        "age p50, ms", "p99", "missed",
    )  # fmt: skip
    note = (
        '<p class="meta">Delay: from the sending of a message to its taking. Age: from '
        "the item of a source that it descends from. Links to the recorder are left "
        "out.</p>"
    )
    return render_table(heads, rows, numbers=range(3, 10)) + note


def _render_versions(facts: Facts) -> str:
    rows: dict[tuple[str, ...], list[str]] = {}
    for node in facts.manifest.nodes:
        code = node.code
        what = (
            escape(f"{code.package} {code.version}") if code else "unknown",
            f"<code>{escape(code.commit[:12])}</code>"
            if code and code.commit
            else NONE,
            _describe_changes(code.is_dirty, code.diff_file) if code else NONE,
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
