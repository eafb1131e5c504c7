"""Results as plain data, and as text: a table for people, Markdown for the docs."""

from __future__ import annotations

import math
from typing import Any

from benchmarks._rounds import Benchmark, Rounds, Target, spread

_VERDICTS = {True: "met", False: "MISSED", None: "not measured"}


def summarise(benchmark: Benchmark, rounds: Rounds, n_rounds: int) -> dict[str, Any]:
    """Give the result of a benchmark as plain data, ready for JSON.

    Parameters
    ----------
    benchmark
        What was measured.
    rounds
        Its figures.
    n_rounds
        How often.

    Returns
    -------
    dict
        Texts, and triples of median, smallest and largest.
    """
    return {
        "name": benchmark.name,
        "title": benchmark.title,
        "how": benchmark.how,
        "rounds": n_rounds,
        "columns": benchmark.columns,
        "compared": benchmark.compared,
        "rows": [
            _summarise_row(benchmark, rounds, each) for each in benchmark.candidates
        ],
        "targets": [_summarise_target(rounds, each) for each in benchmark.targets],
    }


def _summarise_row(
    benchmark: Benchmark, rounds: Rounds, candidate: Any
) -> dict[str, Any]:
    name, ratio = candidate.name, None
    if candidate.floor and benchmark.compared:
        ratios = rounds.ratio(name, candidate.floor, benchmark.compared)
        ratio = {"to": candidate.floor, "value": _triple(ratios)}
    figures = {c: _triple(rounds.get(name, c)) for c in benchmark.columns}
    return {
        "name": name,
        "figures": figures,
        "ratio": ratio,
        "problem": candidate.absent or rounds.problems.get(name, ""),
    }


def _summarise_target(rounds: Rounds, target: Target) -> dict[str, Any]:
    value = _triple(target.value(rounds))
    met = None
    if value is not None:
        met = value[0] >= target.limit if target.at_least else value[0] <= target.limit
    sign = "≥" if target.at_least else "≤"
    return {
        "text": target.text,
        "limit": f"{sign} {_say(target.limit)}{_unit(target.unit)}",
        "value": value,
        "unit": target.unit,
        "met": met,
    }


def _triple(values: list[float]) -> list[float] | None:
    found = spread(values)
    return None if math.isnan(found[0]) else [float(value) for value in found]


def to_markdown(result: dict[str, Any]) -> str:
    """Give the result of a benchmark as a section of Markdown.

    Returns
    -------
    str
        Heading, how it was measured, table, targets.
    """
    head, rows = _tabulate(result)
    lines = [f"## {result['title']}", "", result["how"], ""]
    lines += [_join(head), _join(["---", *["--:"] * (len(head) - 1)])]
    lines += [_join(row) for row in rows]
    if result["targets"]:
        lines += ["", "| target | wanted | measured | |", "|---|--:|--:|---|"]
        lines += [_join(_target_cells(each)) for each in result["targets"]]
    return "\n".join(lines) + "\n"


def to_text(result: dict[str, Any]) -> str:
    """Give the result of a benchmark as text for a terminal.

    Returns
    -------
    str
        The same as `to_markdown`, in columns.
    """
    head, rows = _tabulate(result)
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]
    lines = [f"{result['title']} ({result['rounds']} rounds)", result["how"]]
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0])]
        cells += [
            cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)
        ]
        lines.append("  " + "  ".join(cells))
    for each in result["targets"]:
        text, limit, value, verdict = _target_cells(each)
        lines.append(f"  [{verdict}] {text}: {value} (wanted {limit})")
    return "\n".join(lines) + "\n"


def _tabulate(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    columns = result["columns"]
    head = ["", *(f"{c}{', ' + unit if unit else ''}" for c, unit in columns.items())]
    has_ratio = any(row["ratio"] for row in result["rows"])
    if has_ratio:
        head.append("ratio to floor")
    rows: list[list[str]] = []
    for row in result["rows"]:
        cells = [row["name"], *(_say_spread(row["figures"].get(c)) for c in columns)]
        if has_ratio:
            cells.append(_say_spread(row["ratio"]["value"]) if row["ratio"] else "")
        if row["problem"] and not any(row["figures"].values()):
            cells[1] = row["problem"].splitlines()[0][:90]
        elif row["problem"]:
            cells[0] += f" (failed once: {row['problem'].splitlines()[0][:60]})"
        rows.append(cells)
    return head, rows


def _target_cells(target: dict[str, Any]) -> list[str]:
    value = "–"
    if target["value"] is not None:
        value = _say_spread(target["value"]) + _unit(target["unit"])
    return [target["text"], target["limit"], value, _VERDICTS[target["met"]]]


def _join(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _say_spread(value: list[float] | None) -> str:
    if value is None:
        return "–"
    middle, least, most = value
    if least == most:
        return _say(middle)
    return f"{_say(middle)} ({_say(least)}–{_say(most)})"


def _say(value: float) -> str:
    if value == 0 or (value == int(value) and abs(value) < 1e6):
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""
