"""What mixed models of responses say: predictions, coefficients, variance, slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ranvier.analysis.figures._axes import (
    add_legend,
    draw_level,
    dress,
    find_limit,
    make_bar,
    name_columns,
    spread,
    tell_nothing,
    tell_significance,
)
from ranvier.analysis.figures._contrast_panels import draw_contrast_panels
from ranvier.analysis.figures._responses import draw_matrix
from ranvier.analysis.figures._style import (
    INK,
    choose_colors,
    choose_marks,
    label_event,
    sort_targets,
)
from ranvier.analysis.figures._tables import (
    add_outcome,
    add_side,
    average,
    drop_unknown,
    require,
)
from ranvier.analysis.figures._trial_types import CORRECT_STYLE, INCORRECT_STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        figure, table[columns], styles, title=title, points=points
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


def plot_marginal_means(
    axes: Axes,
    means: pd.DataFrame,
    factor: str,
    by: str = "target_NM",
    *,
    labels: Sequence[str] = (),
    title: str = "",
) -> Axes:
    """Draw marginal means of a factor with their intervals.

    Parameters
    ----------
    axes
        To draw on.
    means
        Of `compute_marginal_means`: `factor`, mean, ci_low, ci_high; `by` if several
        models are joined.
    factor
        Column of the horizontal axis.
    by
        Column of lines; one line if it is not there.
    labels
        Names of the levels of the factor, from low to high.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = drop_unknown(means, factor, "mean", "ci_low", "ci_high")
    if rows.empty:
        return tell_nothing(axes, title)
    levels = sorted(rows[factor].unique())
    names = sort_targets(rows[by]) if by in rows else [""]
    colors, marks = choose_colors(names), choose_marks(names)
    shifts = (np.arange(len(names)) - (len(names) - 1) / 2) * 0.06
    for name, shift in zip(names, shifts, strict=True):
        own = rows[rows[by].astype(str) == name] if by in rows else rows
        own = own.sort_values(factor)
        mean = own["mean"].to_numpy(np.float64)
        axes.errorbar(
            [levels.index(level) + shift for level in own[factor]],
            mean,
            np.vstack((mean - own["ci_low"], own["ci_high"] - mean)),
            color=colors[name] if name else INK,
            marker=marks[name],
            markersize=4,
            linewidth=1.2,
            label=name or None,
        )
    draw_level(axes, 0.0)
    words = labels or _default_labels(factor, levels)
    axes.set_xticks(range(len(levels)), list(words))
    axes.set_xlim(-0.4, len(levels) - 0.6)
    dress(axes, title, factor.capitalize(), "Marginal mean (z)")
    add_legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return axes


def plot_contrast_slopes(axes: Axes, slopes: pd.DataFrame, title: str = "") -> Axes:
    """Draw the slope of contrast at each level of the outcome, with subjects.

    Parameters
    ----------
    axes
        To draw on.
    slopes
        Of `compute_contrast_slopes`: level, subject, slope, ci_low, ci_high; target_NM
        if several models are joined.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Dots are subjects, if slopes are random.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    require(slopes, "level", "subject", "slope", "ci_low", "ci_high")
    return _draw_effects(axes, slopes, "slope", ("Slope of contrast", title))


def plot_interaction_effects(
    axes: Axes, effects: pd.DataFrame, *, title: str = "", ylabel: str = "Effect (z)"
) -> Axes:
    """Draw the effect of one factor at the levels of another.

    Parameters
    ----------
    axes
        To draw on.
    effects
        Of `compute_interaction_effects`: level, effect, ci_low, ci_high; target_NM if
        several models are joined.
    title
        Of the axes.
    ylabel
        What the effect is of.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataFault
        If a column is missing.
    """
    require(effects, "level", "effect", "ci_low", "ci_high")
    return _draw_effects(axes, effects, "effect", (ylabel, title))


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
    grid = figure.add_gridspec(2, 2, height_ratios=(1.3, 1.0))
    plot_lmm_coefficient_heatmap(figure.add_subplot(grid[0, :]), coefficients)
    plot_lmm_variance_explained(figure.add_subplot(grid[1, 0]), fits)
    plot_marginal_means(figure.add_subplot(grid[1, 1]), means, factor)
    return figure


def _draw_effects(
    axes: Axes, table: pd.DataFrame, value: str, words: tuple[str, str]
) -> Axes:
    ylabel, title = words
    rows = drop_unknown(table, "level", value)
    if rows.empty:
        return tell_nothing(axes, title)
    levels = sorted(rows["level"].unique())
    names = sort_targets(rows["target_NM"]) if "target_NM" in rows else [""]
    colors, marks = choose_colors(names), choose_marks(names)
    width = 0.8 / len(levels)
    for j, level in enumerate(levels):
        shift = (j - (len(levels) - 1) / 2) * width
        for i, name in enumerate(names):
            is_own = rows["level"] == level
            if name:
                is_own &= rows["target_NM"].astype(str) == name
            _draw_effect(
                axes,
                rows[is_own],
                value,
                i + shift,
                {
                    "color": colors[name] if name else INK,
                    "marker": marks[name],
                    "markerfacecolor": "white" if level < 0 else None,
                },
            )
    draw_level(axes, 0.0)
    axes.set_xlim(-0.6, len(names) - 0.4)
    dress(axes, title, ylabel=ylabel)
    name_columns(axes, names)
    for face, word in ((None, "correct / contra"), ("white", "incorrect / ipsi")):
        axes.plot(
            [], [], "o", color=INK, markersize=5, markerfacecolor=face, label=word
        )
    add_legend(axes)
    return axes


def _draw_effect(
    axes: Axes, own: pd.DataFrame, value: str, at: float, style: dict[str, object]
) -> None:
    is_all = own["subject"] == "all" if "subject" in own else own[value].notna()
    subjects = own.loc[~is_all, value].to_numpy(np.float64)
    axes.scatter(
        at + spread(len(subjects), 0.12),
        subjects,
        s=8,
        alpha=0.35,
        color=str(style["color"]),
        linewidths=0,
    )
    whole = own[is_all]
    mean = whole[value].to_numpy(np.float64)
    reach = np.vstack((mean - whole["ci_low"], whole["ci_high"] - mean))
    axes.errorbar(
        [at] * len(whole),
        mean,
        reach,
        linestyle="none",
        **style,  # pyright: ignore[reportArgumentType]
        markersize=5,
        linewidth=1.3,
    )


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


def _default_labels(factor: str, levels: list[float]) -> list[str]:
    words = {"side": ("ipsi", "contra"), "reward": ("incorrect", "correct")}
    if factor in words and len(levels) == 2:
        return list(words[factor])
    return [
        f"{level:.3g}" if isinstance(level, float) else str(level) for level in levels
    ]
