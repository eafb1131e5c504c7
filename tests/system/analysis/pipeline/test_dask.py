"""The same work on a cluster of Dask distributed: real workers, real death."""

from __future__ import annotations

import pandas as pd
import pytest
from worker_tasks import die_once, raise_always

from ranvier.analysis.executors import DaskExecutor
from ranvier.analysis.pipeline import RunOptions, run_study
from ranvier.core import AnalysisError

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def cluster():
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**settings) as made:
        yield made


def test_a_study_is_done_on_a_cluster(study, cluster):
    address = cluster.scheduler_address
    report = run_study(study, RunOptions(scheduler=address))

    assert report.n_failed == 0
    assert len(pd.read_parquet(study / "data" / "performance.pqt")) == 3
    assert run_study(study, RunOptions(scheduler=address)).is_nothing_done


def test_a_task_that_raises_is_an_outcome(cluster):
    outcomes = [*DaskExecutor(cluster.scheduler_address).map(raise_always, ["a", "b"])]

    assert sorted(str(each.error) for each in outcomes) == ["a", "b"]


def test_a_worker_that_dies_does_not_end_the_work(cluster, tmp_path):
    tasks = [str(tmp_path / "one"), str(tmp_path / "two")]
    outcomes = [*DaskExecutor(cluster.scheduler_address).map(die_once, tasks)]

    assert [each.value for each in outcomes] == ["done", "done"]


def test_a_scheduler_that_is_not_there_is_told(study):
    with pytest.raises(AnalysisError, match="RV-A56"):
        run_study(study, RunOptions(scheduler="tcp://127.0.0.1:9"))
