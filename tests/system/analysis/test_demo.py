"""The demonstration: real and simulated recordings, from raw to figures, once."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


def analyse(*words):
    command = [sys.executable, "-m", "ranvier", "analyse", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def list_files(folder):
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("lock", "digests.json")
    }


def test_the_demonstration_makes_figures_and_does_nothing_twice(tmp_path):
    study = tmp_path / "study"
    first = analyse("demo", study, "--sessions", 4)
    before = list_files(study)
    second = analyse("demo", study, "--sessions", 4)

    assert [first.returncode, second.returncode] == [0, 0]
    for each in (first, second):
        assert "Traceback" not in each.stderr
        assert "Warning" not in each.stderr
    assert before == list_files(study)
    assert len(list((study / "figures").rglob("*.svg"))) > 20
    assert (study / "results" / "methods.md").stat().st_size > 1000
    sessions = pd.read_parquet(study / "metadata" / "sessions.pqt")
    assert {"CQ002", "ZFM-06275"} < {*sessions["subject"]}


def test_dead_channels_of_the_real_recording_are_told(tmp_path):
    study = tmp_path / "study"
    analyse("demo", study, "--sessions", 0)
    log = pd.read_parquet(study / "metadata" / "photometry_log.pqt")
    few = log[log["error_type"] == "FewUniqueSamples"]

    assert len(few) == 1
    for channel in ("Region0R", "Region1G", "Region2R", "Region4G"):
        assert channel in few["error_message"].iloc[0]
    for alive in ("Region3G", "Region6G"):
        assert alive not in few["error_message"].iloc[0]


def test_the_report_is_there_for_programs(tmp_path):
    study = tmp_path / "study"
    analyse("demo", study, "--sessions", 0)
    said = json.loads(analyse("run", study, "--json").stdout)

    assert said["nothing_done"] is True
    assert {"query_database", "photometry", "task", "wheel", "dataset_overview"} == {
        stage["name"] for stage in said["stages"]
    }
