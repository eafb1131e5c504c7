"""What Alyx says of a session, asked of a small Alyx in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import MetadataFault
from ranvier.core import AnalysisError
from ranvier.iblnm import io
from ranvier.iblnm.data import PhotometrySession
from ranvier.iblnm.validation import MissingBlockInfo

ROW = {"eid": "s1", "subject": "m1"}
PATH = {"x": 500.0, "y": 0.0, "z": 0.0, "depth": 1000.0, "theta": 90.0, "phi": 0.0}


class SmallAlyx:
    def __init__(self, records):
        self.records = records

    def rest(self, endpoint, action, **terms):
        assert action in ("list", "read")
        return self.records[endpoint]


class OnlineOne:
    offline = False

    def __init__(self, **records):
        self.alyx = SmallAlyx(
            {name.replace("_", "-"): found for name, found in records.items()}
        )


class OfflineOne:
    offline = True


def test_subject_comes_with_its_neuromodulator():
    known = {"strain": "B6.Cg", "line": "Ai148xDbh", "genotype": ["Dbh"]}
    series = io.get_subject_info(pd.Series(ROW), OnlineOne(subjects=[known]))

    assert series[["strain", "line", "NM"]].tolist() == ["B6.Cg", "Ai148xDbh", "NE"]
    assert series["genotype"] == ["Dbh"]
    assert "strain" not in ROW


@pytest.mark.parametrize("records", [[], [{}, {}]])
def test_a_subject_that_is_not_one_is_a_fault(records):
    log = []

    with pytest.raises(MetadataFault, match="which subject"):
        io.get_subject_info(ROW, OnlineOne(subjects=records))
    assert io.get_subject_info(ROW, OnlineOne(subjects=records), exlog=log) is ROW
    assert len(log) == 1


def test_session_comes_with_users_end_and_datasets():
    record = {
        "users": ["ann"], "lab": "lab1", "end_time": "2024-11-05T15:00:00",
        "data_dataset_session_related": [{"name": "a.npy"}],
    }  # fmt: skip
    found = io.get_session_dict(ROW, OnlineOne(sessions=record))

    assert found["users"] == ["ann"]
    assert found["_datasets_from_session_dict"] == ["a.npy"]
    assert found["end_time"] == "2024-11-05T15:00:00"


def test_extended_qc_comes_in_columns():
    record = {"extended_qc": {"videoLeft_qc": 10, "_task_stim": True}}
    found = io.get_extended_qc(ROW, OnlineOne(sessions=record))

    assert found["qc_videoLeft"] == "PASS"
    assert found["qc__task_stim"] == "PASS"


def test_tips_of_fibres_are_computed_from_their_paths():
    fiber = {"id": "f1", "name": "VTA"}
    path = {**PATH, "provenance": "Planned", "chronic_insertion": "f1"}
    asked = io.get_fiber_coordinates(
        ROW, one=OnlineOne(chronic_insertions=[fiber], trajectories=[path])
    )
    given = io.get_fiber_coordinates(
        ROW, [path, {**path, "chronic_insertion": "f2"}],
        OnlineOne(chronic_insertions=[fiber]),
    )  # fmt: skip

    assert asked.equals(given)
    assert asked.loc[0, ["fiber", "provenance"]].tolist() == ["VTA", "Planned"]
    tip = asked[["x_um", "y_um", "z_um"]].to_numpy(float)
    assert np.allclose(tip, [[-500.0, 0.0, 0.0]])


def test_no_fibres_make_an_empty_table():
    found = io.get_fiber_coordinates(ROW, one=OnlineOne(chronic_insertions=[]))

    assert list(found) == ["fiber", "provenance", "x_um", "y_um", "z_um"]
    assert found.empty


@pytest.mark.parametrize(
    "ask",
    [
        io.get_subject_info,
        io.get_session_dict,
        io.get_extended_qc,
        io.get_fiber_coordinates,
    ],
)
def test_what_only_alyx_knows_is_a_fault_offline(ask):
    with pytest.raises(AnalysisError, match="offline"):
        ask(ROW, one=OfflineOne())


class FolderOne:
    offline = True

    def __init__(self, path):
        self.path = path

    def eid2path(self, eid):
        return self.path

    def list_datasets(self, eid):
        return [p.name for p in self.path.iterdir()]


def test_datasets_regions_and_blocks_are_told_by_the_folder(tmp_path):
    folder = tmp_path / "lab" / "Subjects" / "m1" / "2024-11-05" / "001"
    folder.mkdir(parents=True)
    one = FolderOne(folder)

    assert io.get_datasets(ROW, one)["datasets"] == []
    with pytest.raises(MissingBlockInfo):
        io.get_block_info("s1", one)
    log = []
    io.get_brain_region(ROW, one, exlog=log)
    assert log[0]["error_type"] == "MissingBrainRegion"


def test_session_takes_a_connection_or_a_place_second(tmp_path):
    folder = tmp_path / "lab" / "Subjects" / "m1" / "2024-11-05" / "001"
    folder.mkdir(parents=True)
    row = {**ROW, "start_time": "2024-11-05T14:03:22"}
    one = FolderOne(folder)
    by_one = PhotometrySession(row, one)
    by_folder = PhotometrySession.from_alf(folder)

    assert by_one.one is one
    assert by_one.source.list_datasets() == []
    assert by_folder.one is None
    assert by_folder.subject == "m1"


class OnlineFolderOne(FolderOne):
    offline = False

    def __init__(self, path, **records):
        super().__init__(path)
        self.alyx = SmallAlyx(records)


def test_session_takes_from_alyx_all_that_is_known(tmp_path):
    folder = tmp_path / "lab" / "Subjects" / "m1" / "2024-11-05" / "001"
    folder.mkdir(parents=True)
    (folder / "_ibl_experiment.description.yaml").write_text(
        "devices: {neurophotometrics: {fibers: {f0: {location: VTA-l}}}}\n"
    )
    subject = {"strain": "B6.Cg", "line": "Ai148xDat", "genotype": ["Dat"]}
    record = {"users": ["ann"], "lab": "lab1", "end_time": "2024-11-05T15:03:22"}
    one = OnlineFolderOne(folder, subjects=[subject], sessions=record)
    protocol = {"task_protocol": "_iblrig_tasks_ephysChoiceWorld"}
    ps = PhotometrySession(
        {**ROW, **protocol, "start_time": "2024-11-05T14:03:22"}, one=one
    )
    ps.from_alyx()

    # The folder has no data; all else is as it should be.
    assert [each["error_type"] for each in ps.errors] == ["DataNotListed"]
    assert (ps.NM, ps.brain_region, ps.hemisphere) == ("DA", ["VTA-l"], ["l"])
    assert (ps.target_NM, ps.session_type) == (["VTA-DA"], "ephys")
    assert ps.metadata["session_length"] == 3600
    assert ps.metadata["users"] == ["ann"]
