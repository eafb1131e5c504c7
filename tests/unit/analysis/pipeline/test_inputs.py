"""The key of a stage follows all that it is made from, and nothing else."""

from __future__ import annotations

import pytest

from ranvier.analysis.parameters import AnalysisParameters
from ranvier.analysis.pipeline import STAGES
from ranvier.analysis.pipeline._digests import FileDigests
from ranvier.analysis.pipeline._inputs import digest_row, make_key

STAGE = {stage.name: stage for stage in STAGES}
ROW = {"eid": "s", "brain_region": ["VTA"], "session_type": "biased", "day_n": 1}


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "data.mcap").write_bytes(b"data")
    for name in ("mapping", "trials", "wheel"):
        (tmp_path / name).write_bytes(name.encode())
    named = {name: str(tmp_path / name) for name in ("mapping", "trials", "wheel")}
    return {"path": str(folder), "format": "recording", **named}


def key(place, tmp_path, name="photometry", row=ROW, **settings):
    parameters = AnalysisParameters(**settings)
    digests = FileDigests(tmp_path / "digests.json")
    return make_key(STAGE[name], row, place, parameters, digests)


@pytest.mark.parametrize("name", ["mapping", "trials", "wheel", "run/data.mcap"])
def test_every_file_of_a_session_counts(place, tmp_path, name):
    before = key(place, tmp_path)
    (tmp_path / name).write_bytes(b"another content")

    assert before != key(place, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"clock_offset_s": 0.5},
        {"block_info": {"LEN_BLOCKS": [90]}},
        {"format": "csv"},
    ],
)
def test_what_the_place_says_counts(place, tmp_path, change):
    assert key(place, tmp_path) != key({**place, **change}, tmp_path)


@pytest.mark.parametrize(
    ("name", "settings", "is_new"),
    [
        ("photometry", {"task": {"min_trials": 10}}, False),
        ("photometry", {"task": {"min_block_length": 5}}, True),
        ("photometry", {"qc": {"step_s": 30}}, True),
        ("wheel", {"task": {"min_trials": 10}}, False),
        ("wheel", {"preprocess": {"rate_hz": 20}}, False),
        ("wheel", {"wheel": {"rate_hz": 50}}, True),
        ("task", {"task": {"min_trials": 10}}, True),
        ("task", {"selection": {"session_types": ["biased"]}}, False),
    ],
)
def test_just_the_settings_that_a_stage_uses_count(
    place, tmp_path, name, settings, is_new
):
    before = key(place, tmp_path, name)

    assert is_new == (before != key(place, tmp_path, name, **settings))


def test_of_the_row_just_what_is_used_counts(place, tmp_path):
    before = key(place, tmp_path)

    assert before == key(place, tmp_path, row={**ROW, "day_n": 2, "datasets": ["a"]})
    assert before != key(place, tmp_path, row={**ROW, "brain_region": ["SNc"]})
    assert digest_row(ROW) != digest_row({**ROW, "day_n": 2})
    assert digest_row(ROW) == digest_row({**ROW, "lab": None, "line": float("nan")})


def test_an_alf_session_is_made_from_the_files_that_are_read(tmp_path):
    folder = tmp_path / "001"
    folder.mkdir()
    (folder / "_ibl_trials.table.pqt").write_bytes(b"trials")
    place = {"path": str(folder), "format": "alf"}
    before = key(place, tmp_path)
    (folder / "notes.txt").write_bytes(b"the animal slept")

    assert before == key(place, tmp_path)
    (folder / "photometry.signal.pqt").write_bytes(b"signal")
    assert before != key(place, tmp_path)


def test_a_moved_study_has_the_same_keys(tmp_path):
    keys = []
    for study in ("here", "there"):
        folder = tmp_path / study / "files"
        folder.mkdir(parents=True)
        for name in ("m53.ppd", "cues.csv"):
            (folder / name).write_bytes(name.encode())
        named = {"path": str(folder / "m53.ppd"), "trials": str(folder / "cues.csv")}
        keys.append(key({"format": "ppd", **named}, tmp_path))

    assert keys[0] == keys[1]
