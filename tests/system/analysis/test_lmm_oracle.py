"""Mixed models, their folds and curves against statsmodels; what they cost."""

import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.statistics import (
    anova_rm,
    build_design,
    crossval_lmm,
    fit_functional_lmm,
    fit_lmm_formula,
    fit_ols,
    permutation_null,
)

pytestmark = pytest.mark.system

CROP = Path(__file__).parents[2] / "data" / "flmm" / "binary_every_tenth.csv"


def make_study(n=14_000, n_subjects=8, seed=0):
    rng = np.random.default_rng(seed)
    subject = np.sort(rng.integers(0, n_subjects, n))
    contrast = np.log2(rng.choice([1, 6.25, 12.5, 25, 100], n))
    frame = pd.DataFrame(
        {
            "contrast": contrast - contrast.mean(),
            "side": rng.choice([-0.5, 0.5], n),
            "reward": rng.choice([-0.5, 0.5], n),
            "subject": [f"s{i}" for i in subject],
        }
    )
    frame["response"] = (
        1
        + (0.3 + 0.1 * rng.normal(size=n_subjects)[subject]) * frame["contrast"]
        + 0.2 * frame["side"]
        + 0.5 * frame["reward"]
        + 0.4 * rng.normal(size=n_subjects)[subject]
        + rng.normal(size=n)
    )
    return frame


def fit_statsmodels(formula, frame, group="subject", slope=None, **words):
    from statsmodels.formula.api import mixedlm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mixedlm(formula, frame, groups=frame[group], re_formula=slope).fit(
            **words
        )


def measure_ratio(slow, fast, n_rounds=5):
    """CPU time of one over the other, paired; the median of the rounds."""
    slow(), fast()
    ratios = []
    for _ in range(n_rounds):
        start = time.process_time()
        slow()
        middle = time.process_time()
        for _ in range(5):
            fast()
        ratios.append((middle - start) / ((time.process_time() - middle) / 5))
    return float(np.median(ratios))


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("slope", [None, "~contrast"])
def test_models_are_those_of_statsmodels(reml, slope):
    frame, formula = make_study(), "response ~ contrast * side * reward"
    expected = fit_statsmodels(
        formula, frame, slope=slope, reml=reml, method=["powell", "lbfgs"]
    )
    result = fit_lmm_formula(
        formula,
        frame,
        random="intercept+slope" if slope else "intercept",
        slope="contrast" if slope else "",
        method="reml" if reml else "ml",
    )
    names = list(result.columns)

    np.testing.assert_allclose(result.beta, expected.fe_params[names], atol=1e-6)
    np.testing.assert_allclose(result.se, expected.bse_fe[names], rtol=3e-3)
    assert result.log_likelihood == pytest.approx(expected.llf, abs=1e-4)
    assert result.log_likelihood > expected.llf - 1e-6
    assert result.converged


def test_least_squares_are_those_of_statsmodels():
    from statsmodels.formula.api import ols

    frame, formula = make_study(700), "response ~ contrast * side * reward"
    expected = ols(formula, frame).fit()
    result = fit_ols(build_design(formula, frame), frame["response"])
    table = result.to_frame()

    np.testing.assert_allclose(
        table["Coef."], expected.params[table.index], rtol=1e-10, atol=1e-13
    )
    np.testing.assert_allclose(table["Std.Err."], expected.bse[table.index], rtol=1e-10)
    np.testing.assert_allclose(
        table["P>|t|"], expected.pvalues[table.index], rtol=1e-8, atol=1e-300
    )


MODELS = {
    "full": "response ~ contrast * side",
    "side": "response ~ contrast",
    "contrast": "response ~ side",
    "interactions": "response ~ contrast + side",
    "ceiling": "response ~ C(contrast) * side",
}


def crossval_statsmodels(frame):
    scores = {}
    for model, formula in MODELS.items():
        for subject, test in frame.groupby("subject"):
            train = frame[frame["subject"] != subject]
            fitted = fit_statsmodels(formula, train, reml=False)
            left = test["response"] - fitted.predict(test)
            scores[model, subject] = 1 - left.var() / test["response"].var()
    return scores


def test_folds_are_those_of_statsmodels():
    frame = make_study()
    expected = crossval_statsmodels(frame)
    table = crossval_lmm(frame, MODELS).table.set_index(["model", "subject"])
    for key, r2 in expected.items():
        assert table.loc[key, "r2"] == pytest.approx(r2, abs=1e-6)


