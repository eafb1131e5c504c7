import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import (
    build_design,
    compute_subject_statistics,
    fit_lmm,
    fit_lmm_formula,
    fit_lmm_statistics,
)
from ranvier.core import AnalysisError


def make_frame(n=240, n_subjects=6, seed=0, spread=0.6, slope=0.0):
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, n_subjects, n)
    frame = pd.DataFrame(
        {
            "x": rng.normal(1.0, 1.0, n),
            "side": rng.choice([-0.5, 0.5], n),
            "subject": [f"s{i}" for i in subject],
        }
    )
    own = spread * rng.normal(size=n_subjects)
    tilt = slope * rng.normal(size=n_subjects)
    frame["y"] = (
        5.0
        + (0.8 + tilt[subject]) * frame["x"]
        - 0.4 * frame["side"]
        + own[subject]
        + rng.normal(size=n)
    )
    return frame


def fit_dense(x, z, y, subject, reml):
    """The same likelihood, with the whole covariance matrix of the trials."""
    n, p = x.shape
    same = subject[:, None] == subject

    def solve(point):
        factor = np.zeros((z.shape[1],) * 2)
        factor[np.tril_indices(len(factor))] = point
        v = np.eye(n) + (z @ factor @ factor.T @ z.T) * same
        inverse = np.linalg.inv(v)
        left = x.T @ inverse @ x
        beta = np.linalg.solve(left, x.T @ inverse @ y)
        rest = y - x @ beta
        dof = n - p if reml else n
        variance = rest @ inverse @ rest / dof
        log_det = np.linalg.slogdet(v)[1]
        log_det += np.linalg.slogdet(left)[1] if reml else 0.0
        log_likelihood = -0.5 * (dof * (np.log(2 * np.pi * variance) + 1) + log_det)
        return log_likelihood, beta, np.sqrt(np.diag(np.linalg.inv(left)) * variance)

    start = np.eye(z.shape[1])[np.tril_indices(z.shape[1])] * 0.5
    best = minimize(
        lambda point: -solve(point)[0],
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 2000},
    )
    return solve(best.x)


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("random", ["intercept", "intercept+slope"])
def test_fits_are_those_of_the_whole_covariance_matrix(method, random):
    frame = make_frame(60, 5, slope=0.5)
    has_slope = random != "intercept"
    result = fit_lmm_formula(
        "y ~ x * side",
        frame,
        random=random,
        slope="x" if has_slope else "",
        method=method,
    )
    x = build_design("x * side", frame).matrix
    z = np.column_stack((np.ones(60), frame["x"]))[:, : 1 + has_slope]
    log_likelihood, beta, se = fit_dense(
        x, z, frame["y"].to_numpy(), frame["subject"].to_numpy(), method == "reml"
    )

    np.testing.assert_allclose(result.log_likelihood, log_likelihood, atol=1e-8)
    np.testing.assert_allclose(result.beta, beta, atol=1e-5)
    np.testing.assert_allclose(result.se, se, rtol=1e-4)
    assert result.converged


def test_known_truth_comes_back():
    result = fit_lmm_formula("y ~ x + side", make_frame(6000, 60))

    assert (np.abs(result.beta[1:] - [0.8, -0.4]) < 4 * result.se[1:]).all()
    assert result.random_variance == pytest.approx(0.36, rel=0.5)
    assert result.residual_variance == pytest.approx(1.0, rel=0.1)


def test_random_slopes_come_back():
    frame = make_frame(6000, 60, slope=0.5)
    result = fit_lmm_formula("y ~ x + side", frame, random="intercept+slope", slope="x")

    assert result.random_covariance[1, 1] == pytest.approx(0.25, rel=0.5)
    assert list(result.to_random_frame().columns) == ["intercept", "x"]


