import pandas as pd
import pytest

from ranvier.analysis.faults import LOG_COLUMNS, FileFault, MissingLP, make_log_entry
from ranvier.analysis.files import (
    SESSION_SCHEMA,
    PhotometryPart,
    collect_catalog,
    collect_errors,
    collect_qc,
    collect_session_errors,
    concat_logs,
    deduplicate_log,
    read_log,
    read_session_h5,
    replace_stage_errors,
    write_log,
    write_session_h5,
)


def entry(eid, kind, message="bad."):
    return make_log_entry(eid, error_type=kind, error_message=message)


def make_log(*rows):
    return pd.DataFrame([entry(*row) for row in rows])


@pytest.fixture
def folder(tmp_path):
    qc = pd.DataFrame(
        {
            "brain_region": ["VTA", "VTA"],
            "band": ["GCaMP", "Isosbestic"],
            "ar_score": [0.9, 0.8],
        }
    )
    write_session_h5(
        tmp_path / "a.h5",
        {
            "metadata": {"eid": "a", "subject": "S1", "genotype": ["x", "y"]},
            "errors": [entry("a", "MissingLP")],
            "photometry": PhotometryPart(qc=qc),
        },
    )
    write_session_h5(
        tmp_path / "b.h5",
        {"metadata": {"eid": "b", "brain_region": ["DR"]}, "errors": []},
    )
    write_session_h5(tmp_path / "c.h5", {"trials": pd.DataFrame({"choice": [1.0]})})
    return tmp_path


def test_a_log_comes_back_as_it_was_with_no_other_columns(tmp_path):
    rows = [make_log_entry("a", MissingLP("no pose.", session="a")), entry("b", "X")]
    write_log(pd.DataFrame(rows).assign(stage="video"), tmp_path / "video_log.pqt")
    found = read_log(tmp_path / "video_log.pqt")

    assert tuple(found) == LOG_COLUMNS
    assert tuple(pd.read_parquet(tmp_path / "video_log.pqt")) == LOG_COLUMNS
    assert list(found["error_type"]) == ["MissingLP", "X"]
    assert "MissingLP" in found["traceback"].iloc[0]


def test_an_empty_log_is_a_log(tmp_path):
    write_log([], tmp_path / "task_log.pqt")

    assert len(read_log(tmp_path / "task_log.pqt")) == 0


def test_logs_are_put_together_without_losing_a_row():
    one, two = make_log(("a", "X")), make_log(("a", "X"), ("b", "Y"))
    found = concat_logs([one, None, pd.DataFrame(), two.assign(more=1)])

    assert tuple(found) == LOG_COLUMNS
    assert list(found["eid"]) == ["a", "a", "b"]
    assert tuple(concat_logs([])) == LOG_COLUMNS


def test_the_same_error_of_a_session_stays_once():
    log = make_log(("a", "X"), ("a", "X"), ("a", "X", "worse."), ("b", "X"))

    assert len(deduplicate_log(log)) == 3
    assert len(deduplicate_log(log.iloc[:0])) == 0


def test_errors_of_each_session_are_told_from_tables_and_files(tmp_path):
    write_log(make_log(("a", "X"), ("b", "Y")), tmp_path / "log.pqt")
    sessions = pd.DataFrame({"eid": ["b", "a", "c"]}, index=[5, 6, 7])
    sources = [
        tmp_path / "log.pqt", tmp_path / "none.pqt", make_log(("a", "X"), ("a", "Z")),
    ]  # fmt: skip
    found = collect_session_errors(sessions, sources)

    assert list(found["logged_errors"]) == [["Y"], ["X", "Z"], []]
    assert list(found.index) == [5, 6, 7]
    assert "logged_errors" not in sessions


def test_errors_of_each_session_are_told_from_its_file(folder):
    found = collect_session_errors(["a", "b", "z"], folder)

    assert found.to_dict("list") == {
        "eid": ["a", "b", "z"],
        "logged_errors": [["MissingLP"], [], []],
    }


def test_errors_catalogue_and_quality_are_collected_from_files(folder):
    catalogue, qc = collect_catalog(folder), collect_qc(folder)

    assert list(collect_errors(folder)["error_type"]) == ["MissingLP"]
    assert list(catalogue["eid"]) == ["a", "b"]
    assert tuple(catalogue)[: len(SESSION_SCHEMA.names)] == SESSION_SCHEMA.names
    assert list(catalogue["brain_region"]) == [[], ["DR"]]
    assert catalogue["genotype"].iloc[0] == "x, y"
    assert list(qc["eid"]) == ["a", "a"]
    assert list(qc["ar_score"]) == [0.9, 0.8]


def test_an_empty_folder_has_nothing_to_collect(tmp_path):
    assert len(collect_catalog(tmp_path)) == 0
    assert len(collect_errors(tmp_path)) == 0
    assert len(collect_qc(tmp_path)) == 0


def test_a_broken_file_is_a_fault_or_is_logged_and_passed_over(folder):
    path = folder / "b.h5"
    path.write_bytes(path.read_bytes()[:100])
    log = []

    with pytest.raises(FileFault):
        collect_catalog(folder)
    assert list(collect_catalog(folder, exlog=log)["eid"]) == ["a"]
    assert [row["eid"] for row in log] == ["b"]
    assert log[0]["error_type"] == "FileFault"


def test_errors_go_when_their_fault_is_mended(tmp_path):
    """The pipeline that this replaces blocked a repaired session for ever."""
    path = tmp_path / "a.h5"
    for stage, kinds in (
        ("photometry", ["BandInversion", "FewUniqueSamples"]),
        ("task", ["InsufficientTrials"]),
        ("photometry", ["FewUniqueSamples"]),
        ("task", []),
    ):
        known = read_session_h5(path, ["errors"]) if path.exists() else {}
        log = known.get("errors", pd.DataFrame())
        log = replace_stage_errors(log, stage, [entry("a", kind) for kind in kinds])
        write_session_h5(path, {"errors": log})
    found = read_session_h5(path)["errors"]

    assert list(found["error_type"]) == ["FewUniqueSamples"]
    assert list(found["stage"]) == ["photometry"]


def test_errors_of_no_known_stage_stay_unless_told_otherwise():
    foreign = make_log(("a", "X"))

    assert len(replace_stage_errors(foreign, "task", [])) == 1
    assert len(replace_stage_errors(foreign, "task", [], keep_unknown=False)) == 0
