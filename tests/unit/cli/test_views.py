from __future__ import annotations

import pytest

from ranvier.cli._smooth import Smoother
from ranvier.cli._views import LineView, NoView, find_new, open_view
from ranvier.runtime import LinkStatus, NodeStatus, RunStatus


def build(time_s: float, steps: int, taken: int = 0, cpu: float = 0.0) -> RunStatus:
    return RunStatus(
        "r",
        "g",
        "running",
        running_s=time_s,
        nodes=(NodeStatus("eye", "running", steps=steps, step_hz=-1.0, cpu=cpu),),
        links=(LinkStatus("eye.x", "ear.x", "queue", taken=taken, hz=-1.0),),
    )


def test_rates_are_over_the_window_not_since_the_last_look() -> None:
    smoother = Smoother(window_s=2.0)

    for n in range(20):
        found = smoother.smooth(build(n * 0.25, int(n * 0.25 * 15), taken=4 * n))

    assert pytest.approx(found.nodes[0].step_hz, abs=0.5) == 15
    assert found.links[0].hz == 16


def test_before_two_looks_the_given_rate_stands() -> None:
    found = Smoother().smooth(build(0.0, 5))

    assert found.nodes[0].step_hz == -1.0


def test_a_count_that_began_again_gives_no_negative_rate() -> None:
    smoother = Smoother()
    smoother.smooth(build(0.0, 500))

    found = smoother.smooth(build(1.0, 3))

    assert found.nodes[0].step_hz == 0


def test_cpu_is_the_mean_over_the_window() -> None:
    smoother = Smoother()
    smoother.smooth(build(0.0, 0, cpu=0.0))

    found = smoother.smooth(build(0.25, 0, cpu=0.5))

    assert found.nodes[0].cpu == 0.25


def test_nodes_may_come_after_the_first_look() -> None:
    smoother = Smoother()
    smoother.smooth(RunStatus("r", "g", "starting"))

    found = smoother.smooth(build(1.0, 10))

    assert found.nodes[0].step_hz == 10


@pytest.mark.parametrize(
    ("old", "new", "added"),
    [
        ((), (), ()),
        ((), ("a",), ("a",)),
        (("a", "b"), ("a", "b"), ()),
        (("a", "b"), ("b", "c"), ("c",)),
        (("a", "a"), ("a", "a", "a"), ("a",)),
        (("a", "b"), ("x", "y"), ("x", "y")),
    ],
)
def test_only_lines_that_were_added_are_new(
    old: tuple[str, ...], new: tuple[str, ...], added: tuple[str, ...]
) -> None:
    assert added == find_new(old, new)


def test_the_plain_view_prints_a_line_a_second_and_each_notice_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = LineView()
    import msgspec

    for n in range(9):
        status = build(n * 0.25, n)
        view.show(msgspec.structs.replace(status, notices=("eye: died",)))

    lines = capsys.readouterr().out.splitlines()

    assert [line for line in lines if line.startswith("»")] == ["» eye: died"]
    assert len(lines) == 4


def test_the_plain_view_prints_words_of_a_node_on_one_plain_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    LineView().say("» eye: \x1b[2Jone\ntwo")

    assert capsys.readouterr().out == "» eye: one two\n"


def test_where_the_output_is_no_terminal_lines_are_printed() -> None:
    assert isinstance(open_view(), LineView)
    assert isinstance(open_view(quiet=True), NoView)
