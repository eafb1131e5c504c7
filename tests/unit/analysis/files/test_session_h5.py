import json

import h5py
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ranvier.analysis.faults import FileFault, InvalidBrainRegion
from ranvier.analysis.files import (
    H5_LAYOUT,
    TRIAL_COLUMNS,
    PhotometryPart,
    WheelPart,
    list_session_groups,
    read_h5_provenance,
    read_session_h5,
    write_session_h5,
)
from ranvier.analysis.provenance import make_provenance
from ranvier.core import AnalysisError

EVENTS = ["stimOn_times", "firstMovement_times", "feedback_times"]
REGIONS = ["VTA", "SNc"]


def make_photometry(regions=REGIONS, n_trials=5):
    rng = np.random.default_rng(0)
    times = 100.0 + np.arange(300) / 30
    window = np.arange(-30, 30) / 30
    return PhotometryPart(
        preprocessed=pd.DataFrame(
            rng.standard_normal((300, len(regions))),
            index=pd.Index(times, name="times"),
            columns=regions,
        ),
        responses={
            region: xr.DataArray(
                rng.standard_normal((3, n_trials, 60)),
                dims=("event", "trial", "time"),
                coords={"event": EVENTS, "trial": np.arange(n_trials), "time": window},
            )
            for region in regions
        },
        qc=pd.DataFrame(
            {
                "brain_region": np.repeat(regions, 2),
                "band": ["GCaMP", "Isosbestic"] * len(regions),
                "n_unique_samples": rng.random(2 * len(regions)),
                "n_early_samples": np.arange(2 * len(regions)),
                "bleaching_tau": [812.0, np.nan] * len(regions),
            }
        ),
    )


def make_trials(n_trials=5):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({name: rng.random(n_trials) for name in TRIAL_COLUMNS})
    frame["stim_side"] = rng.choice(["left", "right"], n_trials)
    return frame


def make_parts():
    return {
        "metadata": {
            "eid": "s1",
            "subject": "S1",
            "number": 1,
            "session_length": 3600.5,
            "url": None,
            "genotype": "Dat-Cre",
            "brain_region": REGIONS,
            "hemisphere": ["l", ""],
            "datasets": [],
        },
        "errors": [
            {"eid": "s1", "error_type": "MissingLP", "error_message": "none, “é”",
             "traceback": None, "stage": "video"},
        ],
        "photometry": make_photometry(),
        "trials": make_trials(),
        "wheel": WheelPart(np.array([[0.5, np.nan], [1.0, 2.0]])),
    }  # fmt: skip


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "sessions" / "s1.h5"
    write_session_h5(path, make_parts())
    return path


def test_a_session_comes_back_as_it_was(path):
    parts, found = make_parts(), read_session_h5(path)

    assert found["metadata"] == parts["metadata"] | {"genotype": ["Dat-Cre"]}
    assert found["errors"].to_dict("records") == parts["errors"]
    pd.testing.assert_frame_equal(found["trials"], parts["trials"], check_dtype=False)
    was, now = parts["photometry"], found["photometry"]
    pd.testing.assert_frame_equal(now.preprocessed, was.preprocessed)
    pd.testing.assert_frame_equal(now.qc[list(was.qc)], was.qc, check_dtype=False)
    for region in REGIONS:
        xr.testing.assert_identical(now.responses[region], was.responses[region])
    assert now.response_window == pytest.approx((-1.0, 1.0))
    assert now.rate_hz == 30
    assert found["wheel"].velocity.dtype == np.float32
    np.testing.assert_array_equal(
        found["wheel"].velocity, parts["wheel"].velocity.astype(np.float32)
    )
    assert (found["wheel"].rate_hz, found["wheel"].t0_event) == (100.0, "stimOn_times")


