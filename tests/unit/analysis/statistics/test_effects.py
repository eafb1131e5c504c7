import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import (
    build_design,
    compare_likelihoods,
    compute_contrast_slopes,
    compute_interaction_effects,
    compute_marginal_means,
    fit_lmm_formula,
    predict_lmm,
)
from ranvier.core import AnalysisError

FORMULA = "y ~ contrast * side * reward"


def make_frame(n=600, seed=0):
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, 6, n)
    frame = pd.DataFrame(
        {
            "contrast": rng.normal(size=n),
            "side": rng.choice([-0.5, 0.5], n),
            "reward": rng.choice([-0.5, 0.5], n),
            "subject": subject,
        }
    )
    frame["y"] = (
        1.0
        + 0.5 * frame["contrast"]
        + 0.3 * frame["contrast"] * frame["reward"]
        + 0.4 * frame["reward"] * frame["side"]
        + 0.3 * rng.normal(size=6)[subject]
        + 0.5 * rng.normal(size=n)
    )
    return frame


def test_predictions_have_the_error_of_their_sum():
    frame = make_frame()
    design, result = build_design(FORMULA, frame), fit_lmm_formula(FORMULA, frame)
    rows = frame[:5]
    table = predict_lmm(result, design, rows)
    x = design.matrix[:5]
    se = np.sqrt(np.diag(x @ result.covariance @ x.T))

    np.testing.assert_allclose(table["predicted"], x @ result.beta)
    np.testing.assert_allclose(table["ci_high"] - table["predicted"], 1.959964 * se)


def test_marginal_means_hold_the_others_at_zero():
    frame = make_frame()
    design, result = build_design(FORMULA, frame), fit_lmm_formula(FORMULA, frame)
    table = compute_marginal_means(
        result, design, {"side": [-0.5, 0.5], "contrast": [0.0, 2.0]}
    )
    beta = dict(zip(result.columns, result.beta, strict=True))
    expected = (
        beta["Intercept"]
        + 0.5 * beta["side"]
        + 2 * beta["contrast"]
        + beta["contrast:side"]
    )

    assert table.shape == (4, 6)
    assert table["mean"].iloc[3] == pytest.approx(expected)


def test_marginal_means_can_hold_others_elsewhere():
    frame = make_frame()
    design, result = build_design(FORMULA, frame), fit_lmm_formula(FORMULA, frame)
    table = compute_marginal_means(
        result, design, {"side": [0.5]}, held={"reward": 0.5, "contrast": 1.0}
    )
    row = pd.DataFrame({"contrast": [1.0], "side": [0.5], "reward": [0.5]})

    assert table["mean"].iloc[0] == pytest.approx(
        predict_lmm(result, design, row)["predicted"].iloc[0]
    )


def test_slopes_are_main_effect_and_interaction():
    result = fit_lmm_formula(FORMULA, make_frame())
    table = compute_contrast_slopes(result)
    beta = dict(zip(result.columns, result.beta, strict=True))
    at = [result.columns.index(n) for n in ("contrast", "contrast:reward")]
    block = result.covariance[np.ix_(at, at)]
    weights = np.array([1.0, 0.5])

    assert table["slope"].iloc[1] == pytest.approx(
        beta["contrast"] + 0.5 * beta["contrast:reward"]
    )
    assert table["se"].iloc[1] == pytest.approx(np.sqrt(weights @ block @ weights))
    np.testing.assert_allclose(table["p"], 2 * norm.sf(np.abs(table["z"])))


def test_slopes_of_subjects_follow_when_they_are_random():
    frame = make_frame()
    result = fit_lmm_formula(FORMULA, frame, random="intercept+slope", slope="contrast")
    table = compute_contrast_slopes(result)
    own = table[(table["subject"] == 3) & (table["level"] == 0.5)]["slope"].iloc[0]
    shift = result.to_random_frame().loc[3, "contrast"]

    assert len(table) == 2 + 2 * 6
    assert own == pytest.approx(table["slope"].iloc[1] + shift)


def test_interaction_effects_find_names_in_any_order():
    result = fit_lmm_formula(FORMULA, make_frame())
    one = compute_interaction_effects(result, "reward", "side")
    beta = dict(zip(result.columns, result.beta, strict=True))

    np.testing.assert_allclose(
        one["effect"],
        beta["reward"] + np.array([-0.5, 0.5]) * beta["side:reward"],
    )


def test_a_variable_that_is_not_in_the_model_is_told():
    result = fit_lmm_formula("y ~ side", make_frame())
    with pytest.raises(AnalysisError, match="no column"):
        compute_contrast_slopes(result)


def test_likelihoods_compare_nested_models():
    frame = make_frame()
    full = fit_lmm_formula("y ~ contrast * reward", frame, method="ml")
    reduced = fit_lmm_formula("y ~ contrast", frame, method="ml")
    told = compare_likelihoods(full, reduced)
    twice = 2 * (full.log_likelihood - reduced.log_likelihood)

    assert (told.chi2, told.df) == (pytest.approx(twice), 2)
    assert told.p == pytest.approx(chi2.sf(twice, 2))


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_models_that_do_not_compare_are_told(method):
    frame = make_frame()
    full = fit_lmm_formula("y ~ contrast", frame, method=method)
    other = frame if method == "reml" else frame[:500]
    reduced = fit_lmm_formula("y ~ 1", other, method=method)
    with pytest.raises(GroupFault, match="compared"):
        compare_likelihoods(full, reduced)
