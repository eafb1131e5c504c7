"""Models of responses: mixed models, what each thing adds, ANOVA, curves over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.figures import (
    label_event,
    plot_contrast_slopes,
    plot_functional_model,
    plot_interaction_effects,
    plot_lmm_reliability,
    plot_lmm_response,
    plot_lmm_summary,
    plot_marginal_means,
    plot_movement_r2_bars,
    sort_targets,
)
from ranvier.analysis.studies._command import Part
from ranvier.analysis.studies._lmm_effects import (
    FACTORS,
    compute_factor_means,
    compute_predictions,
)
from ranvier.analysis.studies._work import GROUP_INPUTS, MODEL_SETTINGS, TRIAL_SETTINGS
from ranvier.analysis.studies._writer import grid_axes

if TYPE_CHECKING:
    from ranvier.analysis.studies._work import StudyWork
    from ranvier.analysis.studies._writer import StudyWriter

_FAMILY = "task_reliability"
_CURVES = "response ~ contrast + side + reward"
_DESIGNS = (("contrast", "side", "reward"), ("contrast", "side"), ("side", "reward"))


def _fit_lmm(work: StudyWork, writer: StudyWriter) -> None:
    group, window = work.group, work.parameters.statistics.magnitude
    fitted = group.fit_lmm()
    writer.faults_of(fitted)
    table = _name_terms(fitted)
    writer.csv(table, f"lmm_coefficients_{window}", fitted.provenance)
    fits = pd.DataFrame(
        [
            {
                "target_NM": key[0],
                "event": key[1],
                "marginal_r2": fit.marginal_r2,
                "conditional_r2": fit.conditional_r2,
                "marginal_r2_observed": fit.marginal_r2_observed,
                "conditional_r2_observed": fit.conditional_r2_observed,
                "random_variance": fit.random_variance,
                "residual_variance": fit.residual_variance,
                "log_likelihood": fit.log_likelihood,
                "at_boundary": fit.at_boundary,
                "n_trials": fit.n,
                "n_subjects": fit.n_groups,
            }
            for key, fit in fitted.results.items()
        ]
    )
    writer.csv(fits, f"lmm_fits_{window}", fitted.provenance)
    effects = group.response_lmm_effects()
    kinds = {
        kind: _join(effects.results, kind)
        for kind in ("means", "slopes", "interactions")
    }
    kinds["factor_means"] = compute_factor_means(fitted.results)
    kinds["predictions"] = compute_predictions(fitted.results, kinds["means"])
    for kind, rows in kinds.items():
        writer.csv(rows, f"lmm_{kind}_{window}", effects.provenance)
    if not fitted.results:
        return
    for event in sorted({key[1] for key in fitted.results}):
        _draw_lmm(writer, event, {"coefficients": table, "fits": fits, **kinds})
        trials = _take(group.select_trials().frame, event)
        _draw_predictions(writer, event, _take(kinds["predictions"], event), trials)


def _draw_lmm(writer: StudyWriter, event: str, tables: dict[str, pd.DataFrame]) -> None:
    own = {name: rows[rows["event"] == event] for name, rows in tables.items()}
    means = own["means"].assign(contrast=own["means"]["contrast_percent"])
    alone = means[means["effect"] == "contrast"]
    writer.figure(
        f"lmm_{event}",
        (11, 4.2),
        lambda figure: plot_lmm_summary(
            figure, own["coefficients"], own["fits"], alone
        ),
        whole=True,
    )

    def draw(figure: Any) -> None:
        sides, rewards, slopes, interactions = grid_axes(figure, 4, 2)
        for axes, name in zip((sides, rewards), FACTORS, strict=True):
            alone = own["factor_means"][own["factor_means"]["effect"] == name]
            plot_marginal_means(axes, alone, name, title=f"Response by {name}")
        plot_contrast_slopes(
            slopes,
            own["slopes"][own["slopes"]["by"] == "reward"],
            title="Slope of contrast",
        )
        rows = own["interactions"]
        rows = rows[rows["effect"] == "reward"].rename(columns={"effect": "of"})
        plot_interaction_effects(
            interactions,
            rows.rename(columns={"estimate": "effect"}),
            title="Effect of reward by side",
        )

    writer.figure(f"lmm_effects_{event}", (9, 6.5), draw, whole=True)


def _draw_predictions(
    writer: StudyWriter, event: str, predictions: pd.DataFrame, trials: pd.DataFrame
) -> None:
    targets = sort_targets(predictions["target_NM"])
    n_rows = -(-len(targets) // 2)

    def draw(figure: Any) -> None:
        places = figure.subfigures(n_rows, 2, squeeze=False).ravel()
        for place, target in zip(places, targets, strict=False):
            plot_lmm_response(
                place,
                predictions[predictions["target_NM"] == target],
                trials[trials["target_NM"] == target],
                "response",
                title=f"{target}, {label_event(event).lower()}",
            )

    writer.figure(f"lmm_predictions_{event}", (9, 3.0 * n_rows), draw, whole=True)


def _compare_models(work: StudyWork, writer: StudyWriter) -> None:
    group = work.group
    crossed = group.response_lmm_crossval(_FAMILY)
    writer.faults_of(crossed)
    writer.failures_of(crossed)
    writer.csv(crossed.table, f"{_FAMILY}_crossval", crossed.provenance)
    jackknifed = group.response_lmm_jackknife(_FAMILY)
    writer.faults_of(jackknifed)
    writer.csv(jackknifed.table, f"{_FAMILY}_jackknife", jackknifed.provenance)
    for event in sorted({key[1] for key in (*crossed.results, *jackknifed.results)}):

        def draw(figure: Any, event: str = event) -> None:
            left, right = grid_axes(figure, 2)
            words = label_event(event)
            rows = _take(crossed.table, event)
            plot_movement_r2_bars(left, rows, title=f"{words}: held-out subjects")
            rows = _take(jackknifed.table, event)
            plot_lmm_reliability(right, rows, title=f"{words}: in-sample, jackknife")

        writer.figure(f"{_FAMILY}_{event}", (9.5, 3.8), draw, whole=True)


def _compare_means(work: StudyWork, writer: StudyWriter) -> None:
    # With few errors at high contrast the whole design has empty cells; parts of it
    # say something then.
    tables: list[pd.DataFrame] = []
    said: dict[str, Any] = {}
    for within in _DESIGNS:
        name = " × ".join(within)
        found = work.group.anova_response_magnitudes(within)
        for key, fault in found.faults.items():
            writer.fault(", ".join([*map(str, key), name]), fault)
        if len(found.table):
            tables.append(found.table.assign(within=name))
        said[name] = found.provenance.to_dict()
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    writer.csv(table, "anova_subject_means", {"designs": said})


def _fit_curves(work: StudyWork, writer: StudyWriter) -> None:
    found = work.group.fit_functional_lmm(_CURVES)
    writer.faults_of(found)
    for event in sorted({key[1] for key in found.results}):
        name = f"functional_lmm_{event}"
        writer.csv(_take(found.table, event), name, found.provenance)
    for (target, event), fit in found.results.items():
        n_rows = -(-len(fit.columns) // 3)
        title = (
            f"{target}, {label_event(event).lower()}, {fit.n} trials of "
            f"{len(fit.groups)} subjects, not masked"
        )
        writer.figure(
            f"functional_{event}_{target}",
            (9, 2.6 * n_rows + 0.3),
            lambda figure, fit=fit, title=title: plot_functional_model(
                figure, fit.to_frame(), title=title
            ),
            whole=True,
        )


def _name_terms(fitted: Any) -> pd.DataFrame:
    # `to_table` of the group leaves the terms out, which are the index of each fit.
    tables = [
        fit.to_frame()
        .rename_axis("term")
        .reset_index()
        .assign(
            target_NM=key[0],
            event=key[1],
            n_trials=fit.n,
            n_subjects=fit.n_groups,
            converged=fit.converged,
        )
        for key, fit in fitted.results.items()
    ]
    columns = ["target_NM", "event", "term"]
    if not tables:
        return pd.DataFrame(columns=[*columns, "Coef.", "Std.Err.", "z", "P>|z|"])
    joined = pd.concat(tables, ignore_index=True)
    return joined[[*columns, *(name for name in joined if name not in columns)]]


def _join(results: Any, kind: str) -> pd.DataFrame:
    tables = [
        found[kind].assign(target_NM=key[0], event=key[1])
        for key, found in results.items()
        if kind in found
    ]
    if not tables:
        return pd.DataFrame(columns=["target_NM", "event", "effect", "by"])
    return pd.concat(tables, ignore_index=True)


def _take(table: pd.DataFrame, event: str) -> pd.DataFrame:
    if table.empty:
        return table
    return table[table["event"] == event].reset_index(drop=True)


MODEL_PARTS = (
    Part("lmm", MODEL_SETTINGS, GROUP_INPUTS, _fit_lmm),
    Part("models", MODEL_SETTINGS, GROUP_INPUTS, _compare_models),
    Part("anova", TRIAL_SETTINGS, GROUP_INPUTS, _compare_means),
    Part("curves", (*MODEL_SETTINGS, "statistics.seed"), GROUP_INPUTS, _fit_curves),
)
"""Parts of the command `responses` that fit models."""
