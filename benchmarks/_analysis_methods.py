"""The methods that are measured, their data, and how their results are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from benchmarks import _analysis_plain as plain
from benchmarks._analysis_pairs import Pair

FULL = "response ~ contrast * side * reward"
MODELS = {
    "full": FULL,
    "contrast": "response ~ side * reward",
    "side": "response ~ contrast * reward",
    "reward": "response ~ contrast * side",
    "interactions": "response ~ contrast + side + reward",
}
SESSION_FULL = "response ~ contrast * side + log_reaction_time"
SESSION_REDUCED = "response ~ contrast * side"


def make_trials(n_subjects: int, n_each: int, seed: int = 0) -> pd.DataFrame:
    """Trials of some subjects, with a response that has known effects."""
    rng = np.random.default_rng(seed)
    n = n_subjects * n_each
    subject = np.repeat(np.arange(n_subjects), n_each)
    contrast = np.log2(rng.choice([1.0, 6.25, 12.5, 25.0, 100.0], n))
    side = rng.choice([-0.5, 0.5], n)
    reward = np.where(rng.random(n) < 0.8, 0.5, -0.5)
    response = 0.1 * contrast + 0.3 * side + 0.5 * reward + 0.1 * contrast * reward
    response += rng.normal(0, 0.4, n_subjects)[subject] + rng.normal(0, 1, n)
    return pd.DataFrame(
        {
            "subject": [f"m{number:02d}" for number in subject],
            "contrast": contrast - contrast.mean(),
            "side": side,
            "reward": reward,
            "log_reaction_time": rng.normal(-0.7, 0.3, n),
            "response": response,
        }
    )


# --- sliding QC ------------------------------------------------------------------


def make_channels() -> tuple[np.ndarray, np.ndarray]:
    """One hour at 30 Hz of three regions in two bands."""
    from ranvier.sim.photometry_session import ChoiceTask, Fibre, simulate_session

    fibres = (Fibre("VTA", "l", "G0"), Fibre("DR", "r", "G1"), Fibre("LC", "l", "G2"))
    session = simulate_session(1, task=ChoiceTask(), fibres=fibres)
    lit = session.led_states == 2
    times = session.frame_times[lit]
    dark = session.signals[session.led_states == 1][: len(times)]
    n = min(len(times), len(dark))
    return times[:n], np.hstack((session.signals[lit][:n], dark[:n]))


def _slide(data: Any) -> Any:
    from ranvier.analysis.qc import compute_sliding_qc

    return compute_sliding_qc(*data).table.to_numpy()


# --- mixed models ----------------------------------------------------------------


def _fit(data: pd.DataFrame, method: Any) -> Any:
    from ranvier.analysis.statistics import fit_lmm_formula

    return fit_lmm_formula(FULL, data, method=method)


def _differ_beta(ours: Any, other: Any) -> float:
    beta = other.fe_params[[*ours.columns]].to_numpy()
    return float(np.abs(ours.beta - beta).max())


def _differ_se(ours: Any, other: Any) -> float:
    se = other.bse_fe[[*ours.columns]].to_numpy()
    return float(np.abs(ours.se / se - 1).max())


def _cross_validate(data: pd.DataFrame) -> Any:
    from ranvier.analysis.statistics import crossval_lmm

    table = crossval_lmm(data, MODELS).table
    table = table[table["subject"] != "aggregate"]
    return {(row.model, row.subject): row.r2 for row in table.itertuples()}


def _differ_keys(ours: Any, other: Any) -> float:
    if ours.keys() != other.keys():
        return float("inf")
    return max(abs(ours[key] - other[key]) for key in other)


# --- permutations ----------------------------------------------------------------


def make_donors() -> tuple[pd.DataFrame, list[np.ndarray]]:
    """Trials of a session, and the reaction times of 19 others."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(550, 850, 19)
    return make_trials(1, 700), [rng.normal(-0.7, 0.3, n) for n in lengths]


def _swap(data: Any) -> Any:
    from ranvier.analysis.statistics import permutation_null

    frame, donors = data
    return permutation_null(frame, SESSION_FULL, "log_reaction_time", donors).null


def _swap_plainly(data: Any) -> Any:
    frame, donors = data
    return plain.drop_one_null(
        frame, SESSION_FULL, SESSION_REDUCED, "log_reaction_time", donors
    )


