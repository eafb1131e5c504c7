"""Responses of a study: magnitudes, traces, vectors, models, decoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.figures import (
    label_event,
    plot_empirical_similarity,
    plot_mean_response_traces,
    plot_mean_response_vectors,
    plot_response_decoding_summary,
    plot_response_overview,
    plot_similarity_matrix,
    plot_target_similarity,
    plot_within_target_similarity,
    sort_targets,
)
from ranvier.analysis.files import (
    MEAN_TRACES_SCHEMA,
    PEAK_VELOCITY_SCHEMA,
    RESPONSE_MATRIX_SCHEMA,
    RESPONSES_SCHEMA,
    SIMILARITY_SCHEMA,
    TRIAL_REGRESSORS_SCHEMA,
)
from ranvier.analysis.responses import (
    mean_similarity_by_target,
    within_between_similarity,
)
from ranvier.analysis.studies._command import Part, run_parts
from ranvier.analysis.studies._methods import METHODS_PART
from ranvier.analysis.studies._options import change_settings
from ranvier.analysis.studies._response_models import MODEL_PARTS
from ranvier.analysis.studies._work import (
    GROUP_INPUTS,
    TABLES_SETTINGS,
    TRIAL_SETTINGS,
    StudyWork,
)
from ranvier.analysis.studies._writer import grid_axes

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.group import PhotometrySessionGroup
    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.studies._keep import Kept
    from ranvier.analysis.studies._writer import StudyWriter
    from ranvier.core import Reporter

COMMAND = "responses"


def analyse_responses(
    folder: Path,
    parameters: AnalysisParameters,
    reporter: Reporter | None = None,
    *,
    contrast_coding: str | None = None,
) -> Kept:
    """Compute the responses of all recordings, and what they depend on.

    Parameters
    ----------
    folder
        The study; its sessions must have been through the stages.
    parameters
        What is set.
    reporter
        Is told how far it is.
    contrast_coding
        In place of that of the parameters: "log", "log2", "linear", "rank".

    Returns
    -------
    Kept
        Below results/responses: responses.pqt, trial_regressors.pqt, peak_velocity.pqt,
        mean_traces.pqt, response_matrix.pqt, response_similarity_matrix.pqt;
        similarity_by_target.csv, decoding*.csv, lmm_*.csv, anova_subject_means.csv,
        functional_lmm_<event>.csv; results/methods.md; figures.

    Raises
    ------
    AnalysisError
        RV-A28 if there is no such coding; RV-A29 if a result can't be written.
    """
    set_ = change_settings(parameters, "statistics", contrast_coding=contrast_coding)
    work = StudyWork(folder, set_, reporter, keeps_traces=True)
    vectors = (*TRIAL_SETTINGS, "responses.min_trials")
    parts = (
        Part("tables", TABLES_SETTINGS, GROUP_INPUTS, _write_tables),
        Part("overview", TRIAL_SETTINGS, GROUP_INPUTS, _draw_overview),
        Part("traces", TRIAL_SETTINGS, GROUP_INPUTS, _write_traces),
        Part("vectors", vectors, GROUP_INPUTS, _write_vectors),
        Part("decoding", (*vectors, "statistics.seed"), GROUP_INPUTS, _decode),
        *MODEL_PARTS,
        METHODS_PART,
    )
    return run_parts(work, COMMAND, parts)


def _write_tables(work: StudyWork, writer: StudyWriter) -> None:
    group, magnitudes, regressors = work.group, work.magnitudes, work.regressors
    said = group.provenance
    writer.table(magnitudes, RESPONSES_SCHEMA, said.get("response_magnitudes"))
    trials = said.get("trial_regressors")
    writer.table(regressors, TRIAL_REGRESSORS_SCHEMA, trials)
    writer.table(
        regressors[["eid", "trial", "peak_velocity"]], PEAK_VELOCITY_SCHEMA, trials
    )
    if group.waterfall is not None:
        writer.csv(group.waterfall.to_frame(), "selection")
    for entry in group.errors.itertuples(index=False):
        words = {"error_type": entry.error_type, "error_message": entry.error_message}
        writer.note(f"session {entry.eid}", words)


def _draw_overview(work: StudyWork, writer: StudyWriter) -> None:
    trials = work.group.select_trials()
    frame = trials.frame
    writer.csv(trials.counts, "trial_counts")
    writer.csv(trials.waterfall.to_frame(), "trial_selection")
    n_targets, n_events = frame["target_NM"].nunique(), frame["event"].nunique()
    writer.figure(
        "magnitudes",
        (3.6 * max(n_events, 1), 2.5 * max(n_targets, 1)),
        lambda figure: plot_response_overview(figure, frame, "response"),
        whole=True,
    )


def _write_traces(work: StudyWork, writer: StudyWriter) -> None:
    group = work.group
    traces = group.get_mean_traces()
    writer.table(traces, MEAN_TRACES_SCHEMA, group.provenance.get("mean_traces"))
    targets = sort_targets(traces["target_NM"])
    events = [str(event) for event in traces["event"].unique()]

    def draw(figure: Any, by: str) -> None:
        n = len(targets) * len(events)
        places = [(target, event) for target in targets for event in events]
        for axes, (target, event) in zip(
            grid_axes(figure, n, len(events)), places, strict=True
        ):
            own = traces[(traces["target_NM"] == target) & (traces["event"] == event)]
            title = f"{target}, {label_event(event).lower()}"
            plot_mean_response_traces(axes, own, by=by, title=title)

    size = (3.4 * max(len(events), 1), 2.5 * max(len(targets), 1))
    for by in ("contrast", "feedbackType"):
        writer.figure(
            f"traces_by_{by.removesuffix('Type')}",
            size,
            lambda figure, by=by: draw(figure, by),
            whole=True,
        )


def _write_vectors(work: StudyWork, writer: StudyWriter) -> None:
    group = work.group
    features = _get_features(work, group)
    said = group.provenance
    writer.table(features, RESPONSE_MATRIX_SCHEMA, said.get("response_features"))
    similarity = group.response_similarity_matrix()
    named = similarity.set_axis(
        [f"{eid}_{target}_{fiber}" for eid, target, fiber in similarity.index], axis=1
    )
    writer.table(named, SIMILARITY_SCHEMA, said.get("similarity_matrix"))
    subjects = group.find_subjects(similarity.index)
    means = mean_similarity_by_target(similarity, subjects=subjects)
    writer.csv(means.rename_axis("target_NM"), "similarity_by_target", with_index=True)
    pairs = within_between_similarity(similarity, subjects=subjects)
    height = 1.2 + 0.35 * features.index.get_level_values("target_NM").nunique()
    writer.figure(
        "vectors",
        (9, max(height, 2.2)),
        lambda a: plot_mean_response_vectors(a, features),
    )
    writer.figure(
        "similarity", (5.5, 5), lambda a: plot_similarity_matrix(a, similarity)
    )

    def draw_pairs(figure: Any) -> None:
        left, middle, right = grid_axes(figure, 3)
        plot_target_similarity(left, means)
        plot_within_target_similarity(middle, pairs)
        plot_empirical_similarity(right, pairs)

    writer.figure("similarity_by_target", (12, 3.8), draw_pairs, whole=True)


def _decode(work: StudyWork, writer: StudyWriter) -> None:
    group = work.group
    features = _get_features(work, group)
    similarity = group.response_similarity_matrix()
    decoder = group.decode_target()
    said = decoder.provenance
    numbers = ("accuracy", "balanced_accuracy", "p_value", "best_C")
    row = {name: getattr(decoder, name) for name in numbers}
    row |= {"n": len(decoder.predictions)}
    row |= {"n_skipped": decoder.n_skipped, "n_dropped": decoder.n_dropped}
    writer.csv(pd.DataFrame([row]), "decoding", said)
    tables = {
        "confusion": decoder.confusion.rename_axis("true"),
        "coefficients": decoder.coefficients.rename_axis("target_NM"),
        "contributions": decoder.contributions.rename_axis("feature").to_frame("drop"),
        "predictions": decoder.predictions.to_frame("predicted"),
    }
    for name, table in tables.items():
        writer.csv(table, f"decoding_{name}", said, with_index=True)
    writer.figure(
        "decoding",
        (12, 9),
        lambda figure: plot_response_decoding_summary(
            figure, features, similarity, decoder
        ),
        whole=True,
    )


def _get_features(work: StudyWork, group: PhotometrySessionGroup) -> pd.DataFrame:
    least = work.parameters.responses.min_trials
    return group.get_response_features(min_trials=least)
