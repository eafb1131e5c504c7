import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import erf

from ranvier.analysis.behaviour import (
    PSYCHOMETRIC_BOUNDS,
    fit_psychometric,
    fit_psychometrics,
)
from ranvier.analysis.faults import InsufficientTrials
from ranvier.core import AnalysisError

LEVELS = np.array([-100, -25, -12.5, -6.25, 0, 6.25, 12.5, 25, 100])
LOW, HIGH = np.array(PSYCHOMETRIC_BOUNDS).T


def model(x, q):
    return q[2] + (1 - q[2] - q[3]) * (erf((x - q[0]) / q[1]) + 1) / 2


def simulate(truth, n=500, seed=0, levels=LEVELS):
    rng = np.random.default_rng(seed)
    x = rng.choice(levels, n)
    return x, rng.random(n) < model(x, truth)


def loss(q, x, right):
    if (q < LOW).any() or (q > HIGH).any():
        return 1e7
    p = np.clip(model(x, q), 2.3e-16, 1 - 2.3e-16)
    return -np.sum(np.where(right, np.log(p), np.log1p(-p)))


def search_plainly(x, right, n_starts=3):
    """Nelder-Mead from the IBL's start and some others, the best of them."""
    rng = np.random.default_rng(0)
    starts = [[0, 40, 0.1, 0.1], *(LOW + rng.random((n_starts - 1, 4)) * (HIGH - LOW))]
    best = min(
        minimize(loss, s, (x, right), "Nelder-Mead").fun for s in map(np.array, starts)
    )
    return -best


def get_parameters(fit):
    return np.array([fit.bias, fit.threshold, fit.lapse_right, fit.lapse_left])


@pytest.mark.parametrize(
    "truth", [(0, 20, 0.05, 0.05), (-10, 12, 0.1, 0.0), (25, 45, 0.0, 0.15)]
)
def test_a_known_curve_comes_back(truth):
    found = get_parameters(fit_psychometric(*simulate(truth, 40_000)))

    assert found == pytest.approx(truth, abs=1.5)
    assert found[2:] == pytest.approx(truth[2:], abs=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_the_likelihood_is_never_worse_than_that_of_nelder_mead(seed):
    rng = np.random.default_rng(seed)
    x, right = simulate(LOW + rng.random(4) * (HIGH - LOW), 40 + 100 * seed, seed)
    fit = fit_psychometric(x, right)

    assert fit.log_likelihood >= search_plainly(x, right) - 1e-9
    assert fit.log_likelihood == pytest.approx(
        -loss(get_parameters(fit), x, right), abs=1e-9
    )


def test_no_step_within_the_bounds_makes_it_better():
    x, right = simulate((5, 18, 0.08, 0.03))
    fit = fit_psychometric(x, right)
    q = get_parameters(fit)
    for i, size in enumerate([1e-3, 1e-3, 1e-5, 1e-5]):
        for sign in (-1, 1):
            step = np.zeros(4)
            step[i] = sign * size

            assert -loss(q + step, x, right) <= fit.log_likelihood + 1e-10


def test_the_same_data_in_any_order_give_the_same_fit():
    x, right = simulate((5, 18, 0.08, 0.03))
    order = np.random.default_rng(1).permutation(x.size)

    assert fit_psychometric(x, right) == fit_psychometric(x[order], right[order])


def test_fits_side_by_side_are_those_one_by_one():
    data = {str(i): simulate((i, 20, 0.1, 0.1), 200, i) for i in range(3)}
    data["few"] = simulate((0, 20, 0.1, 0.1), 60, levels=LEVELS[::4])
    together = fit_psychometrics(data)
    for name, (x, right) in data.items():
        assert together[name] == fit_psychometric(x, right)
    assert fit_psychometrics({}) == {}


def test_r_squared_is_over_the_means_at_each_contrast():
    x, right = simulate((5, 18, 0.08, 0.03))
    fit = fit_psychometric(x, right)
    share = np.array([right[x == level].mean() for level in LEVELS])
    left_over = ((share - model(LEVELS, get_parameters(fit))) ** 2).sum()

    assert fit.r_squared == pytest.approx(
        1 - left_over / ((share - share.mean()) ** 2).sum(), abs=1e-12
    )
    assert fit.predict(LEVELS) == pytest.approx(model(LEVELS, get_parameters(fit)))


@pytest.mark.parametrize("choice", [0.0, 1.0])
def test_a_subject_that_always_chooses_one_side_is_fitted_at_the_bounds(choice):
    x = np.repeat(LEVELS, 10)
    fit = fit_psychometric(x, np.full(x.size, choice))

    assert abs(fit.bias) == 50
    assert np.isnan(fit.r_squared)
    assert np.isfinite(fit.log_likelihood)


def test_perfect_and_inverted_subjects_are_fitted():
    x = np.repeat(LEVELS[LEVELS != 0], 10)
    perfect, inverted = fit_psychometric(x, x > 0), fit_psychometric(x, x < 0)

    assert (perfect.lapse_left, perfect.lapse_right) == (0.0, 0.0)
    assert perfect.threshold == 10.0
    assert perfect.at_bounds == ("threshold",)
    assert inverted.r_squared == 0.0


def test_nan_is_left_out_and_two_zeros_are_one_contrast():
    x, right = simulate((5, 18, 0.08, 0.03))
    fit = fit_psychometric(np.append(np.where(x == 0, -0.0, x), np.nan), [*right, 1])

    assert fit == fit_psychometric(x, right)
    assert fit.n_trials == 500
    assert fit.provenance.n["n_contrasts"] == 9


def test_parameters_stay_within_other_bounds():
    bounds = ((-5.0, 5.0), (20.0, 20.0), (0.0, 0.05), (0.1, 0.2))
    fit = fit_psychometric(*simulate((30, 12, 0.2, 0.0)), bounds)

    assert (fit.bias, fit.threshold) == (5.0, 20.0)
    assert 0.0 <= fit.lapse_right <= 0.05
    assert 0.1 <= fit.lapse_left <= 0.2


@pytest.mark.parametrize("x", [[], [np.nan], [25.0], [25.0] * 100])
def test_less_than_two_contrasts_are_a_fault(x):
    with pytest.raises(InsufficientTrials) as caught:
        fit_psychometric(x, np.ones(len(x)), session="s1")

    assert caught.value.where == "session s1"


@pytest.mark.parametrize(
    "bounds", [((0, 1),) * 3, ((0, 1), (0, 1), (0, 1), (0, 1)), ((1, 0),) * 4]
)
def test_bounds_without_room_are_refused(bounds):
    with pytest.raises(AnalysisError, match="no room"):
        fit_psychometric([-1.0, 1.0], [0, 1], bounds)


def test_unlike_lengths_are_refused():
    with pytest.raises(AnalysisError):
        fit_psychometric([-1.0, 1.0], [0])
