import numpy as np
import pytest
from scipy.stats import sem

from ranvier.analysis.responses import compute_mean_traces
from ranvier.core import AnalysisError


@pytest.fixture
def rows():
    values = np.random.default_rng(1).normal(size=(9, 4))
    values[0, 1] = np.nan
    return values


def test_the_pool_has_the_mean_and_error_of_scipy(rows):
    found = compute_mean_traces(rows)

    np.testing.assert_allclose(found.mean, np.nanmean(rows, 0), atol=1e-12)
    np.testing.assert_allclose(found.sem, sem(rows, 0, nan_policy="omit"), atol=1e-12)
    assert found.n.tolist() == [9, 8, 9, 9]


def test_each_subject_counts_once(rows):
    subjects = np.array(list("aaaaabbbc"))
    found = compute_mean_traces(rows, subjects)
    means = [np.nanmean(rows[subjects == s], 0) for s in "abc"]

    np.testing.assert_allclose(found.mean, np.mean(means, 0), atol=1e-12)
    np.testing.assert_allclose(found.sem, sem(means, 0), atol=1e-12)
    assert found.provenance.n == {"n_trials": 9, "n_subjects": 3}


def test_one_row_has_no_error_and_none_no_mean():
    one, none = (
        compute_mean_traces([[1.0, np.nan]]),
        compute_mean_traces(np.ones((0, 2))),
    )
    no_subject = compute_mean_traces(np.ones((0, 2)), [])

    assert one.mean[0] == 1.0
    assert np.isnan([one.mean[1], *one.sem, *none.mean, *no_subject.mean]).all()


def test_shapes_that_do_not_fit_are_said(rows):
    with pytest.raises(AnalysisError):
        compute_mean_traces(rows, ["a"])
    with pytest.raises(AnalysisError):
        compute_mean_traces(rows[0])
