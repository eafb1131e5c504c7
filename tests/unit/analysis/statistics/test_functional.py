import numpy as np
import pytest
from scipy.stats import norm

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import (
    FunctionalSettings,
    fit_functional_lmm,
    fit_lmm,
)
from ranvier.analysis.statistics._curves import (
    find_joint_quantile,
    make_psd,
    make_smoothers,
)
from ranvier.core import AnalysisError

FEW = FunctionalSettings(n_draws=500)
TIMES = np.linspace(-1.0, 1.0, 30)
TRUTH = np.stack((np.sin(3 * TIMES), np.exp(-((TIMES - 0.3) ** 2) / 0.02)))


def make_trials(n_subjects=10, n_each=20, seed=0, noise=0.5):
    rng = np.random.default_rng(seed)
    n = n_subjects * n_each
    subject = np.repeat(np.arange(n_subjects), n_each)
    x = np.column_stack((np.ones(n), rng.normal(size=n)))
    own = 0.3 * rng.normal(size=(n_subjects, 1)) * np.cos(2 * TIMES)
    slow = 0.5 * rng.normal(size=(n, 1)) * np.sin(2 * TIMES)
    y = x @ TRUTH + own[subject] + slow + noise * rng.normal(size=(n, len(TIMES)))
    return y, x, subject


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_each_time_is_fitted_as_a_mixed_model(method):
    y, x, subject = make_trials()
    result = fit_functional_lmm(y + 40, x, subject, method=method, settings=FEW)
    for k in (0, 13, 29):
        alone = fit_lmm(x, y[:, k] + 40, subject, method=method)

        np.testing.assert_allclose(
            result.beta_pointwise[:, k], alone.beta, rtol=1e-7, atol=1e-9
        )
        np.testing.assert_allclose(result.se_pointwise[:, k], alone.se, rtol=1e-6)
        assert result.random_variance[k] == pytest.approx(
            alone.random_variance, rel=1e-5, abs=1e-12
        )
        np.testing.assert_allclose(
            result.random_effects[:, k], alone.random_effects[:, 0], atol=1e-7
        )


def test_joint_bands_hold_the_known_curves_as_often_as_they_say():
    """200 experiments of each kind gave 0.91 to 0.97."""
    inside = np.zeros(2)
    for seed in range(40):
        y, x, subject = make_trials(30, 10, seed=seed)
        result = fit_functional_lmm(y, x, subject, times=TIMES, settings=FEW)
        inside += ((result.joint_low <= TRUTH) & (result.joint_high >= TRUTH)).all(1)

    assert (inside / 40 >= 0.85).all()
    assert result.joint_low[1].max() > 0.5


def test_the_joint_band_is_wider_than_the_pointwise_one():
    y, x, subject = make_trials()
    result = fit_functional_lmm(y, x, subject, settings=FEW)

    assert (result.joint_quantile > 1.96).all()
    assert (result.joint_low < result.ci_low).all()


def test_smoothing_takes_noise_but_no_peak():
    y, x, subject = make_trials(noise=2.0)
    smooth = fit_functional_lmm(y, x, subject, settings=FEW)
    rough = fit_functional_lmm(
        y, x, subject, settings=FunctionalSettings("none", n_draws=500)
    )

    assert (
        np.square(smooth.beta[1] - TRUTH[1]).mean()
        < np.square(rough.beta[1] - TRUTH[1]).mean()
    )
    assert smooth.se[1].mean() < rough.se[1].mean()
    np.testing.assert_allclose(rough.beta, rough.beta_pointwise)
    np.testing.assert_allclose(rough.se, rough.se_pointwise, rtol=1e-9)


