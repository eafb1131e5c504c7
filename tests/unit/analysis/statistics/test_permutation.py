import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import (
    build_design,
    permutation_null,
    permutation_pvalue,
    session_swap_test,
    synchronized_permutation_pvalue,
)
from ranvier.core import AnalysisError

FORMULA = "y ~ a * b + a:c + c"


def make_session(n=90, seed=0, effect=0.5):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=list("abc"))
    frame["y"] = effect * frame["a"] + rng.normal(size=n)
    return frame


def compute_r2(formula, frame):
    design, y = build_design(formula, frame).matrix, frame["y"].to_numpy()
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return 1 - (left**2).sum() / ((y - y.mean()) ** 2).sum()


def test_draws_are_those_of_refits():
    frame = make_session()
    donors = [make_session(n, n)["a"].to_numpy() for n in (60, 90, 120)]
    told = permutation_null(frame, FORMULA, "a", donors)
    expected = []
    for donor in donors:
        n = min(len(donor), 90)
        swapped = frame[:n].assign(a=donor[:n])
        expected.append(compute_r2(FORMULA, swapped) - compute_r2("y ~ b + c", swapped))

    np.testing.assert_allclose(told.null, expected, atol=1e-14)
    assert told.observed == pytest.approx(
        compute_r2(FORMULA, frame) - compute_r2("y ~ b + c", frame)
    )


def test_an_effect_is_found_and_none_is_not():
    donors = [make_session(90, i)["a"] for i in range(1, 40)]
    there = permutation_null(make_session(), FORMULA, "a", donors)
    nothing = permutation_null(make_session(effect=0.0), FORMULA, "a", donors)

    assert there.p == pytest.approx(1 / 40)
    assert nothing.p > 0.05


def test_failed_draws_are_counted_and_not_in_the_denominator():
    frame = make_session()
    good = [make_session(90, i)["a"].to_numpy() for i in range(1, 10)]
    gap = good[0].copy()
    gap[3] = np.nan
    bad = [good[0][:5], gap, np.zeros(90), np.ones(90), np.empty(0)]
    told = permutation_null(frame, FORMULA, "a", [*good, *bad])
    alone = permutation_null(frame, FORMULA, "a", good)

    assert (told.n_draws, told.n_failed) == (9, 5)
    assert told.p == alone.p == pytest.approx(1 / 10)
    assert np.isnan(told.null[9:]).all()


def test_a_null_without_any_draw_has_no_p():
    told = permutation_null(make_session(), FORMULA, "a", [np.zeros(90)])

    assert np.isnan(told.p)
    assert told.n_failed == 1


def test_factors_can_not_be_swapped():
    with pytest.raises(AnalysisError, match="can't be swapped"):
        permutation_null(make_session(), "y ~ C(a)", "a", [])
    with pytest.raises(AnalysisError, match="can't be swapped"):
        permutation_null(make_session(), "y ~ b", "a", [])


@pytest.mark.parametrize(
    ("null", "expected"),
    [
        ([0.0, 1.0, 2.0, 3.0], (3 / 5, 4, 0)),
        ([np.nan, 1.0, np.nan, 3.0], (2 / 3, 2, 2)),
        ([5.0, 2.0], (1.0, 2, 0)),
    ],
)
def test_p_counts_the_observed_among_the_draws(null, expected):
    told = permutation_pvalue(2.0, null)

    assert (told.p, told.n_draws, told.n_failed) == pytest.approx(expected)


def test_p_of_nothing_is_missing():
    assert np.isnan(permutation_pvalue(1.0, []).p)
    assert np.isnan(permutation_pvalue(np.nan, [1.0]).p)
    assert permutation_pvalue(1.0, [np.nan]).n_failed == 1


def test_synchronised_draws_are_means_over_sessions():
    rng = np.random.default_rng(0)
    observed, null = rng.normal(size=6), rng.normal(size=(6, 200))
    told = synchronized_permutation_pvalue(observed, null)
    expected = (1 + (null.mean(axis=0) >= observed.mean()).sum()) / 201

    assert told.p == pytest.approx(expected)


def test_sessions_missing_in_a_draw_are_missing_in_what_it_is_compared_with():
    null = np.array([[np.nan, 1.0, np.nan], [3.0, 0.0, np.nan]])
    told = synchronized_permutation_pvalue([10.0, 2.0], null)

    assert (told.p, told.n_draws, told.n_failed) == (2 / 3, 2, 1)


def test_ties_count_however_they_round():
    observed = [0.1, 0.2, 0.3]
    told = synchronized_permutation_pvalue(observed, np.array([[0.3], [0.2], [0.1]]))

    assert told.p == 1.0


def test_shapes_that_do_not_fit_are_told():
    with pytest.raises(GroupFault):
        synchronized_permutation_pvalue([1.0, 2.0], np.zeros((3, 5)))


def correlate(one, other):
    return float(np.corrcoef(one, other)[0, 1])


def make_sessions(n_sessions=12, effect=1.0):
    rng = np.random.default_rng(0)
    behaviour = [rng.normal(size=rng.integers(50, 80)) for _ in range(n_sessions)]
    neural = [effect * b + rng.normal(size=len(b)) for b in behaviour]
    return behaviour, neural


def test_swapped_sessions_find_what_goes_together():
    behaviour, neural = make_sessions()
    told = session_swap_test(behaviour, neural, correlate, n_draws=200)
    n = min(len(behaviour[0]), len(neural[3]))

    assert told.p == pytest.approx(1 / 201)
    assert told.p_sessions == pytest.approx(1 / 12)
    assert told.swapped[0, 3] == pytest.approx(
        correlate(behaviour[0][:n], neural[3][:n])
    )
    assert np.isnan(np.diag(told.swapped)).all()


def test_drift_that_all_sessions_share_is_not_taken_for_a_link():
    rng = np.random.default_rng(1)
    drift = np.linspace(0, 1, 60)
    both = [[drift + 0.1 * rng.normal(size=60) for _ in range(10)] for _ in ("b", "n")]
    told = session_swap_test(both[0], both[1], correlate, n_draws=200)

    assert told.observed.min() > 0.7
    assert told.p > 0.05


def test_pairs_that_fail_are_counted():
    behaviour, neural = make_sessions()

    def fail_when_short(one, other):
        if len(one) < 55:
            raise ValueError(len(one))
        return correlate(one, other)

    told = session_swap_test(behaviour, neural, fail_when_short, n_draws=50)
    lengths = np.array([len(b) for b in behaviour])
    expected = (np.minimum(lengths[:, None], lengths) < 55).sum()

    assert told.n_failed == expected > 0
    assert told.p < 0.05


def test_the_seed_makes_the_draws():
    behaviour, neural = make_sessions(effect=0.05)
    one, two = (
        session_swap_test(behaviour, neural, correlate, n_draws=99, seed=4).p
        for _ in range(2)
    )

    assert one == two


def test_one_session_has_nothing_to_swap_with():
    with pytest.raises(GroupFault):
        session_swap_test([np.ones(3)], [np.ones(3)], correlate)
