from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.statistics import (
    build_design,
    fit_lmm,
    predict_lmm,
)
from ranvier.analysis.studies._lmm_effects import (
    compute_factor_means,
    compute_predictions,
    predict_at,
)

FORMULA = "response ~ contrast * side * reward"


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    n = 400
    frame = pd.DataFrame(
        {
            "contrast": rng.choice([-1.0, 0.0, 2.0], n),
            "side": rng.choice([-0.5, 0.5], n),
            "reward": rng.choice([-0.5, 0.5], n),
            "subject": rng.choice(["A", "B", "C"], n),
        }
    )
    frame["response"] = 1.0 + frame["reward"] + rng.normal(0.0, 0.5, n)
    design = build_design(FORMULA, frame)
    return fit_lmm(design, frame["response"], frame["subject"]), design


def test_predictions_are_those_of_the_design(fitted):
    fit, design = fitted
    rows = pd.DataFrame(
        {"contrast": [-1.0, 2.0], "side": [0.5, -0.5], "reward": [0.5, 0.5]}
    )
    found, wanted = predict_at(fit, rows), predict_lmm(fit, design, rows)

    for name in ("predicted", "se", "ci_low", "ci_high"):
        assert found[name].to_numpy() == pytest.approx(wanted[name].to_numpy())


def test_factor_means_hold_the_other_factors_in_their_middle(fitted):
    fit, _ = fitted
    table = compute_factor_means({("VTA-DA", "e"): fit})
    own = table[table["effect"] == "reward"].set_index("reward")["mean"]

    assert own[0.5] + own[-0.5] == pytest.approx(2 * fit.beta[0])
    assert set(table["effect"]) == {"side", "reward"}


def test_each_contrast_side_and_outcome_is_predicted(fitted):
    fit, _ = fitted
    levels = pd.DataFrame(
        {
            "target_NM": "VTA-DA",
            "event": "e",
            "contrast": [-1.0, -1.0, 2.0],
            "contrast_percent": [0.0, 0.0, 100.0],
        }
    )
    table = compute_predictions({("VTA-DA", "e"): fit}, levels)

    assert len(table) == 8
    assert set(table["contrast"]) == {0.0, 100.0}


def test_without_fits_the_tables_are_empty():
    levels = pd.DataFrame(columns=["target_NM", "event", "contrast"])

    assert compute_factor_means({}).empty
    assert compute_predictions({}, levels).empty
