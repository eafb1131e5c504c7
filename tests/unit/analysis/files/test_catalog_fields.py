import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import (
    InvalidSessionLength,
    InvalidSessionType,
    InvalidTargetNM,
    MetadataFault,
    TrueDuplicateSession,
)
from ranvier.analysis.files import (
    add_dataset_flags,
    aggregate_qc_per_session,
    clean_sessions,
    get_session_length,
    get_session_type,
    get_targetNM,
    number_sessions,
    resolve_duplicate_group,
    traj2coord,
)

TYPES = ("habituation", "training", "biased", "ephys", "histology")
FLAGS = ("RPE", "delay")


@pytest.mark.parametrize(
    ("protocol", "kind"),
    [
        ("_iblrig_tasks_trainingChoiceWorld6.4.2", "training"),
        ("biasedChoiceWorld_ephyssessions", "biased"),
        ("_iblrig_tasks_ephysChoiceWorld", "ephys"),
        ("Histology", "histology"),
    ],
)
def test_the_protocol_tells_the_type(protocol, kind):
    row = pd.Series({"eid": "a", "task_protocol": protocol})

    assert get_session_type(row, TYPES, FLAGS)["session_type"] == kind
    assert "session_type" not in row


@pytest.mark.parametrize(
    "protocol",
    [
        "passive", "", None, "trainingPhaseChoiceWorld", "biasedChoiceWorld_RPE",
        "trainingChoiceWorld_biasedChoiceWorld",
    ],
)  # fmt: skip
def test_a_protocol_of_no_type_or_several_is_a_fault(protocol):
    row, log = {"eid": "a", "task_protocol": protocol}, []

    with pytest.raises(InvalidSessionType):
        get_session_type(row, TYPES, FLAGS)
    assert get_session_type(row, TYPES, FLAGS, exlog=log) is row
    assert log[0]["error_type"] == "InvalidSessionType"


def test_targets_are_bare_regions_with_the_neuromodulator():
    row = pd.Series({"eid": "a", "NM": "DA", "brain_region": ["VTA-l", "SNc", ""]})
    found = get_targetNM(row, ["VTA-DA", "SNc-DA"])

    assert found["target_NM"] == ["VTA-DA", "SNc-DA", None]


def test_targets_stay_parallel_even_if_one_is_not_known():
    row, log = {"eid": "a", "NM": "DA", "brain_region": ["VTA", "CA1"]}, []
    found = get_targetNM(row, ["VTA-DA"], exlog=log)

    assert found["target_NM"] == ["VTA-DA", "CA1-DA"]
    assert log[0]["error_type"] == "InvalidTargetNM"
    with pytest.raises(InvalidTargetNM):
        get_targetNM(row, ["VTA-DA"])
    assert get_targetNM(row)["target_NM"] == ["VTA-DA", "CA1-DA"]


def test_a_session_without_regions_has_no_targets():
    row = {"eid": "a", "NM": "DA", "brain_region": None}

    assert get_targetNM(row)["target_NM"] == []


@pytest.mark.parametrize(
    "end", [None, np.nan, "later", "2024-11-06T00:10:00", "2024-11-05T09:00:00"]
)
def test_a_session_without_a_right_end_is_a_fault(end):
    row = {"eid": "a", "start_time": "2024-11-05T10:00:00", "end_time": end}

    with pytest.raises(InvalidSessionLength):
        get_session_length(row)


def test_days_and_sessions_are_numbered_within_subjects():
    frame = pd.DataFrame({
        "subject": ["A", "B", "A", "A", "A"],
        "start_time": [
            "2024-11-05T10:00:00", "2024-01-01T10:00:00", "2024-11-07T09:00:00.5",
            "2024-11-05T23:59:00+01:00", "2024-11-04",
        ],
    })  # fmt: skip
    found = number_sessions(frame)

    assert list(found["day_n"]) == [1, 0, 3, 1, 0]
    assert list(found["session_n"]) == [2, 1, 3, 2, 1]
    assert len(number_sessions(frame.iloc[:0])) == 0
    with pytest.raises(MetadataFault, match="no time"):
        number_sessions(pd.DataFrame({"subject": ["A"], "start_time": ["soon"]}))


def test_kinds_of_data_are_found_by_the_names_of_their_files():
    frame = pd.DataFrame(
        {
            "datasets": [
                ["alf/task_00/_ibl_trials.table.pqt"],
                np.array(["alf/photometry/photometry.signal.pqt"]),
                None,
            ]
        }
    )
    found = add_dataset_flags(frame)

    assert list(found["has_extracted_task"]) == [True, False, False]
    assert list(found["has_extracted_photometry_signal"]) == [False, True, False]


def make_group(*errors):
    return pd.DataFrame({"eid": list("abc")[: len(errors)], "logged_errors": errors})


@pytest.mark.parametrize(
    ("errors", "kept"),
    [
        ([["MissingRawData"]], "a"),
        ([["MissingRawData"], ["MissingLP"]], "b"),
        ([["MissingRawData"], ["InsufficientTrials"]], "a"),
        ([["MissingRawData"], [], ["MissingRawData"]], "b"),
    ],
)
def test_the_session_without_a_grave_error_is_kept(errors, kept):
    assert resolve_duplicate_group(make_group(*errors))["eid"] == kept


def test_two_good_sessions_of_a_day_are_a_fault_that_gives_the_first():
    group, log = make_group(["MissingRawData"], [], ["MissingLP"]), []

    with pytest.raises(TrueDuplicateSession):
        resolve_duplicate_group(group)
    assert resolve_duplicate_group(group, exlog=log)["eid"] == "b"
    assert [row["eid"] for row in log] == ["a"]


def test_what_is_left_out_is_counted():
    frame = pd.DataFrame(
        {
            "subject": ["A", "A", "B", "C"],
            "session_type": ["passive", "biased", "biased", "passive"],
        }
    )
    found, n_left_out = clean_sessions(frame, ["A"], ["passive"])

    assert list(found["subject"]) == ["B"]
    assert n_left_out == {"A": 2, "passive": 1}


def test_a_session_passes_if_all_or_any_of_its_signals_do():
    qc = pd.DataFrame(
        {
            "eid": ["a", "a", "b", "c"],
            "n_unique_samples": [0.5, 0.01, 0.9, np.nan],
            "n_band_inversions": [0, 0, 1, 0],
        }
    )
    strict = aggregate_qc_per_session(qc).set_index("eid")["passes_basic_qc"]
    mild = aggregate_qc_per_session(qc, require_all=False).set_index("eid")

    assert strict.to_dict() == {"a": False, "b": False, "c": False}
    assert mild["passes_basic_qc"].to_dict() == {"a": True, "b": False, "c": False}
    assert len(aggregate_qc_per_session(qc.iloc[:0])) == 0


def test_the_tip_of_a_fibre_lies_its_depth_from_where_it_enters():
    start, tip = (
        np.array([500.0, -3000, -100]),
        traj2coord(500, -3000, -100, 4000, 30, 90),
    )

    assert np.linalg.norm(tip - start) == pytest.approx(4000)
    np.testing.assert_allclose(
        tip - start, [0, -2000, -4000 * np.cos(np.pi / 6)], atol=1e-9
    )