def test_balanced_data_have_a_closed_form():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(8, 20)) + rng.normal(size=(8, 1))
    subject = np.repeat(np.arange(8), 20)
    result = fit_lmm(np.ones((160, 1)), y.ravel(), subject)
    within = y.var(axis=1, ddof=1).mean()
    between = y.mean(axis=1).var(ddof=1) - within / 20

    assert result.beta[0] == pytest.approx(y.mean(), rel=1e-12)
    assert result.residual_variance == pytest.approx(within, rel=1e-7)
    assert result.random_variance == pytest.approx(between, rel=1e-7)


def test_subjects_alike_put_the_variance_on_its_boundary():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(8, 20))
    y -= y.mean(axis=1, keepdims=True)
    x = rng.normal(size=160)
    design = np.column_stack((np.ones(160), x))
    result = fit_lmm(design, y.ravel(), np.repeat(np.arange(8), 20))
    ols = np.linalg.lstsq(design, y.ravel(), rcond=None)[0]

    assert result.at_boundary
    assert result.converged
    assert result.random_variance == 0.0
    np.testing.assert_allclose(result.beta, ols, atol=1e-12)


def test_a_variance_near_its_boundary_is_found_every_time():
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(5), 8)
    for _ in range(60):
        result = fit_lmm(np.ones((40, 1)), rng.normal(size=40), subject)

        assert result.converged


def test_a_response_that_is_the_subject_alone_has_no_optimum():
    subject = np.repeat(np.arange(5), 8)
    result = fit_lmm(np.ones((40, 1)), subject.astype(float), subject)

    assert not result.converged


def test_trials_of_unknown_subjects_are_told():
    with pytest.raises(GroupFault, match="not all known"):
        fit_lmm(np.ones((3, 1)), [1.0, 2.0, 3.0], ["a", None, "b"])


def test_a_slope_on_its_boundary_is_told():
    frame = make_frame(240, 4, slope=0.0, seed=3)
    x = frame["x"].to_numpy()
    for name in frame["subject"].unique():  # take each subject's own slope away
        at = (frame["subject"] == name).to_numpy()
        own = np.polyfit(x[at], frame.loc[at, "y"], 1)[0]
        frame.loc[at, "y"] -= (own - 0.8) * x[at]
    result = fit_lmm_formula("y ~ x", frame, random="intercept+slope", slope="x")

    assert result.at_boundary
    assert result.random_covariance[1, 1] < 1e-6


def test_order_names_and_level_of_the_data_do_not_matter():
    frame = make_frame()
    one = fit_lmm_formula("y ~ x * side", frame)
    shuffled = frame.sample(frac=1, random_state=0)
    other = fit_lmm_formula(
        "y ~ x * side",
        shuffled.assign(y=shuffled["y"] + 1e6, subject=shuffled["subject"] + "_"),
    )

    np.testing.assert_allclose(other.beta[1:], one.beta[1:], rtol=1e-7)
    np.testing.assert_allclose(other.se, one.se, rtol=1e-7)
    assert other.beta[0] - one.beta[0] == pytest.approx(1e6)


def test_a_model_without_intercept_is_fitted_as_given():
    frame = make_frame(60, 5)
    result = fit_lmm_formula("y ~ x - 1", frame)
    _, beta, se = fit_dense(
        frame[["x"]].to_numpy(),
        np.ones((60, 1)),
        frame["y"].to_numpy(),
        frame["subject"].to_numpy(),
        True,
    )

    np.testing.assert_allclose(result.beta, beta, rtol=1e-4)
    np.testing.assert_allclose(result.se, se, rtol=1e-3)


def test_variance_explained_is_that_of_its_definitions():
    frame = make_frame()
    result = fit_lmm_formula("y ~ x * side", frame)
    fixed = build_design("x * side", frame).matrix @ result.beta
    own = frame["subject"].map(result.to_random_frame()["intercept"]).to_numpy()
    whole = fixed.var() + result.random_variance + result.residual_variance
    y = frame["y"].to_numpy()

    assert result.marginal_r2 == pytest.approx(fixed.var() / whole)
    assert result.conditional_r2 == pytest.approx(1 - result.residual_variance / whole)
    assert result.marginal_r2_observed == pytest.approx(fixed.var() / y.var())
    assert result.conditional_r2_observed == pytest.approx(
        (fixed.var() + own.var()) / y.var()
    )


