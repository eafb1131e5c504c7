"""What mixed models of responses say: predictions, coefficients, variance, slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.figures._axes import (
    dress,
    find_limit,
    make_bar,
    name_columns,
    tell_nothing,
    tell_significance,
)
from ranvier.analysis.figures._contrast_panels import draw_contrast_panels
from ranvier.analysis.figures._effects import plot_marginal_means
from ranvier.analysis.figures._matrix import draw_matrix
from ranvier.analysis.figures._style import (
    INK,
    choose_colors,
    label_event,
    sort_targets,
)
from ranvier.analysis.figures._tables import (
    add_outcome,
    add_side,
    average,
    drop_unknown,
    is_on_midline,
)
from ranvier.analysis.figures._trial_types import CORRECT_STYLE, INCORRECT_STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_INTERCEPT = "Intercept"


def plot_lmm_response(
    figure: Figure | SubFigure,
    predictions: pd.DataFrame,
    magnitudes: pd.DataFrame | None = None,
    value: str = "response_early",
    title: str = "",
) -> tuple[Axes, Axes]:
    """Draw what a model predicts for each contrast, side and outcome, over the data.

    Parameters
    ----------
    figure
        Empty, or a part of one.
    predictions
        Of `predict_lmm`: contrast (percent, not coded), side and reward (±0.5 or
        words), predicted, ci_low, ci_high.
    magnitudes
        responses.pqt of the same trials: points with bars are means ± SEM of subjects'
        means.
    value
        Column of responses.
    title
        Of the figure.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        Contra and ipsi, as of `plot_relative_contrast`.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(predictions, "contrast", "predicted", "ci_low", "ci_high")
    table = add_outcome(add_side(rows)).rename(
        columns={
            "outcome": "group",
            "predicted": "mean",
            "ci_low": "low",
            "ci_high": "high",
        }
    )
    columns = ["group", "side", "contrast", "mean", "low", "high"]
    points = pd.DataFrame(columns=columns)
    if magnitudes is not None and not magnitudes.empty:
        observed = add_outcome(add_side(drop_unknown(magnitudes, value, "contrast")))
        means = average(observed, value, ["outcome", "side", "contrast"], "subject")
        points = means.rename(columns={"outcome": "group"}).assign(
            low=means["mean"] - means["sem"], high=means["mean"] + means["sem"]
        )
    styles = {"correct": CORRECT_STYLE, "incorrect": INCORRECT_STYLE}
    return draw_contrast_panels(
        figure,
        table[columns],
        styles,
        title=title,
        points=points,
        is_midline=magnitudes is not None and is_on_midline(magnitudes),
    )


def plot_lmm_coefficient_heatmap(
    axes: Axes,
    coefficients: pd.DataFrame,
    *,
    value: str = "Coef.",
    p: str = "P>|z|",
    title: str = "",
) -> Axes:
    """Draw coefficients of many models: a row a term, a column a target and event.

    Parameters
    ----------
    axes
        To draw on.
    coefficients
        `LmmResult.to_frame().reset_index()` of each model with target_NM and event
        added: term, `value`, `p`.
    value
        Column that is drawn.
    p
        Column of p-values: stars at 0.05, 0.01, 0.001.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The intercept is left out; terms in the order of the table.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(coefficients, "term", "target_NM", value)
    rows = rows[rows["term"] != _INTERCEPT]
    if rows.empty:
        return tell_nothing(axes, title)
    rows = rows.assign(model=_name_models(rows))
    columns = _order_models(rows)
    terms = list(dict.fromkeys(rows["term"].astype(str)))
    table = rows.pivot_table(value, "term", "model", sort=False).reindex(
        index=terms, columns=columns
    )
    numbers = table.to_numpy(np.float64)
    mesh = draw_matrix(axes, numbers, limit=find_limit(numbers))
    if p in rows:
        stars = rows.pivot_table(p, "term", "model", sort=False).reindex(
            index=terms, columns=columns
        )
        for (i, j), found in np.ndenumerate(stars.to_numpy(np.float64)):
            is_dark = abs(numbers[i, j]) > 0.6 * find_limit(numbers)
            axes.text(
                j,
                i,
                tell_significance(found),
                ha="center",
                va="center",
                fontsize=8,
                color="white" if is_dark else INK,
            )
    axes.set_yticks(range(len(terms)), [_format_term(term) for term in terms])
    dress(axes, title)
    name_columns(axes, columns)
    make_bar(axes, mesh, "Coefficient (z)" if value == "Coef." else value)
    return axes


def plot_lmm_variance_explained(
    axes: Axes, fits: pd.DataFrame, title: str = ""
) -> Axes:
    """Draw the variance that models explain, by fixed effects and by subjects.

    Parameters
    ----------
    axes
        To draw on.
    fits
        One row a model: target_NM, event if several, marginal_r2, conditional_r2.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Full colour: fixed effects; light: what the subjects add.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(fits, "target_NM", "marginal_r2", "conditional_r2")
    if rows.empty:
        return tell_nothing(axes, title)
    rows = rows.assign(model=_name_models(rows)).drop_duplicates("model")
    rows = rows.set_index("model").loc[_order_models(rows)]
    colors = [choose_colors(rows["target_NM"])[str(t)] for t in rows["target_NM"]]
    at = np.arange(len(rows))
    marginal = rows["marginal_r2"].to_numpy(np.float64)
    rest = np.maximum(rows["conditional_r2"].to_numpy(np.float64) - marginal, 0.0)
    axes.bar(at, marginal, color=colors, width=0.7)
    axes.bar(at, rest, bottom=marginal, color=colors, alpha=0.35, width=0.7)
    for i, top in enumerate(marginal + rest):
        axes.text(i, top, f"{marginal[i]:.2f}", ha="center", va="bottom", fontsize=7)
    dress(axes, title, ylabel="R² (light: with subjects)")
    axes.set_xlim(-0.6, len(rows) - 0.4)
    name_columns(axes, [str(name) for name in rows.index])
    return axes


def plot_lmm_summary(
    figure: Figure | SubFigure,
    coefficients: pd.DataFrame,
    fits: pd.DataFrame,
    means: pd.DataFrame,
    factor: str = "contrast",
) -> Figure | SubFigure:
    """Draw coefficients, variance explained and marginal means of many models.

    Parameters
    ----------
    figure
        Empty.
    coefficients
        As of `plot_lmm_coefficient_heatmap`.
    fits
        As of `plot_lmm_variance_explained`.
    means
        As of `plot_marginal_means`.
    factor
        Of the marginal means.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows: Any = figure.subfigures(2, 1, height_ratios=(1.3, 1.0))
    plot_lmm_coefficient_heatmap(rows[0].subplots(), coefficients)
    left, right = rows[1].subplots(1, 2)
    plot_lmm_variance_explained(left, fits)
    plot_marginal_means(right, means, factor)
    return figure


def _name_models(rows: pd.DataFrame) -> pd.Series:
    names = rows["target_NM"].astype(str)
    if "event" in rows and len(set(rows["event"])) > 1:
        return names + " " + rows["event"].map(label_event).str.lower()
    return names


def _order_models(rows: pd.DataFrame) -> list[str]:
    targets = sort_targets(rows["target_NM"])
    pairs = rows[["model", "target_NM"]].drop_duplicates()
    rank = [targets.index(str(t)) for t in pairs["target_NM"]]
    return [str(m) for m in pairs["model"].iloc[np.argsort(rank, kind="stable")]]


def _format_term(term: str) -> str:
    return term.replace("_", " ").replace(":", " × ")