def test_the_file_is_laid_out_as_the_pipeline_has_it(path):
    """Read with h5py alone, as a notebook would that knows nothing of us."""
    with h5py.File(path, "r") as file:
        assert set(file) == {"metadata", "errors", "photometry", "trials", "wheel"}
        metadata = file["metadata"]
        assert metadata.attrs["subject"] == "S1"
        assert metadata.attrs["url"] == "__none__"
        assert [word.decode() for word in metadata["brain_region"][:]] == REGIONS
        assert len(metadata["datasets"][:]) == 0
        assert metadata["genotype"][0].decode() == "Dat-Cre"
        error = {name: file["errors"][name][0].decode() for name in file["errors"]}
        assert set(error) == {"eid", "error_type", "error_message", "traceback"}
        assert error["error_type"] == "MissingLP"
        region = file["photometry/VTA"]
        assert set(region) == {"preprocessed", "responses", "qc"}
        assert region["preprocessed"].attrs["fs"] == 30
        assert region["preprocessed/times"].shape == (300,)
        assert region["preprocessed/signal"].dtype == np.float64
        responses = region["responses"]
        assert set(responses) == {"times", "trials", *EVENTS}
        assert responses["trials"].dtype == np.int64
        assert responses["feedback_times"].shape == (5, 60)
        np.testing.assert_allclose(responses.attrs["response_window"], [-1, 1])
        np.testing.assert_array_equal(
            region["qc/band"][:].astype(str), ["GCaMP", "Isosbestic"]
        )
        assert set(file["trials"]) == set(TRIAL_COLUMNS)
        assert set(file["trials/stim_side"][:].astype(str)) <= {"left", "right"}
        wheel = file["wheel/responses"]
        assert wheel["velocity"].dtype == np.float32
        assert dict(wheel.attrs) == {
            "fs": 100, "t0_event": "stimOn_times", "t1_event": "feedback_times",
        }  # fmt: skip


def test_the_layout_names_everything_that_is_in_a_file(path):
    known = {item.path for item in H5_LAYOUT}
    seen = set()

    def generalise(name):
        parts = name.replace("VTA", "<region>").replace("SNc", "<region>").split("/")
        if "qc" in parts and len(parts) == 4:
            parts[3] = "<metric>"
        if "responses" in parts and parts[-1] in EVENTS:
            parts[-1] = "<event>"
        return "/".join(parts)

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            seen.add(generalise(name))
        seen.update(f"{generalise(name)}@{attribute}" for attribute in item.attrs)

    with h5py.File(path, "r") as file:
        seen.update(f"@{name}" for name in file.attrs)
        file.visititems(visit)

    assert seen - known == set()


def test_a_file_of_the_pipeline_without_our_attributes_opens(path):
    """It writes strings of fixed length, says no order, and lists alphabetically."""
    with h5py.File(path, "r+") as file:
        for name in list(file.attrs):
            del file.attrs[name]
        del file["errors"].attrs["stage"], file["photometry"].attrs["regions"]
        del file["trials"].attrs["columns"]
        for region in REGIONS:
            del file[f"photometry/{region}/responses"].attrs["events"]
            del file[f"photometry/{region}/qc"].attrs["columns"]
        del file["metadata/brain_region"]
        file["metadata"].create_dataset("brain_region", data=np.array(REGIONS, "S"))
    found = read_session_h5(path)

    assert list(found["photometry"].responses["VTA"].event.values) == EVENTS
    assert found["photometry"].regions == ("SNc", "VTA")
    assert found["metadata"]["brain_region"] == REGIONS
    assert list(found["errors"]["stage"]) == [""]
    assert tuple(found["trials"]) == TRIAL_COLUMNS
    assert read_h5_provenance(path) == {}


def test_no_errors_are_not_the_same_as_never_written(path):
    write_session_h5(path, {"errors": []}, mode="w")

    assert len(read_session_h5(path)["errors"]) == 0
    assert "errors" in list_session_groups(path)
    write_session_h5(path, {"metadata": {"eid": "s1"}}, mode="w")
    assert "errors" not in read_session_h5(path)


def test_a_group_that_is_written_replaces_the_old_one_and_the_others_stay(path):
    before = read_session_h5(path, ["photometry"])["photometry"].preprocessed
    write_session_h5(path, {"wheel": WheelPart(np.zeros((1, 3)), 50.0)})
    found = read_session_h5(path)

    assert found["wheel"].velocity.shape == (1, 3)
    assert found["wheel"].rate_hz == 50.0
    pd.testing.assert_frame_equal(found["photometry"].preprocessed, before)
    assert len(found["trials"]) == 5


@pytest.mark.parametrize("n_known", [0, 1, 255, 257, 999])
def test_a_wheel_with_one_long_trial_comes_back_as_it_was(path, n_known):
    velocity = np.full((70, 1000), np.nan, np.float32)
    velocity[:, :n_known] = np.arange(70)[:, np.newaxis]
    velocity[3, 100] = np.nan
    velocity[40] = np.arange(1000)
    write_session_h5(path, {"wheel": WheelPart(velocity)}, mode="w")

    np.testing.assert_array_equal(read_session_h5(path)["wheel"].velocity, velocity)


