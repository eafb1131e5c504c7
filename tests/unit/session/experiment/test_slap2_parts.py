"""Fields of view and trials of a SLAP2 session: what is told, and nothing made up."""

import csv
import io

import pytest

from ranvier.session import ParameterValidationError, SLAP2Experiment, Slap2Experiment
from ranvier.session.experiment._fovs import (
    check_slap2_parameters,
    find_missing,
    parse_fovs,
)
from ranvier.session.experiment._trials import (
    COLUMNS,
    TrialTableError,
    compute_trial_statistics,
    find_trial_files,
    read_trials,
    write_trials,
)

FOV = {"index": 0, "imaging_depth": 150, "targeted_structure": "VISp"}
LASER = {"laser_power": 5.0, "laser_wavelength": 1030, "slap_fovs": [FOV]}
TABLE = """trial_index,start_time,stop_time,stimulus_type,success,target_neuron
0,1.0,1.5,image,True,7
1,2.0,2.25,image,False,
2,3.0,3.75,omission,,9
"""


def test_the_two_spellings_are_one_class():
    assert SLAP2Experiment is Slap2Experiment


def test_a_whole_set_of_parameters_is_right():
    assert check_slap2_parameters(LASER) == ()
    assert Slap2Experiment().validate_slap2_parameters(LASER) is True


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"laser_power": None}, "laser_power"),
        ({"laser_power": 0}, "laser_power"),
        ({"laser_power": 50.1}, "laser_power"),
        ({"laser_power": True}, "laser_power"),
        ({"laser_wavelength": "red"}, "laser_wavelength"),
        ({"slap_fovs": []}, "slap_fovs"),
        ({"slap_fovs": {}}, "slap_fovs"),
        ({"slap_fovs": [FOV, 3]}, "slap_fovs[1]"),
        ({"slap_fovs": [{**FOV, "x": 1}, {"index": 1, "imaging_depth": 1}]},
         "slap_fovs[1].targeted_structure"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_an_error_that_names_it(changes, field):
    with pytest.raises(ValueError, match="SLAP2") as caught:
        Slap2Experiment().validate_slap2_parameters({**LASER, **changes})

    assert isinstance(caught.value, ParameterValidationError)
    assert (caught.value.code, caught.value.where) == ("RV-S99", field)


@pytest.mark.parametrize("key", LASER)
def test_what_is_missing_is_named(key):
    params = {name: value for name, value in LASER.items() if name != key}
    (finding,) = check_slap2_parameters(params)

    assert finding.where == key


def test_a_field_of_view_has_what_is_told_of_all_and_of_itself():
    params = {"slap_fovs": [FOV, {**FOV, "magnification": "16x", "colour": "red"}]}
    one, other = parse_fovs({**params, "magnification": "40x", "fov_reference": None})

    assert one == {**FOV, "magnification": "40x"}
    assert other == {**FOV, "magnification": "16x"}
    assert "fov_reference" in find_missing(one)


def test_trials_are_read_under_the_names_that_workflows_have():
    (first, *_) = read_trials("trial,start_s,stop_s\n4,0.5,1.0\n")

    assert first["trial_index"] == "4"
    assert (first["stimulus_start_time"], first["stop_time"]) == ("0.5", "1.0")
    assert first["duration"] == "0.5"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "no rows"),
        ("trial,start_s,stop_s\n", "no rows"),
        ("trial,start_s\n0,1.0\n", "line 2 does not say"),
        ("start_s,stop_s\n0,1\n2,\n", "line 3 does not say"),
        ("start_s,stop_s\n2,1\n", "ends before it begins"),
        ("start_s,stop_s\n2,nan\n", "'nan' is no time"),
    ],
)
def test_a_table_that_does_not_say_when_is_refused(text, found):
    with pytest.raises(TrialTableError, match=found):
        read_trials(text)


def test_the_table_has_all_columns_and_no_cell_that_nobody_told():
    text = write_trials(read_trials(TABLE), {"laser_power": 5.0})
    rows = list(csv.DictReader(io.StringIO(text)))

    assert tuple(rows[0]) == COLUMNS
    assert [row["success"] for row in rows] == ["True", "False", ""]
    assert [row["laser_power"] for row in rows] == ["5.0"] * 3
    assert {row["response_time"] + row["dmd_pattern"] for row in rows} == {""}


def test_statistics_count_what_trials_say():
    assert compute_trial_statistics(read_trials(TABLE)) == {
        "total_trials": 3,
        "successful_trials": 1,
        "success_rate": 0.5,
        "stimulus_types": {"image": 2, "omission": 1},
        "mean_duration": 0.5,
        "total_duration": 1.5,
    }


def test_success_that_nobody_told_is_not_known():
    found = compute_trial_statistics(read_trials("start_s,stop_s\n0,1\n"))

    assert (found["successful_trials"], found["success_rate"]) == (None, None)
    assert compute_trial_statistics([]) == {}


def test_the_table_that_is_made_is_not_taken_for_its_source(tmp_path):
    for name in ("M1_stimulus_table.csv", "stimulus.csv", "trials.csv", "notes.txt"):
        (tmp_path / name).touch()
    found = find_trial_files(tmp_path, "M1_stimulus_table.csv")

    assert [path.name for path in found] == ["trials.csv", "stimulus.csv"]
