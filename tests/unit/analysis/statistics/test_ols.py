import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import (
    build_design,
    compute_dropone_delta_r2,
    fit_ols,
    fit_ols_by,
    fit_response_glm,
)

FORMULA = "y ~ a * b + c"


def make_frame(n=80, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=list("abc"))
    frame["y"] = frame["a"] - frame["a"] * frame["b"] + rng.normal(size=n)
    return frame


def compute_r2(design, y):
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return 1 - (left**2).sum() / ((y - y.mean()) ** 2).sum()


def test_a_line_is_that_of_scipy():
    frame = make_frame()
    result = fit_ols(build_design("a", frame), frame["y"])
    expected = linregress(frame["a"], frame["y"])

    np.testing.assert_allclose(
        [result.beta[1], result.se[1], result.p[1], result.r2],
        [expected.slope, expected.stderr, expected.pvalue, expected.rvalue**2],
        rtol=1e-10,
    )


def test_dropping_a_variable_needs_no_refit():
    frame = make_frame()
    design, y = build_design(FORMULA, frame), frame["y"].to_numpy()
    result = fit_ols(design, y)
    tss = ((y - y.mean()) ** 2).sum()
    told = compute_dropone_delta_r2(result, ["a", "c", "nosuch"], tss)
    for name in ("a", "c"):
        less = compute_r2(design.drop(name).matrix, y)

        assert told[name] == pytest.approx(result.r2 - less, abs=1e-13)
    assert np.isnan(told["nosuch"])


def test_a_batch_is_its_fits():
    study = pd.concat([make_frame(seed=i).assign(eid=f"e{i}") for i in range(4)])
    study = study.sample(frac=1, random_state=0)
    told = fit_ols_by(study, FORMULA, ["eid"], drop=["a"])
    for name, part in study.groupby("eid"):
        alone = fit_ols(build_design(FORMULA, part), part["y"])
        rows = told.coefficients[told.coefficients["eid"] == name]

        np.testing.assert_allclose(rows["coef"], alone.beta)
        np.testing.assert_allclose(rows["t"], alone.t)
    assert (told.fits["delta_r2_a"] > 0.1).all()


def test_recordings_that_can_not_be_fitted_are_counted():
    good = make_frame().assign(eid="good")
    study = pd.concat(
        [
            good,
            good[:5].assign(eid="short"),
            good.assign(eid="flat", y=2.2),
            good.assign(eid="twin", b=1.0),
            good.assign(eid="zero", c=0.0),
            good.assign(eid="empty", y=np.nan),
        ]
    )
    told = fit_ols_by(study, FORMULA, ["eid"])
    reasons = told.failures.set_index("eid")["reason"].to_dict()

    assert reasons == {
        "short": "too few trials",
        "flat": "a constant response",
        "twin": "columns that are sums of others",
        "zero": "a column of zeros",
        "empty": "too few trials",
    }
    assert told.n_failed == 5
    assert told.fits["eid"].tolist() == ["good"]


def test_a_study_without_a_fit_has_empty_tables():
    told = fit_ols_by(make_frame(3).assign(eid="a"), FORMULA, ["eid"])

    assert told.fits.empty
    assert list(told.coefficients) == ["eid", "term", "coef", "se", "t", "p"]


def test_the_response_glm_centres_contrast_in_each_recording():
    rng = np.random.default_rng(0)
    n = 120
    study = pd.DataFrame(
        {
            "eid": np.repeat(["a", "b"], n // 2),
            "contrast": rng.choice([0, 1, 2, 3.0], n) + np.repeat([0, 10], n // 2),
            "side": rng.choice([-0.5, 0.5], n),
            "reward": rng.choice([-0.5, 0.5], n),
        }
    )
    study["response"] = 0.2 * study["contrast"] + rng.normal(size=n)
    told = fit_response_glm(study, ["eid"])
    part = study[study["eid"] == "b"].assign(
        contrast=lambda f: f["contrast"] - f["contrast"].mean()
    )
    alone = fit_ols(
        build_design("(contrast + side + reward) ** 2", part), part["response"]
    )
    rows = told.coefficients[told.coefficients["eid"] == "b"]

    assert len(rows) == 7
    np.testing.assert_allclose(rows["coef"], alone.beta, rtol=1e-8)


def test_columns_that_are_sums_of_others_are_told():
    x = np.ones((10, 2))
    with pytest.raises(GroupFault, match="no unique solution"):
        fit_ols(x, np.arange(10.0))


def test_an_exact_fit_has_no_residual():
    x = np.column_stack((np.ones(4), np.arange(4.0)))
    result = fit_ols(x, x @ [1.0, 2.0])

    assert result.r2 == pytest.approx(1.0)
