from __future__ import annotations

import pytest

import ranvier.runtime
from ranvier.cli._choose import choose_run, refuse_if_running
from ranvier.core import RunError
from ranvier.links import RunFolder
from ranvier.runtime import RunStatus

FIRST, SECOND = "2026-11-20T14-03-22-5f2c1a", "2026-11-20T14-05-00-77aa00"


class FakeScreen:
    """Shows a run whose graph is told by its identifier; one has ended meanwhile."""

    def __init__(self, folder, by):
        self._folder = folder

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def look(self):
        run_id = self._folder.run_id
        if run_id == "ended":
            raise RunError("over.", code="RV-R33", mend="nothing")
        graph = "loop" if run_id == FIRST else "rest"
        return RunStatus(run_id, graph, "running", session_folder=f"/s/{graph}_1")


@pytest.fixture
def runs(monkeypatch, tmp_path):
    names: list[str] = []
    monkeypatch.setattr(ranvier.runtime, "Screen", FakeScreen)
    monkeypatch.setattr(
        ranvier.runtime, "list_runs", lambda: [RunFolder(tmp_path / n) for n in names]
    )
    return names


@pytest.mark.parametrize("wanted", ["5f2c1a", FIRST, "loop", "lo", "/s/loop_1/"])
def test_a_run_is_found_by_what_a_person_would_type(runs, wanted):
    runs += [FIRST, SECOND, "ended"]

    assert choose_run(wanted).run_id == FIRST


def test_a_name_that_is_exact_goes_before_one_that_only_begins_so(runs, monkeypatch):
    runs += [FIRST, SECOND]
    graphs = {FIRST: "st", SECOND: "start"}
    monkeypatch.setattr(
        FakeScreen,
        "look",
        lambda self: RunStatus(
            self._folder.run_id, graphs[self._folder.run_id], "running"
        ),
    )

    assert choose_run("st").run_id == FIRST


def test_only_those_that_fit_are_listed(runs):
    runs += [FIRST, SECOND, FIRST.replace("5f2c1a", "aaaaaa")]

    with pytest.raises(RunError, match="2 runs fit") as caught:
        choose_run("rest")

    assert FIRST not in caught.value.found
    assert SECOND in caught.value.found


def test_the_only_run_needs_no_name(runs):
    runs += ["ended", SECOND]

    assert choose_run(None).run_id == SECOND


@pytest.mark.parametrize("wanted", [None, "2026", "nothing"])
def test_where_none_or_several_fit_all_are_listed(runs, wanted):
    runs += [FIRST, SECOND]

    with pytest.raises(RunError) as caught:
        choose_run(wanted)

    assert FIRST in caught.value.found
    assert SECOND in caught.value.found
    assert "--run" in caught.value.mend


def test_where_nothing_runs_that_is_said(runs):
    with pytest.raises(RunError, match="no run goes on"):
        choose_run("loop")


def test_nobody_mends_what_is_still_written(runs, tmp_path):
    from pathlib import Path

    runs += [FIRST]
    refuse_if_running(tmp_path)

    with pytest.raises(RunError):
        refuse_if_running(Path("/s/loop_1"))
