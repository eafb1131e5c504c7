import datetime as dt
import shutil
import sys
import types
from pathlib import Path

import pytest

from ranvier.analysis.faults import MissingRawData
from ranvier.analysis.readers import (
    OneSource,
    fetch_extended_qc,
    open_one,
    query_sessions,
)
from ranvier.core import AnalysisError

REAL = (
    Path(__file__).parents[3] / "data" / "photometry" / "CQ002" / "2024-11-05" / "001"
)
FILES = sorted(p.relative_to(REAL).as_posix() for p in REAL.rglob("*") if p.is_file())


class FakeAlyx:
    """Answers as Alyx does."""

    def rest(self, table, action, **terms):
        if table == "subjects":
            return [
                {"strain": "Ai148xDATCre", "line": "", "genotype": ["x"], "sex": "F"}
            ]
        return {
            "users": ["ana"], "lab": "mainenlab", "end_time": "2024-11-05T12:00:00",
            "json": {"LEN_BLOCKS": [90], "other": 1},
            "extended_qc": {
                "task_qc": 30, "wheel_qc_qc": ["PASS", 0.5], "is_good": True, "n": 3,
            },
        }  # fmt: skip


class FakeOne:
    """Stands for a connection of ONE: files on a server, a folder on this machine."""

    def __init__(self, folder, offline):
        self.folder, self.offline, self.fetched = folder, offline, []
        self.alyx = FakeAlyx()

    def eid2path(self, eid):
        return self.folder if eid == "e1" else None

    def list_datasets(self, eid):
        return FILES

    def load_dataset(self, eid, name, download_only):
        self.fetched.append(name)
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REAL / name, target)

    def search(self, details, **terms):
        detail = {
            "subject": "CQ002", "date": dt.date(2024, 11, 5), "number": 1, "lab": "",
            "task_protocol": "x", "projects": "a, b",
        }  # fmt: skip
        return ["e2", "e1"], [{**detail, "number": 2}, detail]


@pytest.fixture
def one(tmp_path):
    return FakeOne(tmp_path / "CQ002" / "2024-11-05" / "001", offline=False)


def test_only_what_is_asked_for_is_fetched_once(one):
    source = OneSource(one, "e1")
    assert len(source.load_trials()) == 5
    assert one.fetched == ["alf/task_00/_ibl_trials.table.pqt"]

    raw = source.load_photometry()
    source.load_photometry()

    assert raw.channels == ("SI", "PPT")
    assert sorted(one.fetched) == [name for name in FILES if name.startswith("alf")]


def test_alyx_adds_what_no_file_knows(one):
    found = OneSource(one, "e1").read_metadata()

    assert (found["eid"], found["lab"]) == ("e1", "mainenlab")
    assert (found["strain"], found["users"]) == ("Ai148xDATCre", ["ana"])
    assert found["block_info"] == {"LEN_BLOCKS": [90]}
    assert found["datasets"] == FILES


def test_extended_qc_is_named_and_needs_a_connection(one):
    assert fetch_extended_qc(one, "e1") == {
        "qc_task": "WARNING", "qc_wheel_qc": "PASS", "qc_wheel_qc_1": 0.5,
        "qc_is_good": "PASS", "qc_n": 3,
    }  # fmt: skip
    one.offline = True
    with pytest.raises(AnalysisError) as caught:
        fetch_extended_qc(one, "e1")

    assert caught.value.code == "RV-A79"


def test_offline_what_is_not_there_is_missing(one):
    one.offline = True
    with pytest.raises(MissingRawData):
        OneSource(one, "e1").load_trials()
    with pytest.raises(MissingRawData, match="does not know"):
        OneSource(one, "e9")

    assert one.fetched == []


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "one", None)
    monkeypatch.setitem(sys.modules, "one.api", None)
    with pytest.raises(AnalysisError, match="not installed") as caught:
        open_one("local", "here")

    assert (caught.value.code, caught.value.mend) == (
        "RV-A71", 'pip install "ranvier[one]"',
    )  # fmt: skip


def test_one_that_can_not_be_opened_says_why(monkeypatch):
    """ONE that was never set up asks on stdin, which a batch does not have."""

    def ask(**words):
        raise EOFError("EOF when reading a line")

    monkeypatch.setitem(sys.modules, "one", types.SimpleNamespace())
    monkeypatch.setitem(sys.modules, "one.api", types.SimpleNamespace(ONE=ask))
    with pytest.raises(AnalysisError) as caught:
        open_one()

    assert caught.value.code == "RV-A76"
    assert "EOFError" in caught.value.found


def test_sessions_are_listed_in_order(one):
    table = query_sessions(one, project="ibl_fibrephotometry")

    assert table["eid"].to_list() == ["e1", "e2"]
    assert table["start_time"][0] == "2024-11-05T00:00:00"
    assert table["projects"][0] == ["a", "b"]
