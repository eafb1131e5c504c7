import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import (
    build_design,
    crossval_lmm,
    fit_lmm_formula,
    jackknife_lmm,
)
from ranvier.core import AnalysisError

MODELS = {"full": "y ~ x * side", "x": "y ~ side", "side": "y ~ x", "codes": "y ~ C(k)"}


def make_frame(n=300, n_subjects=5, seed=0):
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, n_subjects, n)
    x, side = rng.normal(size=n), rng.choice([-0.5, 0.5], n)
    y = 2 + x + 0.5 * side + rng.normal(size=n_subjects)[subject] + rng.normal(size=n)
    return pd.DataFrame(
        {"x": x, "side": side, "k": rng.integers(0, 3, n), "y": y, "subject": subject}
    )


@pytest.mark.parametrize("centred", [True, False])
def test_folds_are_those_of_refits_without_the_subject(centred):
    frame = make_frame()
    told = crossval_lmm(frame, MODELS, centred=centred)
    table = told.table.set_index(["model", "subject"])
    for model, formula in MODELS.items():
        for subject, test in frame.groupby("subject"):
            train = frame[frame["subject"] != subject]
            fitted = fit_lmm_formula(formula, train, method="ml")
            design = build_design(formula, train)
            left = test["y"].to_numpy() - design.code(test) @ fitted.beta
            rss = ((left - centred * left.mean()) ** 2).sum()
            r2 = 1 - rss / (test["y"].var(ddof=0) * len(test))

            assert table.loc[(model, subject), "r2"] == pytest.approx(r2, abs=1e-9)
    assert told.n_failed == 0


def test_delta_is_full_less_reduced_and_the_aggregate_a_mean():
    told = crossval_lmm(make_frame(), MODELS)
    r2 = told.table.pivot_table(index="subject", columns="model", values="r2")
    delta = told.table.set_index(["model", "subject"])["delta_r2"]

    assert delta["x", 3] == pytest.approx(r2.loc[3, "full"] - r2.loc[3, "x"])
    assert delta["x", "aggregate"] == pytest.approx(delta["x"].drop("aggregate").mean())
    assert delta["x", "aggregate"] > 0.2
    assert delta["full"].isna().all()


def test_a_condition_of_one_subject_fails_its_fold_alone():
    frame = make_frame()
    frame["only"] = np.where(frame["subject"] == 2, frame["side"], 0.0)
    told = crossval_lmm(frame, {"full": "y ~ x + only", "x": "y ~ x"})
    table = told.table.set_index(["model", "subject"])

    assert told.n_failed == 1
    assert told.failures.iloc[0].tolist() == ["full", 2, "no unique solution"]
    assert np.isnan(table.loc[("full", 2), "r2"])
    assert np.isnan(table.loc[("x", 2), "delta_r2"])
    assert np.isfinite(table.loc[("full", "aggregate"), "r2"])


def test_subjects_that_can_not_be_scored_are_counted():
    frame = make_frame()
    frame.loc[frame["subject"] == 1, "y"] = 3.0
    frame = frame[(frame["subject"] != 4) | (frame.index < 40)]
    least = int((frame["subject"] == 4).sum()) + 1
    told = crossval_lmm(frame, {"full": "y ~ x"}, min_test=least)

    assert set(told.failures["reason"]) == {
        "held-out response is constant",
        "too few trials held out",
    }


def test_rows_missing_in_one_model_leave_all():
    frame = make_frame()
    frame.loc[:49, "side"] = np.nan
    told = crossval_lmm(frame, MODELS)

    assert told.provenance.n["n_trials"] == 250


def test_models_of_other_responses_and_lone_subjects_are_told():
    frame = make_frame()
    with pytest.raises(GroupFault, match="one response"):
        crossval_lmm(frame, {"full": "y ~ x", "other": "x ~ side"})
    with pytest.raises(GroupFault, match="two"):
        crossval_lmm(frame[frame["subject"] == 1], {"full": "y ~ x"})
    with pytest.raises(AnalysisError):
        crossval_lmm(frame, MODELS, full="nosuch")


def test_the_jackknife_is_that_of_refits():
    frame = make_frame()
    told = jackknife_lmm(frame, MODELS)
    folds = np.array(
        [
            fit_lmm_formula(
                MODELS["full"], frame[frame["subject"] != s], method="ml"
            ).marginal_r2_observed
            for s in told.table["subject"].unique()
        ]
    )
    row = told.summary.set_index("model").loc["full"]

    np.testing.assert_allclose(
        told.table[told.table["model"] == "full"]["r2"], folds, rtol=1e-8
    )
    assert row["r2_se"] == pytest.approx(
        np.sqrt(4 / 5 * ((folds - folds.mean()) ** 2).sum())
    )
    assert row["r2"] == pytest.approx(
        fit_lmm_formula(MODELS["full"], frame, method="ml").marginal_r2_observed
    )


def test_the_jackknife_leaves_failed_folds_out():
    frame = make_frame()
    frame["only"] = np.where(frame["subject"] == 2, frame["side"], 0.0)
    told = jackknife_lmm(frame, {"full": "y ~ x + only"})

    assert told.n_failed == 1
    assert told.summary["n_folds"].tolist() == [4]
    with pytest.raises(GroupFault, match="three"):
        jackknife_lmm(frame[frame["subject"] < 2], {"full": "y ~ x"})