def test_random_slopes_count_in_the_variance_explained():
    frame = make_frame(slope=0.5)
    result = fit_lmm_formula("y ~ x", frame, random="intercept+slope", slope="x")
    z = np.column_stack((np.ones(len(frame)), frame["x"]))
    random = np.einsum("ij,jk,ik->i", z, result.random_covariance, z).mean()
    fixed = (result.beta[1] * frame["x"]).var(ddof=0)
    own = result.to_random_frame().loc[frame["subject"]].to_numpy()

    assert result.marginal_r2 == pytest.approx(
        fixed / (fixed + random + result.residual_variance)
    )
    assert result.conditional_r2_observed == pytest.approx(
        (fixed + (own * z).sum(axis=1).var()) / frame["y"].var(ddof=0)
    )


def test_tables_have_the_names_of_the_field():
    result = fit_lmm_formula("y ~ x", make_frame())
    table = result.to_frame()

    assert list(table.columns) == ["Coef.", "Std.Err.", "z", "P>|z|"]
    assert list(table.index) == ["Intercept", "x"]
    assert result.provenance.n["n_trials"] == 240


def test_rows_that_miss_a_value_are_left_out_and_counted():
    frame = make_frame()
    frame.loc[::10, "y"] = np.nan
    result = fit_lmm_formula("y ~ x", frame)

    assert (result.n, result.provenance.n["n_missing"]) == (216, 24)


def test_statistics_of_a_part_are_those_of_its_trials():
    frame = make_frame()
    design = build_design("x * side", frame)
    whole = compute_subject_statistics(design, frame["y"], frame["subject"])
    part = whole.select(np.array([0, 1])).take(np.arange(6) != 2)
    kept = frame[frame["subject"] != whole.groups[2]]
    expected = fit_lmm_formula("y ~ x", kept)

    np.testing.assert_allclose(fit_lmm_statistics(part).beta, expected.beta, rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"subject": "s0"}, "at least two subjects"),
        ({"y": 3.7}, "constant response"),
        ({"side": 0.5}, "constant columns: side"),
        ({"y": np.nan}, "no trials"),
        ({"subject": None}, "no trials"),
    ],
)
def test_groups_that_can_not_be_fitted_are_told(change, words):
    with pytest.raises(GroupFault) as caught:
        fit_lmm_formula("y ~ x + side", make_frame().assign(**change))

    assert words in f"{caught.value.problem} {caught.value.found}"


def test_twice_the_same_column_is_told():
    frame = make_frame().assign(twin=lambda f: 2 * f["x"] - 3)
    with pytest.raises(GroupFault, match="no unique solution"):
        fit_lmm_formula("y ~ x + twin", frame)


def test_fewer_trials_than_columns_are_told():
    with pytest.raises(GroupFault) as caught:
        fit_lmm_formula("y ~ x * side", make_frame(4, 2, seed=5))

    assert "4 trials for 4 coefficients" in caught.value.found


def test_arrays_that_miss_values_or_rows_are_told():
    x = np.ones((4, 1))
    for y in ([1.0, np.nan, 2.0, 3.0], [1.0, 2.0]):
        with pytest.raises(AnalysisError) as caught:
            fit_lmm(x, y, [0, 0, 1, 1])

        assert caught.value.code == "RV-A83"


@pytest.mark.parametrize(
    "words",
    [{"method": "bayes"}, {"random": "slope"}, {"random": "intercept+slope"}],
)
def test_options_that_there_are_not_are_told(words):
    with pytest.raises(AnalysisError) as caught:
        fit_lmm_formula("y ~ x", make_frame(), **words)

    assert caught.value.code == "RV-A84"
