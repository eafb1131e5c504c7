from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ranvier.core import RecordingError
from ranvier.recording import (
    Imaging,
    Recorder,
    SessionFolder,
    convert_to_nwb,
    find_roles,
    open_recording,
    seal,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def cells(n: int) -> dict[str, Any]:
    return {
        "n": n,
        "shape": [40, 60],
        "centers": np.zeros((n, 2), "f4"),
        "offsets": np.arange(n + 1) * 2,
        "pixels": np.repeat(np.arange(n) * 61, 2) + np.tile([0, 1], n),
        "weights": np.full(2 * n, 0.5, "f4"),
    }


@pytest.fixture
def calcium(folder: SessionFolder, send: Callable[..., None]) -> SessionFolder:
    names = ["camera.frame", "finder.cells", "finder.activity", "stage.shown"]
    recorder = Recorder(streams=names, folder=str(folder.path), reserve=0)
    recorder.setup()
    for i in range(6):
        send(recorder, "camera.frame", np.full((40, 60), i, np.uint16), i)
        traces = {"trace": np.arange(i // 2, dtype="f4"), "frame": i}
        send(recorder, "finder.activity", traces, i)
        shown = {"trial": i // 2, "direction_deg": 45.0, "on": i % 2 == 0, "frame": i}
        send(recorder, "stage.shown", shown, i)
    for i in range(3):
        send(recorder, "finder.cells", cells(i), i)
    recorder.teardown()
    seal(folder, "completed")
    return folder


def test_roles_are_told_from_the_payloads(calcium: SessionFolder) -> None:
    roles = find_roles(open_recording(calcium.path))

    assert roles.frames == "camera.frame"
    assert roles.cells == "finder.cells"
    assert roles.signals == (("finder.activity", "trace"),)
    assert roles.stimuli == "stage.shown"


def test_without_pynwb_the_error_says_what_to_install(
    calcium: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pynwb", None)

    with pytest.raises(RecordingError, match="pynwb") as error:
        convert_to_nwb(open_recording(calcium.path), tmp_path / "a.nwb")

    assert "ranvier[nwb]" in error.value.mend


@pytest.mark.filterwarnings("ignore")
def test_a_calcium_session_becomes_nwb(calcium: SessionFolder, tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    target = tmp_path / "a.nwb"
    imaging = Imaging(subject_id="m1", species="Mus musculus", indicator="GCaMP6f")
    convert_to_nwb(open_recording(calcium.path), target, imaging=imaging)
    with pynwb.NWBHDF5IO(str(target), "r") as io:
        file = io.read()
        movie = file.acquisition["TwoPhotonSeries"]
        plane = file.processing["ophys"]["ImageSegmentation"]["PlaneSegmentation"]
        signal = file.processing["ophys"]["Fluorescence"]
        stimuli = file.intervals["stimuli"].to_dataframe()

        assert file.identifier == "r1"
        assert file.subject.subject_id == "m1"
        assert movie.data.shape == (6, 40, 60)
        assert movie.data[3, 0, 0] == 3
        assert np.allclose(np.arange(6) * 1e-6, movie.timestamps[:])
        assert len(plane.id) == 2
        assert [tuple(row)[:2] for row in plane["pixel_mask"][1]] == [(1, 1), (2, 1)]
        assert signal.data.shape == (6, 2)
        assert np.isnan(signal.data[0]).all()
        assert np.array_equal([0, 1], signal.data[5])
        assert list(stimuli["trial"]) == [0, 1, 2]
        assert np.allclose(stimuli["stop_time"] - stimuli["start_time"], 1e-6)
        assert "run_started" in file.acquisition["audit"].data[0]
        assert file.notes.startswith("ranvier: 1")


def test_an_existing_target_is_refused(calcium: SessionFolder, tmp_path: Path) -> None:
    pytest.importorskip("pynwb")
    target = tmp_path / "a.nwb"
    target.write_text("mine")

    with pytest.raises(RecordingError, match="can't be written"):
        convert_to_nwb(open_recording(calcium.path), target)
    assert target.read_text() == "mine"


@pytest.mark.filterwarnings("ignore")
def test_a_disk_that_refuses_it_leaves_no_half_a_file(
    calcium: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pynwb = pytest.importorskip("pynwb")

    def refuse(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(pynwb.NWBHDF5IO, "write", refuse)
    with pytest.raises(RecordingError, match="can't be written") as caught:
        convert_to_nwb(open_recording(calcium.path), tmp_path / "a.nwb")

    assert caught.value.found == "no space left"
    assert not (tmp_path / "a.nwb").exists()