def test_writing_again_takes_no_more_room(path):
    write_session_h5(path, make_parts())
    size = path.stat().st_size
    for _ in range(3):
        write_session_h5(path, make_parts())

    assert path.stat().st_size == size
    assert [each.name for each in path.parent.iterdir()] == ["s1.h5"]


def test_the_same_parts_make_the_same_file(path, tmp_path):
    write_session_h5(tmp_path / "s1.h5", make_parts())

    assert (tmp_path / "s1.h5").read_bytes() == path.read_bytes()


def test_a_write_that_fails_leaves_the_old_file(path):
    before = path.read_bytes()
    bad = {"trials": make_trials(), "photometry": make_photometry(["VTA/left"])}

    with pytest.raises(InvalidBrainRegion, match="HDF5"):
        write_session_h5(path, bad)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["s1.h5"]


def test_some_groups_regions_and_kinds_can_be_read_alone(path):
    found = read_session_h5(path, ["photometry/responses"], regions=["SNc"])
    whole = read_session_h5(path, ["photometry/qc", "photometry"])

    assert list(found) == ["photometry"]
    assert list(found["photometry"].responses) == ["SNc"]
    assert found["photometry"].preprocessed.empty
    assert list(whole["photometry"].preprocessed) == REGIONS
    assert read_session_h5(path, ["video"]) == {}


def test_video_measures_come_back(path):
    write_session_h5(path, {"video": {"speed": np.arange(3.0), "camera": "left"}})
    found = read_session_h5(path, ["video"])["video"]

    assert found["camera"] == "left"
    np.testing.assert_array_equal(found["speed"], [0, 1, 2])


def test_where_each_group_comes_from_is_kept_until_it_is_replaced(path):
    said = {"trials": make_provenance("load_trials", {}, n_trials=5), "wheel": {"a": 1}}
    write_session_h5(path, make_parts(), provenance=said)
    write_session_h5(path, {"wheel": WheelPart(np.zeros((1, 1)))})
    found = read_h5_provenance(path)

    assert found["trials"]["method"] == "load_trials"
    assert "wheel" not in found
    with h5py.File(path, "r") as file:
        assert json.loads(file.attrs["ranvier_provenance"]) == found


def test_signals_that_are_all_missing_empty_or_alone_come_back(path):
    part = make_photometry(["DR"], n_trials=1)
    part.preprocessed["DR"] = np.nan
    part.responses["DR"][:] = np.nan
    nothing = PhotometryPart(
        responses={"MR": make_photometry(["MR"], 0).responses["MR"]}
    )
    write_session_h5(path, {"photometry": part, "trials": make_trials(0)})
    found = read_session_h5(path)

    assert found["photometry"].preprocessed["DR"].isna().all()
    assert found["photometry"].responses["DR"].shape == (3, 1, 60)
    assert len(found["trials"]) == 0
    write_session_h5(path, {"photometry": nothing}, mode="w")
    assert read_session_h5(path)["photometry"].responses["MR"].shape == (3, 0, 60)


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(FileFault, match="no file") as caught:
        read_session_h5(tmp_path / "s9.h5")

    assert caught.value.where == "session s9"


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_file_that_was_cut_short_is_a_fault_for_reader_and_writer(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises(FileFault, match="can't be read"):
        read_session_h5(path)
    with pytest.raises(FileFault, match="can't be read"):
        write_session_h5(path, {"trials": make_trials()})
    write_session_h5(path, make_parts(), mode="w")
    assert "trials" in read_session_h5(path)


def test_a_flipped_bit_in_a_signal_is_a_fault(path):
    signal = make_photometry().preprocessed["VTA"].to_numpy().tobytes()
    content = bytearray(path.read_bytes())
    place = content.find(signal[:64])
    content[place + 20] ^= 1
    path.write_bytes(content)

    assert place > 0
    with pytest.raises(FileFault, match="can't be read"):
        read_session_h5(path, ["photometry"])


def test_a_file_with_half_a_group_is_a_fault(path):
    with h5py.File(path, "r+") as file:
        del file["photometry/VTA/responses/times"]

    with pytest.raises(FileFault, match="can't be read"):
        read_session_h5(path)
    assert len(read_session_h5(path, ["trials"])["trials"]) == 5


def test_a_group_that_is_not_known_is_refused(path):
    with pytest.raises(AnalysisError, match="signal") as caught:
        write_session_h5(path, {"signal": 1})

    assert caught.value.code == "RV-A92"
    with pytest.raises(AnalysisError, match="signal"):
        read_session_h5(path, ["signal"])
