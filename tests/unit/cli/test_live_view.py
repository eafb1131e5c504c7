from __future__ import annotations

import io

import pytest
from rich.console import Console

from ranvier.cli._live_links import gather_links
from ranvier.cli._live_view import Space, describe_line, draw
from ranvier.cli._numbers import format_ms, format_rate
from ranvier.cli._table import fit_widths
from ranvier.runtime import LinkStatus, NodeStatus, RunStatus


def build_status(n_nodes: int = 8, n_links: int = 9, **fields: object) -> RunStatus:
    nodes = tuple(
        NodeStatus(
            f"a_rather_long_node_{n}",
            "running",
            pid=1,
            step_hz=12_345.0,
            step_p50_ms=123.4,
            step_p99_ms=98_765.0,
            cpu=0.999,
            memory_mb=1234.0,
            faults=12_345,
            restarts=99,
        )
        for n in range(n_nodes)
    )
    links = tuple(
        LinkStatus(
            f"a_rather_long_node_{n}.some_output",
            f"a_rather_long_node_{n + 1}.another_input",
            "queue",
            hz=1000.0,
            delay_p99_ms=0.3,
            missed=0,
        )
        for n in range(n_links)
    )
    recorded = LinkStatus("a.b", "recorder.a__b", "lossless", hz=10.0, waiting=2)
    status = RunStatus(
        "2026-11-20T14-03-22-5f2c1a",
        "loop",
        "running",
        running_s=61.0,
        session_folder="/somewhere/" + "deep/" * 30,
        nodes=nodes,
        links=(recorded, recorded, *links),
        notices=tuple(f"notice {n} " + "long " * 40 for n in range(9)),
        duration_s=3600.0,
    )
    return _replace(status, **fields)


def _replace(status: RunStatus, **fields: object) -> RunStatus:
    import msgspec

    return msgspec.structs.replace(status, **fields)


def render(status: RunStatus, width: int = 80, height: int = 24) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO())
    console.print(draw(status, Space(width, height), "Ctrl-C stops the run"))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return text.rstrip("\n").split("\n")


@pytest.mark.parametrize("n_links", [0, 1, 9, 40])
@pytest.mark.parametrize("n_nodes", [0, 1, 6, 9, 60])
def test_the_picture_fits_into_80_columns_and_24_lines(
    n_nodes: int, n_links: int
) -> None:
    lines = render(build_status(n_nodes, n_links))

    assert max(map(len, lines)) <= 80
    assert len(lines) <= 24


def test_numbers_are_never_cut() -> None:
    text = "\n".join(render(build_status(1, 1)))

    assert "12.3k" in text
    assert "12345" in text
    assert "1234" in text


def test_links_that_do_not_fit_are_counted() -> None:
    text = "\n".join(render(build_status(6, 40)))

    assert "more links" in text


def name_nodes(n: int, **bad: dict[str, object]) -> tuple[NodeStatus, ...]:
    names = [f"n{number:02}" for number in range(n)]
    return tuple(
        NodeStatus(name, **{"state": "running", **bad.get(name, {})}) for name in names
    )


def test_of_many_nodes_those_in_trouble_are_drawn_first_then_the_busiest() -> None:
    nodes = name_nodes(
        60,
        n58={"faults": 3},
        n57={"cpu": 0.9},
        n40={"state": "down"},
        n41={"busy_s": 7.0},
        n30={"cpu": 0.55},
        n31={"cpu": 0.54},
    )
    lines = render(RunStatus("r", "g", "running", nodes=nodes), height=16)
    rows = [line.split()[0] for line in lines if line.startswith("n")][1:]

    assert rows[:6] == ["n40", "n41", "n58", "n57", "n30", "n31"]
    assert f"… and {60 - len(rows)} more nodes, all well" in lines
    assert len(lines) <= 16


def test_trouble_that_does_not_fit_is_counted() -> None:
    nodes = name_nodes(20, **{f"n{n:02}": {"faults": 1} for n in range(20)})
    text = "\n".join(render(RunStatus("r", "g", "running", nodes=nodes), height=16))

    assert "more nodes, " in text
    assert "of them in trouble" in text


def test_nodes_that_all_fit_stay_in_the_order_of_the_graph() -> None:
    nodes = name_nodes(3, n02={"faults": 1, "cpu": 1.0})
    lines = render(RunStatus("r", "g", "running", nodes=nodes))

    assert [line[:3] for line in lines if line.startswith("n0")] == [
        *("n00", "n01", "n02")
    ]


def test_words_of_a_node_reach_the_terminal_plain() -> None:
    status = build_status(
        1,
        1,
        notices=("eye: \x1b[2J\x1b]0;title\x07one\ntwo " + "x" * 100_000,),
        shown={"eye: \x1b[31mstate": "a\nb"},
    )
    lines = render(status)
    text = "\n".join(lines)

    assert "\x1b" not in text
    assert "\x07" not in text
    assert "» eye: one two xxx" in text
    assert "state a b" in text
    assert len(lines) <= 24


def test_all_links_to_the_recorder_are_one_row() -> None:
    rows = gather_links(build_status(2, 1).links)

    assert [row.name for row in rows[1:]] == ["2 streams → recorder"]
    assert (rows[1].hz, rows[1].waiting) == (20.0, 4)


def test_a_link_that_loses_messages_is_shown_first() -> None:
    links = (
        LinkStatus("a.x", "b.x", "queue"),
        LinkStatus("a.x", "c.x", "latest", missed=5),
        LinkStatus("a.x", "d.x", "queue", missed=1),
    )

    rows = gather_links(links)

    assert [row.name for row in rows] == ["a.x → d", "a.x → b", "a.x → c"]
    assert [row.lost for row in rows] == [1, 0, 0]


def test_a_step_that_does_not_end_is_seen() -> None:
    hanging = NodeStatus("eye", "running", pid=1, busy_s=12.0)

    text = "\n".join(render(RunStatus("r", "g", "running", nodes=(hanging,))))

    assert "running 12 s" in text


def test_a_status_without_anything_is_drawn() -> None:
    lines = render(RunStatus("r", "g", "starting"))

    assert "g  starting  0:00" in lines[0]


def test_a_line_tells_of_losses() -> None:
    status = RunStatus("r", "g", "running", running_s=2.0, lost=3)

    assert "LOST 3" in describe_line(status)


@pytest.mark.parametrize("hz", [0, 1e-3, 9.999, 99.99, 9_999.6, 1e5, 123_456.0])
def test_a_rate_takes_at_most_five_characters(hz: float) -> None:
    assert len(format_rate(hz)) <= 5


@pytest.mark.parametrize("ms", [None, 0.0, 9.999, 99.96, 9_999.7, 99_999.0])
def test_a_time_takes_at_most_six_characters(ms: float | None) -> None:
    assert len(format_ms(ms)) <= 6


def test_only_columns_of_words_become_narrower() -> None:
    assert fit_widths([20, 10, 5], 100, 2) == [20, 10, 5]
    assert fit_widths([20, 10, 50], 40, 2) == [6, 6, 50]
    assert fit_widths([20, 50], 40, 0) == [20, 50]
