"""A run over a study does what is not up to date, and nothing else."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from ranvier.analysis.files import read_session_h5, write_session_h5
from ranvier.analysis.pipeline import RunOptions, run_study
from ranvier.analysis.pipeline._lock import hold_study
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
        if path.is_file() and path.name != "lock"
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
    assert len(list((study / "figures" / "dataset_overview").glob("*.svg"))) == 9
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


@pytest.mark.parametrize("damage", ["deleted", "cut", "foreign"])
def test_a_file_that_is_not_what_was_written_is_made_anew(study, damage):
    run(study)
    paths = sorted((study / "data" / "sessions").iterdir())
    if damage == "deleted":
        paths[0].unlink()
    elif damage == "cut":
        paths[0].write_bytes(paths[0].read_bytes()[:4000])
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