def test_covariance_over_time_is_that_of_repeated_experiments():
    """Subjects' curves are drawn anew each time; the design stays."""
    rng = np.random.default_rng(1)
    times = np.linspace(0, 1, 6)
    subject = np.repeat(np.arange(12), 10)
    x = np.column_stack((np.ones(120), np.tile(np.linspace(-1, 1, 10), 12)))
    settings = FunctionalSettings("none", n_draws=10)
    betas, told = [], []
    for _ in range(150):
        own = rng.normal(size=(12, 1)) * np.cos(times)
        slow = rng.normal(size=(120, 1)) * (1 + times)
        y = own[subject] + slow + 0.3 * rng.normal(size=(120, 6))
        result = fit_functional_lmm(y, x, subject, settings=settings)
        betas.append(result.beta_pointwise)
        told.append(result.covariance)
    seen = np.stack([np.cov(np.array(betas)[:, k].T) for k in range(2)])
    mean = np.mean(told, axis=0)

    np.testing.assert_allclose(mean, seen, atol=0.25 * seen.max(axis=(1, 2)).max())
    assert np.corrcoef(mean[1].ravel(), seen[1].ravel())[0, 1] > 0.9


def test_the_same_seed_gives_the_same_band():
    y, x, subject = make_trials()
    one, two = (fit_functional_lmm(y, x, subject, settings=FEW) for _ in range(2))

    np.testing.assert_array_equal(one.joint_quantile, two.joint_quantile)


def test_times_without_variance_are_missing_not_wrong():
    y, x, subject = make_trials()
    y[:, 7] = 0.1
    result = fit_functional_lmm(y, x, subject, settings=FEW)

    assert result.n_failed == 1
    assert np.isnan(result.beta[:, 7]).all()
    assert np.isfinite(np.delete(result.beta, 7, axis=1)).all()


def test_trials_with_gaps_are_left_out_and_counted():
    y, x, subject = make_trials()
    kept = fit_functional_lmm(y[5:], x[5:], subject[5:], settings=FEW)
    y[:5, 3] = np.nan
    result = fit_functional_lmm(y, x, subject, settings=FEW)

    assert (result.n, result.n_missing) == (195, 5)
    np.testing.assert_allclose(result.beta, kept.beta)


def test_a_few_times_are_not_smoothed():
    y, x, subject = make_trials()
    result = fit_functional_lmm(y[:, :4], x, subject, settings=FEW)

    np.testing.assert_allclose(result.beta, result.beta_pointwise)


def test_tables_have_a_row_for_each_term_and_time():
    y, x, subject = make_trials()
    table = fit_functional_lmm(y, x, subject, times=TIMES, settings=FEW).to_frame()

    assert len(table) == 2 * 30
    assert table["time"].iloc[29] == 1.0


def test_groups_that_can_not_be_fitted_are_told():
    y, x, subject = make_trials()
    for values, groups in (
        (y, np.zeros(200)),
        (np.full_like(y, np.nan), subject),
        (np.full_like(y, 0.3), subject),
    ):
        with pytest.raises(GroupFault):
            fit_functional_lmm(values, x, groups, settings=FEW)


def test_shapes_and_times_that_do_not_fit_are_told():
    y, x, subject = make_trials()
    for values, times in ((y[:, 0], None), (y, TIMES[::-1]), (y, TIMES[:5])):
        with pytest.raises(AnalysisError) as caught:
            fit_functional_lmm(values, x, subject, times=times)

        assert caught.value.code == "RV-A83"


def test_joint_quantiles_meet_their_limits():
    rng = np.random.default_rng(0)
    alone = find_joint_quantile(np.eye(20), 0.95, 20_000, rng)
    together = find_joint_quantile(np.ones((20, 20)), 0.95, 20_000, rng)
    none = find_joint_quantile(np.zeros((3, 3)), 0.95, 10, rng)

    assert alone == pytest.approx(norm.ppf(0.5 + 0.95 ** (1 / 20) / 2), rel=0.02)
    assert together == pytest.approx(1.96, rel=0.02)
    assert none == pytest.approx(norm.ppf(0.975))


def test_heavy_smoothing_leaves_a_straight_line():
    x = np.linspace(0, 1, 40)
    (smoother,), _ = make_smoothers(np.sin(9 * x)[None], x, 1e9)
    line = np.polyval(np.polyfit(x, np.sin(9 * x), 1), x)

    np.testing.assert_allclose(smoother @ np.sin(9 * x), line, atol=1e-3)
    np.testing.assert_allclose(smoother @ (2 * x + 1), 2 * x + 1, atol=1e-4)


def test_covariances_are_made_whole():
    broken = np.array([[1.0, 2.0], [2.0, 1.0]])

    assert np.linalg.eigvalsh(make_psd(broken)).min() > -1e-12
