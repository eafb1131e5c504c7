"""Least squares for each recording of a study, with one design for all."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._design import Design, build_design
from ranvier.analysis.statistics._formula import find_response, select_complete

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ranvier.analysis.arrays import FloatArray, IntArray


from ranvier.analysis.statistics._ols import (
    compute_dropone_delta_r2,
    make_ols_result,
    solve_ols,
)

__all__ = ["RESPONSE_GLM", "OlsBatch", "fit_ols_by", "fit_response_glm"]


RESPONSE_GLM = "response ~ (contrast + side + reward) ** 2"


@dataclass(frozen=True)
class OlsBatch:
    """Least-squares fits of many recordings.

    Parameters
    ----------
    coefficients
        The keys of a recording, term, coef, se, t, p.
    fits
        The keys, n_trials, r2, and delta_r2_<variable> for each dropped variable.
    failures
        The keys, n_trials, reason.
    n_failed
        Number of recordings not fitted.
    provenance
        Where it comes from.
    """

    coefficients: pd.DataFrame
    fits: pd.DataFrame
    failures: pd.DataFrame
    n_failed: int
    provenance: Provenance = field(repr=False)


def fit_ols_by(
    frame: pd.DataFrame,
    formula: str,
    by: Sequence[str],
    *,
    drop: Sequence[str] = (),
    centre: Sequence[str] = (),
    min_trials: int = 20,
) -> OlsBatch:
    """Fit one formula to each recording of a study.

    The design is built once, over all recordings.

    Parameters
    ----------
    frame
        One row a trial. Rows that miss a value are left out.
    formula
        "response ~ contrast * side".
    by
        Columns that tell recordings apart: ("eid", "target_NM", "fiber_idx", "event").
    drop
        Variables whose ΔR² is wanted.
    centre
        Columns to centre on the mean of each recording's trials first.
    min_trials
        Fewest trials of a recording.

    Returns
    -------
    OlsBatch
        Recordings with too few trials, a constant response or columns that are sums of
        others are among the failures.

    Raises
    ------
    AnalysisError
        RV-A82 if the formula does not fit the frame.
    """
    keys = list(by)
    # A recording without any complete trial fails too: it is numbered before.
    numbers = np.asarray(frame.groupby(keys, sort=False, dropna=False).ngroup())
    first = np.unique(numbers, return_index=True)[1]
    labels = frame[keys].iloc[first].to_dict("records")
    complete = select_complete(frame, [formula], centre)
    kept, codes = frame[complete], numbers[complete]
    if centre and len(kept):
        names = list(centre)
        means = kept.groupby(codes)[names].transform("mean")
        kept = kept.assign(**{name: kept[name] - means[name] for name in names})
    design = build_design(formula, kept)
    y = kept[find_response(formula)].to_numpy(dtype=np.float64)
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(labels) + 1))
    parts = [order[a:b] for a, b in itertools.pairwise(edges)]
    words = {
        "formula": formula,
        "by": keys,
        "drop": list(drop),
        "centre": list(centre),
        "min_trials": min_trials,
    }
    return _fit_parts(design, y, dict(enumerate(labels)), parts, words)


def fit_response_glm(
    frame: pd.DataFrame,
    by: Sequence[str],
    *,
    formula: str = RESPONSE_GLM,
    min_trials: int = 20,
) -> OlsBatch:
    """Fit the response of each recording to contrast, side and reward.

    Parameters
    ----------
    frame
        Unbiased trials with a choice: response, contrast (coded), side and reward
        (±0.5).
    by
        Columns that tell recordings and events apart.
    formula
        Main effects and two-way interactions unless given.
    min_trials
        Fewest trials of a recording.

    Returns
    -------
    OlsBatch
        Contrast is centred on the trials of each recording. `coef / se` (column t)
        weighs coefficients by how well they are known.

    Raises
    ------
    AnalysisError
        RV-A82 if the formula does not fit the frame.
    """
    return fit_ols_by(frame, formula, by, centre=("contrast",), min_trials=min_trials)


def _fit_parts(
    design: Design,
    y: FloatArray,
    labels: Mapping[int, dict[Any, Any]],
    parts: Sequence[IntArray],
    words: dict[str, Any],
) -> OlsBatch:
    coefficients: list[pd.DataFrame] = []
    fits: list[dict[Any, Any]] = []
    failures: list[dict[Any, Any]] = []
    provenance = make_provenance("fit_ols_by", words, n_trials=len(y))
    for i, rows in enumerate(parts):
        few = len(rows) < words["min_trials"]
        solved, reason = (
            (None, "too few trials") if few else solve_ols(design.matrix[rows], y[rows])
        )
        label = labels[i] | {"n_trials": len(rows)}
        if solved is None:
            failures.append(label | {"reason": reason})
            continue
        result = make_ols_result(design, solved, len(rows), provenance)
        lost = compute_dropone_delta_r2(result, words["drop"], solved.tss)
        named = {f"delta_r2_{name}": value for name, value in lost.items()}
        fits.append(label | {"r2": result.r2} | named)
        values = {"coef": result.beta, "se": result.se, "t": result.t, "p": result.p}
        coefficients.append(
            pd.DataFrame(labels[i] | {"term": list(design.columns)} | values)
        )
    keys = list(words["by"])
    return OlsBatch(
        coefficients=pd.concat(coefficients, ignore_index=True)
        if coefficients
        else pd.DataFrame(columns=[*keys, "term", "coef", "se", "t", "p"]),
        fits=pd.DataFrame(fits) if fits else pd.DataFrame(columns=[*keys, "n_trials"]),
        failures=pd.DataFrame(failures, columns=[*keys, "n_trials", "reason"]),
        n_failed=len(failures),
        provenance=make_provenance(
            "fit_ols_by",
            words,
            n_trials=len(y),
            n_recordings=len(parts),
            n_failed=len(failures),
        ),
    )
