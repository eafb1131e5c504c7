"""A run over a study does what is not up to date, and nothing else."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from ranvier.analysis.faults import DataFault
from ranvier.analysis.files import read_session_h5, write_session_h5
from ranvier.analysis.parameters import AnalysisParameters, read_study
from ranvier.analysis.pipeline import RunOptions, build_catalog, run_study
from ranvier.analysis.pipeline._lock import hold_study
from ranvier.analysis.pipeline._session_work import SessionTask, record_lost
from ranvier.analysis.pipeline._stamps import Stamps
from ranvier.analysis.session import PhotometrySession
from ranvier.core import AnalysisError

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

OF_SESSION = ("photometry", "task", "wheel")


def run(study, **options):
    return run_study(study, RunOptions(n_workers=1, **options))


def list_done(report):
    return {stage.name: stage.n_done for stage in report.stages if stage.n_done}


def list_files(study):
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_size)
        for path in study.rglob("*")
        if path.is_file() and path.name not in ("lock", "digests.json")
    }


def find_trials(study, subject):
    return next((study / "one").rglob(f"{subject}/*/*/alf/task_00/*trials*"))


def test_a_study_goes_from_raw_files_to_tables_and_figures(study):
    report = run(study)

    assert dict.fromkeys(OF_SESSION, 3).items() <= list_done(report).items()
    assert report.n_failed == 0
    sessions = pd.read_parquet(study / "metadata" / "sessions.pqt")
    assert sorted(sessions["subject"]) == ["A01", "A02", "A03"]
    assert len(pd.read_parquet(study / "data" / "qc_photometry.pqt")) == 6
    performance = pd.read_parquet(study / "data" / "performance.pqt")
    assert {*sessions["eid"]} == {*performance["eid"]}
    assert len(list((study / "figures" / "dataset_overview").glob("*.svg"))) == 8
    for eid in sessions["eid"]:
        session = PhotometrySession.from_h5(study / "data" / "sessions" / f"{eid}.h5")
        assert len(session.trials) == 24
        assert len(session.wheel_velocity) == 24
        assert next(iter(session.responses.values())).shape == (3, 24, 60)


def test_the_second_run_does_nothing(study):
    run(study)
    before = list_files(study)
    report = run(study)

    assert report.is_nothing_done
    assert before == list_files(study)


def test_a_changed_parameter_redoes_what_depends_on_it(study):
    run(study)
    file = study / "study.yaml"
    file.write_text(file.read_text() + "  wheel: {rate_hz: 50}\n")
    report = run(study)

    assert list_done(report) == {"wheel": 3}
    eid = pd.read_parquet(study / "metadata" / "sessions.pqt")["eid"][0]
    parts = read_session_h5(study / "data" / "sessions" / f"{eid}.h5")
    assert parts["wheel"].rate_hz == 50.0
    assert not parts["photometry"].preprocessed.empty


def test_a_changed_file_redoes_its_session_alone(study):
    run(study)
    path = find_trials(study, "A02")
    trials = pd.read_parquet(path)
    trials.loc[3, "feedbackType"] *= -1
    trials.to_parquet(path)
    report = run(study)

    assert dict.fromkeys(OF_SESSION, 1).items() <= list_done(report).items()


@pytest.mark.parametrize("damage", ["deleted", "cut", "foreign", "body"])
def test_a_file_that_is_not_what_was_written_is_made_anew(study, damage):
    run(study)
    paths = sorted((study / "data" / "sessions").iterdir())
    if damage == "deleted":
        paths[0].unlink()
    elif damage == "cut":
        paths[0].write_bytes(paths[0].read_bytes()[:4000])
    elif damage == "body":
        content = bytearray(paths[0].read_bytes())
        content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 6 + 1)
        paths[0].write_bytes(content)
    else:
        shutil.copy(paths[1], paths[0])
        write_session_h5(
            paths[0], {"trials": pd.DataFrame({"choice": [1.0]})}, mode="w"
        )
    report = run(study)

    assert dict.fromkeys(OF_SESSION, 1).items() <= list_done(report).items()
    assert len(PhotometrySession.from_h5(paths[0]).trials) == 24


def test_one_bad_session_does_not_stop_the_others(study):
    path = find_trials(study, "A02")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    report = run(study)

    assert report.count_faults() == {"FileFault": 3}
    assert report.n_failed == 3
    assert len(pd.read_parquet(study / "data" / "performance.pqt")) == 2
    log = pd.read_parquet(study / "metadata" / "photometry_log.pqt")
    assert [*log["error_type"]] == ["FileFault"]
    h5 = study / "data" / "sessions" / f"{log['eid'][0]}.h5"
    assert len(read_session_h5(h5)["errors"]) == 3
    assert run(study).n_failed == 3  # known, and not done again
    assert run(study).is_nothing_done

    path.write_bytes(whole)
    mended = run(study)

    assert mended.count_faults() == {}
    assert len(read_session_h5(h5)["errors"]) == 0
    assert len(pd.read_parquet(study / "metadata" / "photometry_log.pqt")) == 0


def test_results_go_when_their_data_have_gone_bad(study):
    """What stood in the file before must not be taken for the result of today."""
    run(study)
    signal = next((study / "one").rglob("A01/**/photometry.signal.pqt"))
    table = pd.read_parquet(signal)
    for name in table:
        if name.startswith(("G", "Region")):
            table[name] = 0.0039
    table.to_parquet(signal)
    report = run(study)

    log = pd.read_parquet(study / "metadata" / "photometry_log.pqt")
    assert "SignalFault" in [*log["error_type"]]
    assert report.n_failed == 1
    parts = read_session_h5(study / "data" / "sessions" / f"{log['eid'][0]}.h5")
    assert "photometry" not in parts
    assert len(parts["wheel"].velocity) == 24


def test_only_one_stage(study):
    report = run(study, only="task")

    assert list_done(report) == {"task": 3}
    assert not (study / "data" / "qc_photometry.pqt").exists()


def test_a_dry_run_writes_nothing(study):
    before = list_files(study)
    report = run(study, is_dry=True)

    assert dict.fromkeys(OF_SESSION, 3).items() <= list_done(report).items()
    assert before == list_files(study)
    assert not (study / ".ranvier").exists()


def test_two_runs_do_not_meet(study):
    with hold_study(study / ".ranvier"), pytest.raises(AnalysisError, match="RV-A07"):
        run(study)


def test_a_study_without_sessions_is_told(study):
    shutil.rmtree(study / "one")
    (study / "one").mkdir()

    with pytest.raises(AnalysisError, match="RV-A06"):
        run(study)


def test_one_stage_alone_leaves_nothing_of_older_trials(study):
    run(study)
    path = find_trials(study, "A01")
    trials = pd.read_parquet(path)
    trials.iloc[:19].to_parquet(path)
    run(study, only="task")
    eids = pd.read_parquet(study / "metadata" / "sessions.pqt").set_index("subject")
    h5 = study / "data" / "sessions" / f"{eids.loc['A01', 'eid']}.h5"
    parts = read_session_h5(h5)

    assert len(parts["trials"]) == 19
    assert "photometry" not in parts
    assert "wheel" not in parts
    performance = pd.read_parquet(study / "data" / "performance.pqt")
    assert {19.0, 24.0} == {*performance["n_trials"]}
    run(study)
    assert len(next(iter(PhotometrySession.from_h5(h5).responses.values()))[0]) == 19
    assert len(pd.read_parquet(study / "data" / "qc_photometry.pqt")) == 6


def test_work_that_was_lost_takes_its_old_results_with_it(study):
    """A process that died at a session must not leave what was there before."""
    run(study)
    catalog = build_catalog(read_study(study), study)
    row = catalog.sessions.iloc[0].to_dict()
    eid = row["eid"]
    h5, stamps = (
        study / "data" / "sessions" / f"{eid}.h5",
        study / ".ranvier" / "stamps",
    )
    names = ("photometry", "task")
    old = Stamps(stamps).read(eid)
    keys = {name: stamp.key for name, stamp in old.stages.items()}
    place, settings = catalog.places[eid], AnalysisParameters()
    task = SessionTask(row, place, names, keys, old.row, settings, h5, stamps)
    record_lost(task, MemoryError("the process died"))
    parts = read_session_h5(h5)

    assert "photometry" not in parts
    assert "wheel" in parts
    assert [*parts["errors"]["error_type"]] == ["MemoryError"] * 2
    assert list_done(run(study)) == {"photometry": 1, "task": 1}
    assert len(read_session_h5(h5)["errors"]) == 0


def test_a_new_file_that_no_stage_reads_changes_the_metadata_alone(study):
    run(study)
    folder = find_trials(study, "A01").parents[2]
    (folder / "alf" / "_ibl_other.times.npy").write_bytes(b"x")
    report = run(study)

    assert not {*OF_SESSION} & {*list_done(report)}
    sessions = pd.read_parquet(study / "metadata" / "sessions.pqt").set_index("subject")
    h5 = study / "data" / "sessions" / f"{sessions.loc['A01', 'eid']}.h5"
    parts = read_session_h5(h5)
    assert "alf/_ibl_other.times.npy" in [*parts["metadata"]["datasets"]]
    assert {"photometry", "trials", "wheel"} <= {*parts}
    assert run(study).is_nothing_done


def test_of_two_sessions_with_one_eid_the_first_is_taken_and_it_is_told(study):
    shutil.copytree(study / "one", study / "two")
    file = study / "study.yaml"
    file.write_text(file.read_text().replace("- alf: one", "- alf: one\n  - alf: two"))
    report = run(study)

    assert report.count_faults() == {"TrueDuplicateSession": 3}
    assert len(pd.read_parquet(study / "metadata" / "sessions.pqt")) == 3


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("../../x,A01,2024-01-01,{path}", "MetadataFault"),
        ("x,A01,2024-01-01,nowhere", "FileFault"),
    ],
)
def test_a_row_that_can_not_be_is_told(study, rows, fault):
    folder = find_trials(study, "A01").parents[2].relative_to(study)
    text = "eid,subject,start_time,path\n" + rows.format(path=folder) + "\n"
    (study / "more.csv").write_text(text)
    file = study / "study.yaml"
    more = file.read_text().replace("- alf: one", "- alf: one\n  - table: more.csv")
    file.write_text(more)
    report = run(study)

    assert {fault: 1} == report.count_faults()
    assert len(list((study / "data" / "sessions").iterdir())) == 3


def test_an_alf_folder_in_a_table_is_found_to_be_one(study):
    folder = find_trials(study, "A01").parents[2].relative_to(study)
    text = f"eid,subject,start_time,path\nmine,A01,2024-01-01,{folder}\n"
    (study / "more.csv").write_text(text)
    file = study / "study.yaml"
    file.write_text(file.read_text().replace("- alf: one", "- table: more.csv"))
    report = run(study)

    assert dict.fromkeys(OF_SESSION, 1).items() <= list_done(report).items()
    assert report.n_failed == 0
    assert len(PhotometrySession.from_h5(study / "data/sessions/mine.h5").trials) == 24


@pytest.mark.parametrize("text", [None, "", "subject,region\nA01,VTA\n"])
def test_a_table_of_fibres_that_is_not_right_is_told(study, text):
    if text is not None:
        (study / "fibers.csv").write_text(text)
    file = study / "study.yaml"
    file.write_text(file.read_text() + "fibers: fibers.csv\n")

    with pytest.raises(DataFault, match="table of fibres"):
        run(study)


def test_the_type_of_a_session_is_known_without_a_vocabulary(study):
    run(study, only="query_database")

    sessions = pd.read_parquet(study / "metadata" / "sessions.pqt")
    assert [*sessions["session_type"]] == ["training"] * 3
