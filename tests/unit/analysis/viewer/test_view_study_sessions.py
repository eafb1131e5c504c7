"""Which sessions of a study are looked at, and what is kept of it."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from ranvier.analysis.faults import DataFault, FileFault
from ranvier.analysis.viewer import view_study
from ranvier.analysis.viewer._sessions import (
    StudySessions,
    choose_sessions,
    read_rows,
)
from ranvier.core import AnalysisError

ROWS = pd.DataFrame(
    [
        ("e3", "m2", "2024-11-07T10:00:00", 1),
        ("e2", "m1", "2024-11-06T10:00:00", 1),
        ("e1", "m1", "2024-11-05T10:00:00", 1),
    ],
    columns=["eid", "subject", "start_time", "number"],
)


@pytest.mark.parametrize(
    ("asked", "eids", "place"),
    [
        ({}, ["e1", "e2", "e3"], 0),
        ({"index": -1}, ["e1", "e2", "e3"], 2),
        ({"subject": "m1"}, ["e1", "e2"], 1),
        ({"subject": "m1", "index": 0}, ["e1", "e2"], 0),
        ({"subject": "m1", "index": -2}, ["e1", "e2"], 0),
        ({"eid": "e2"}, ["e1", "e2", "e3"], 1),
        ({"subject": "m2", "eid": "e3"}, ["e3"], 0),
    ],
)
def test_sessions_are_chosen_by_subject_index_and_eid(asked, eids, place):
    rows, first = choose_sessions(ROWS, **asked)

    assert (rows["eid"].tolist(), first) == (eids, place)


@pytest.mark.parametrize(
    "asked",
    [
        {"subject": "nobody"},
        {"subject": "m1", "index": 2},
        {"subject": "m1", "index": -3},
        {"eid": "e"},
        {"eid": "x"},
        {"subject": "m1", "eid": "e3"},
    ],
)
def test_a_session_that_is_not_there_is_named(asked):
    with pytest.raises(AnalysisError) as caught:
        choose_sessions(ROWS, **asked)

    assert caught.value.code == "RV-A48"


def test_a_near_name_is_suggested():
    with pytest.raises(AnalysisError, match="did you mean"):
        choose_sessions(ROWS.assign(subject=["CQ002", "CQ003", "CQ003"]), "CQ02")


def test_an_empty_study_has_no_session():
    with pytest.raises(AnalysisError):
        choose_sessions(ROWS.iloc[:0])


def test_sessions_of_a_study_are_opened_even_if_their_file_is_not_right(study):
    rows, _ = choose_sessions(read_rows(study))
    sessions = StudySessions(study, rows, with_raw=False)
    whole, damaged, missing = (sessions.open(i) for i in range(3))

    assert [*whole.session.responses] == ["VTA-l", "SNc-r"]
    assert damaged.session.eid == "s2"
    assert len(damaged.problems) == len(missing.problems) == 2
    assert missing.regions == ("VTA-l", "SNc-r")


def test_the_raw_signal_is_loaded_from_where_the_study_says(study):
    rows, _ = choose_sessions(read_rows(study))
    sessions = StudySessions(study, rows, with_raw=True)
    found, unknown = sessions.open(0), sessions.open(1)

    assert {*found.bands} == {"GCaMP", "Isosbestic"}
    assert found.fitted is not None
    assert "does not say where it lies" in unknown.problems[0]


def test_verdicts_stand_in_the_study(study):
    rows, _ = choose_sessions(read_rows(study))
    sessions = StudySessions(study, rows, with_raw=False)
    sessions.keep("s2", "VTA-l", "rejected", "dark")
    again = StudySessions(study, rows, with_raw=False)

    assert again.read_verdicts("s2", ("VTA-l", "SNc-r")) == [
        ("rejected", "dark"),
        ("", ""),
    ]
    assert (study / "metadata" / "verdicts.csv").is_file()


def test_one_session_is_drawn_on_a_file(study, tmp_path):
    path = view_study(
        study, "m2", save=tmp_path / "figures" / "one.png", with_raw=False
    )

    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_file_of_another_kind_is_a_fault(study, tmp_path):
    with pytest.raises(DataFault, match="format"):
        view_study(study, save=tmp_path / "one.docx", with_raw=False)


def test_without_a_screen_the_mend_is_a_file(study):
    plt.switch_backend("agg")

    with pytest.raises(AnalysisError, match="no screen") as caught:
        view_study(study, with_raw=False)

    assert caught.value.code == "RV-A54"
    assert "--save" in caught.value.mend


def test_a_study_without_a_catalogue_says_which_stage_makes_it(tmp_path):
    (tmp_path / "study.yaml").write_text(
        "ranvier_study: 1\nname: t\nsessions:\n  - alf: x\n"
    )

    with pytest.raises(FileFault, match="not there"):
        view_study(tmp_path)
