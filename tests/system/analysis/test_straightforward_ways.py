"""Ours beside the straightforward ways that the benchmarks measure it against."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module


def test_methods_give_the_numbers_of_a_loop_over_scipy_and_statsmodels(load):
    pairs = load("benchmarks._analysis_methods").list_pairs(is_quick=True)
    apart = {pair.name: pair.difference / pair.limit for pair in pairs}

    assert len(apart) == 7
    assert {name: share for name, share in apart.items() if not share <= 1} == {}


def test_a_session_gives_the_numbers_of_pandas_scipy_and_h5py(load, tmp_path):
    module = load("benchmarks._analysis_session")
    figures = module.SessionRuns(tmp_path, 120, 600.0).measure_compat()

    assert figures["difference"] < 1e-6