def make_sides(n_draws: int) -> tuple[Any, ...]:
    """Coefficients of 40 recordings, psychometric parameters, orders of the rows."""
    # The same orders for both: those that fit_cca draws by its seed.
    from ranvier.analysis.statistics._cca import draw_row_orders

    rng = np.random.default_rng(5)
    x = rng.normal(size=(40, 6))
    y = rng.normal(size=(40, 4))
    y[:, 0] += 0.6 * x[:, 1]
    y[:, 2] -= 0.4 * x[:, 3]
    orders = np.concatenate([*draw_row_orders(40, n_draws, 0)])
    return x, y, orders


def _correlate(data: Any) -> Any:
    from ranvier.analysis.statistics import fit_cca

    x, y, orders = data
    found = fit_cca(x, y, n_permutations=len(orders))
    return float(found.r[0]), found.null_r


def _differ_r(ours: Any, other: Any) -> float:
    return max(abs(ours[0] - other[0]), float(np.abs(ours[1] - other[1]).max()))


# --- psychometric functions --------------------------------------------------------


def make_choices() -> tuple[np.ndarray, np.ndarray]:
    """Choices of 700 trials of a subject that is biased, and lapses."""
    from scipy.special import erf

    rng = np.random.default_rng(7)
    strength = rng.choice([0.0, 6.25, 12.5, 25.0, 100.0], 700)
    contrast = strength * rng.choice([-1, 1], 700)
    p = 0.08 + (1 - 0.08 - 0.05) * (erf((contrast - 4.0) / 18.0) + 1) / 2
    return contrast, rng.random(700) < p


def _fit_choices(data: Any) -> Any:
    from ranvier.analysis.behaviour import fit_psychometric

    fit = fit_psychometric(*data)
    at = np.array([fit.bias, fit.threshold, fit.lapse_right, fit.lapse_left])
    return at, fit.log_likelihood


def _differ_curve(ours: Any, other: Any) -> float:
    from scipy.special import erf

    x = np.linspace(-100, 100, 201)
    curves = [
        low + (1 - low - high) * (erf((x - bias) / threshold) + 1) / 2
        for bias, threshold, low, high in (ours[0], other[0])
    ]
    return float(np.abs(curves[0] - curves[1]).max())


def list_pairs(*, is_quick: bool) -> list[Pair]:
    """Give all methods that are compared."""
    n_draws, n_each = (100, 300) if is_quick else (1000, 1750)

    def make_group() -> pd.DataFrame:
        return make_trials(8, n_each)

    return [
        Pair(
            "sliding QC",
            make_channels,
            _slide,
            lambda data: plain.slide_by_metric(*data),
            lambda ours, other: float(np.abs(ours / other - 1).max()),
            "largest relative difference of a metric",
            1e-10,
            "metric by metric, linregress in each window",
            10.0,
            {
                "window by window, linregress in each": (
                    lambda data: plain.slide_by_window(*data)
                )
            },
        ),
        Pair(
            "mixed model, REML",
            make_group,
            lambda data: _fit(data, "reml"),
            lambda data: plain.fit_mixed(FULL, data, reml=True, method="powell"),
            _differ_beta,
            "largest difference of a coefficient",
            1e-6,
            "statsmodels, Powell",
            15.0,
            {
                "statsmodels, its own choice of search": lambda data: plain.fit_mixed(
                    FULL, data, reml=True, method=None
                )
            },
        ),
        Pair(
            "mixed model, ML",
            make_group,
            lambda data: _fit(data, "ml"),
            lambda data: plain.fit_mixed(FULL, data, reml=False, method="powell"),
            _differ_se,
            "largest relative difference of a standard error",
            3e-3,
            "statsmodels, Powell",
            15.0,
        ),
        Pair(
            "leave one subject out, 5 models of 8",
            make_group,
            _cross_validate,
            lambda data: plain.cross_validate(data, MODELS),
            _differ_keys,
            "largest difference of a held-out R²",
            1e-6,
            "a loop over statsmodels",
            25.0,
        ),
        Pair(
            "permutation null, 19 donors",
            make_donors,
            _swap,
            _swap_plainly,
            lambda ours, other: float(np.abs(ours - other).max()),
            "largest difference of a ΔR²",
            1e-10,
            "a loop over statsmodels",
            40.0,
        ),
        Pair(
            f"CCA, {n_draws:,} permutations",
            lambda: make_sides(n_draws),
            _correlate,
            lambda data: plain.permute_cca(*data),
            _differ_r,
            "largest difference of a correlation, observed or drawn",
            1e-3,
            "a loop over scikit-learn",
            100.0,
        ),
        Pair(
            "psychometric function",
            make_choices,
            _fit_choices,
            lambda data: plain.fit_psychometric(*data),
            _differ_curve,
            "largest difference between the curves",
            1e-4,
            "scipy, 10 Nelder-Mead searches",
            10.0,
        ),
    ]