@pytest.mark.parametrize("reml", [True, False])
def test_a_fit_costs_a_tenth_of_statsmodels_at_most(reml):
    """Measured on one idle core: 16 to 20 times, from formula and frame to table."""
    frame, formula = make_study(), "response ~ contrast * side * reward"
    method = "reml" if reml else "ml"
    ratio = measure_ratio(
        lambda: fit_statsmodels(formula, frame, reml=reml),
        lambda: fit_lmm_formula(formula, frame, method=method),
    )

    assert ratio > 10


def test_folds_cost_a_twentyfifth_of_statsmodels_at_most():
    frame = make_study()
    ratio = measure_ratio(
        lambda: crossval_statsmodels(frame), lambda: crossval_lmm(frame, MODELS), 3
    )

    assert ratio > 25


def test_nulls_cost_a_fortieth_of_refits_at_most():
    from statsmodels.formula.api import ols

    rng = np.random.default_rng(0)
    names = ["contrast", "side", "reward", "speed"]
    sessions = [
        pd.DataFrame(rng.normal(size=(n, 5)), columns=[*names, "response"])
        for n in rng.integers(500, 900, 20)
    ]
    full = "response ~ (contrast + side + reward + speed) ** 2"
    reduced = "response ~ (side + reward + speed) ** 2"
    frame, donors = sessions[0], [each["contrast"] for each in sessions[1:]]

    def refit():
        deltas = []
        for donor in donors:
            n = min(len(frame), len(donor))
            part = frame[:n].assign(contrast=donor.to_numpy()[:n])
            deltas.append(
                ols(full, part).fit().rsquared - ols(reduced, part).fit().rsquared
            )
        return deltas

    def draw():
        return permutation_null(frame, full, "contrast", donors).null

    np.testing.assert_allclose(draw(), refit(), atol=1e-13)
    assert measure_ratio(refit, draw) > 40


def test_an_unbalanced_anova_is_that_of_statsmodels():
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    cells = (
        make_study(2000)
        .groupby(["subject", "side", "reward"], as_index=False)["response"]
        .mean()[1:]
    )
    table = anova_rm(cells, ["side", "reward"]).set_index("effect")
    formula = "response ~ C(side, Sum) * C(reward, Sum) + C(subject, Sum)"
    expected = anova_lm(ols(formula, cells).fit(), typ=3)

    assert table.loc["side:reward", "F"] == pytest.approx(
        expected.loc["C(side, Sum):C(reward, Sum)", "F"]
    )


def check_published_curves(frame, names):
    """Powell's method: at a variance of zero statsmodels' default finds no fit."""
    design = np.column_stack((np.ones(len(frame)), frame["cs"]))
    result = fit_functional_lmm(frame[names].to_numpy(), design, frame["id"])
    for k in range(0, len(names), max(len(names) // 13, 1)):
        part = frame[["id", "cs"]].assign(y=frame[names[k]])
        expected = fit_statsmodels("y ~ cs", part, "id", method=["powell", "lbfgs"])

        np.testing.assert_allclose(
            result.beta_pointwise[:, k], expected.fe_params, atol=1e-6
        )
        np.testing.assert_allclose(
            result.se_pointwise[:, k], expected.bse_fe, rtol=3e-3
        )
    width = result.joint_high - result.joint_low

    assert (width > result.ci_high - result.ci_low).all()
    return result


def test_the_tutorials_data_show_the_effect_after_the_cue():
    """Early in the trial the kinds of trial are alike, later they are far apart."""
    frame = pd.read_csv(CROP)
    names = [name for name in frame if name.startswith("photometry")]
    result = check_published_curves(frame, names)
    apart = (result.joint_high[1] < 0) | (result.joint_low[1] > 0)

    assert apart[5:10].all()
    assert abs(result.beta[1, 6]) > 5 * abs(result.beta[1, :5]).max()


def test_the_whole_tutorials_data_agree():
    shared = os.environ.get("RANVIER_SHARED")
    if not shared:
        pytest.skip("RANVIER_SHARED does not name the folder of recorded data")
    path = Path(shared) / "data" / "photometry" / "FLMM_binary.csv"
    if not path.exists():
        pytest.skip("the tutorial's data are not in RANVIER_SHARED")
    frame = pd.read_csv(path)
    names = [name for name in frame if name.startswith("photometry")]
    result = check_published_curves(frame, names)

    assert result.n_failed == 0
    assert abs(result.beta[1]).argmax() in range(55, 70)
