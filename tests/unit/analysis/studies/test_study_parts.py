from __future__ import annotations

import json

import pandas as pd
import pytest

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.files import SESSION_SCHEMA, write_session_h5
from ranvier.analysis.parameters import AnalysisParameters
from ranvier.analysis.provenance import make_provenance
from ranvier.analysis.studies._command import Part, run_parts
from ranvier.analysis.studies._options import (
    change_settings,
    check_choice,
)
from ranvier.analysis.studies._work import StudyWork
from ranvier.core import AnalysisError

TABLE = pd.DataFrame({"target_NM": ["VTA-DA"], "Coef.": [0.5]})


def write_table_a(work, writer):
    writer.csv(TABLE, "a", make_provenance("fit", {"x": 1}, n_trials=3))


def fail(work, writer):
    writer.csv(TABLE, "partial")
    raise GroupFault("too few subjects.", found="1")


def run(folder, parameters=None, *parts):
    work = StudyWork(folder, parameters or AnalysisParameters())
    return run_parts(work, "demo", parts)


A = Part("a", ("trials", "statistics.seed"), ("sessions",), write_table_a)
BAD = Part("bad", ("selection",), (), fail)


def test_a_part_that_fails_is_told_and_the_others_go_on(tmp_path):
    found = run(tmp_path, None, BAD, A)
    faults = pd.read_csv(tmp_path / "results/demo/faults.csv")

    assert (tmp_path / "results/demo/a.csv").exists()
    assert [fault.where for fault in found.faults] == ["all"]
    assert faults["error_type"].tolist() == ["GroupFault"]
    assert "RV-A80" in faults["error_message"][0]


def test_faults_go_when_they_are_mended(tmp_path):
    run(tmp_path, None, BAD)
    mended = Part("bad", ("trials",), (), write_table_a)
    found = run(tmp_path, None, mended)

    assert found.faults == ()
    assert not (tmp_path / "results/demo/faults.csv").exists()


def test_every_table_says_where_it_comes_from(tmp_path):
    run(tmp_path, None, A)
    said = json.loads((tmp_path / "results/demo/provenance.json").read_text())
    words = said["results/demo/a.csv"]

    assert words["method"] == "fit"
    assert words["n"] == {"n_trials": 3}
    assert words["settings"]["statistics.seed"] == 42
    assert words["settings"]["trials"]["nogo"] is False
    assert words["n_rows"] == 1


def test_the_second_run_does_nothing(tmp_path):
    run(tmp_path, None, A, BAD)
    again = run(tmp_path, None, A, BAD)

    assert again.written == ()
    assert len(again.faults) == 1


@pytest.mark.parametrize(
    ("section", "values", "is_new"),
    [
        ("statistics", {"seed": 1}, True),
        ("statistics", {"n_permutations": 7}, False),
        ("trials", {"nogo": True}, True),
        ("wheel", {"order": 4}, False),
    ],
)
def test_only_settings_that_a_part_declares_make_it_anew(
    tmp_path, section, values, is_new
):
    run(tmp_path, None, A)
    changed = change_settings(AnalysisParameters(), section, **values)
    again = run(tmp_path, changed, A)

    assert is_new == bool(again.written)


def test_only_inputs_that_a_part_declares_make_it_anew(tmp_path):
    run(tmp_path, None, A)
    other = tmp_path / "data" / "performance.pqt"
    other.parent.mkdir()
    other.write_bytes(b"1")

    assert run(tmp_path, None, A).written == ()

    sessions = tmp_path / SESSION_SCHEMA.path
    sessions.parent.mkdir()
    sessions.write_bytes(b"1")

    assert run(tmp_path, None, A).written != ()


def test_sessions_files_count_by_the_keys_that_they_carry(tmp_path):
    path = tmp_path / "data" / "sessions" / "s1.h5"
    path.parent.mkdir(parents=True)

    def write(keys, more=""):
        said = {"stages": {"stages": keys}}
        parts = {"metadata": {"eid": "s1", "lab": more}}
        write_session_h5(path, parts, mode="w", provenance=said)
        return StudyWork(tmp_path, AnalysisParameters()).digest_inputs(["files"])

    first = write({"photometry": "a", "video": "1"})

    assert first == write({"photometry": "a", "video": "2"}, "later")
    assert first != write({"photometry": "b"})
    assert write({}) != write({}, "later")


def test_options_make_another_key(tmp_path):
    with_x = Part("a", A.settings, A.inputs, write_table_a, {"x": 1})
    run(tmp_path, None, A)

    assert run(tmp_path, None, with_x).written != ()


def test_a_setting_that_cannot_be_is_told():
    with pytest.raises(AnalysisError) as raised:
        change_settings(AnalysisParameters(), "statistics", contrast_coding="cubic")

    assert raised.value.code == "RV-A28"
    assert "statistics.contrast_coding" in str(raised.value)


def test_settings_that_are_not_given_stay():
    one = AnalysisParameters()

    assert change_settings(one, "statistics", seed=None) is one


def test_a_choice_that_there_is_not_is_told_with_the_nearest():
    with pytest.raises(AnalysisError, match="session_n"):
        check_choice("session_x", "sesion_n", ("session_n", "day_n"))


def run_with(folder, parts, others, parameters=None):
    work = StudyWork(folder, parameters or AnalysisParameters())
    return run_parts(work, "demo", parts, others)


def make_part(name, is_optional=False):
    def make(work, writer):
        writer.csv(TABLE, name)
        writer.fault(name, GroupFault("too few subjects."))

    return Part(name, ("trials",), (), make, is_optional=is_optional)


def test_what_a_command_can_not_make_any_more_goes_with_its_faults(tmp_path):
    old, new = make_part("old"), make_part("new")
    run_with(tmp_path, [old, new], [])
    found = run_with(tmp_path, [new], [])
    said = json.loads((tmp_path / "results/demo/provenance.json").read_text())

    assert not (tmp_path / "results/demo/old.csv").exists()
    assert [*said] == ["results/demo/new.csv"]
    faults = pd.read_csv(tmp_path / "results/demo/faults.csv")
    assert faults["part"].tolist() == ["new"]
    assert [fault.part for fault in found.faults] == ["new"]


def test_a_file_that_someone_has_changed_is_not_removed(tmp_path):
    run_with(tmp_path, [make_part("old")], [])
    path = tmp_path / "results/demo/old.csv"
    path.write_text("mine", encoding="utf-8")
    run_with(tmp_path, [], [])

    assert path.read_text(encoding="utf-8") == "mine"


def test_what_is_not_asked_for_now_stays(tmp_path):
    one, two = make_part("one"), make_part("two")
    run_with(tmp_path, [one, two], [])
    run_with(tmp_path, [one], [two])

    assert (tmp_path / "results/demo/two.csv").exists()


def test_optional_results_stay_only_while_they_are_up_to_date(tmp_path):
    one, extra = make_part("one"), make_part("extra", is_optional=True)
    path = tmp_path / "results/demo/extra.csv"
    run_with(tmp_path, [one, extra], [])
    run_with(tmp_path, [one], [extra])

    assert path.exists()

    changed = change_settings(AnalysisParameters(), "trials", nogo=True)
    run_with(tmp_path, [one], [extra], changed)

    assert not path.exists()
