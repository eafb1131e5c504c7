"""Movement encoding: what of a response goes with contrast, and what with movement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.figures import (
    label_event,
    plot_movement_lmm_summary,
    plot_movement_r2_bars,
    plot_movement_response,
    plot_wheel_lmm_summary,
    sort_targets,
)
from ranvier.analysis.studies._command import Part, run_parts
from ranvier.analysis.studies._options import change_settings
from ranvier.analysis.studies._work import (
    GROUP_INPUTS,
    MODEL_SETTINGS,
    TRIAL_SETTINGS,
    StudyWork,
)
from ranvier.analysis.studies._writer import grid_axes

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.studies._keep import Kept
    from ranvier.analysis.studies._writer import StudyWriter
    from ranvier.core import Reporter

COMMAND = "movement_encoding"
_STIMULUS = "stimOn_times"
_FAMILIES = ("movement_choice", "movement_reaction_time", "movement_peak_velocity")
_SHOWN = ("reaction_time", "movement_time", "peak_velocity")


def analyse_movement_encoding(
    folder: Path,
    parameters: AnalysisParameters,
    reporter: Reporter | None = None,
    *,
    contrast_coding: str | None = None,
) -> Kept:
    """Compare contrast and movement as what responses go with.

    Parameters
    ----------
    folder
        The study; its sessions must have been through the stages.
    parameters
        What is set.
    reporter
        Is told how far it is.
    contrast_coding
        In place of that of the parameters.

    Returns
    -------
    Kept
        Below results/movement_encoding: loso_cv_model_comparison.csv,
        per_contrast_slopes.csv, wheel_models.csv, movement_models.csv (what choice,
        reaction time and speed of the wheel add to task variables, in subjects left
        out); figures.

    Raises
    ------
    AnalysisError
        RV-A28 if there is no such coding; RV-A29 if a result can't be written.
    """
    set_ = change_settings(parameters, "statistics", contrast_coding=contrast_coding)
    work = StudyWork(folder, set_, reporter)
    parts = (
        Part("timing", MODEL_SETTINGS, GROUP_INPUTS, _compare_timing),
        Part("wheel", MODEL_SETTINGS, GROUP_INPUTS, _compare_wheel),
        Part("models", MODEL_SETTINGS, GROUP_INPUTS, _compare_models),
        Part("bins", TRIAL_SETTINGS, GROUP_INPUTS, _draw_bins),
    )
    return run_parts(work, COMMAND, parts)


def _compare_timing(work: StudyWork, writer: StudyWriter) -> None:
    group = work.group
    scores = group.loso_cv_movement_lmm()
    writer.faults_of(scores)
    writer.failures_of(scores)
    writer.csv(scores.table, "loso_cv_model_comparison", scores.provenance)
    slopes = group.fit_movement_lmm_per_contrast()
    writer.faults_of(slopes)
    table = slopes.table
    writer.csv(table, "per_contrast_slopes", slopes.provenance)
    if scores.table.empty and table.empty:
        return
    drawn = table.rename(columns={"timing_se": "se"})
    writer.figure(
        "movement_lmm",
        (10, 6.5),
        lambda figure: plot_movement_lmm_summary(figure, scores.table, drawn),
        whole=True,
    )


def _compare_wheel(work: StudyWork, writer: StudyWriter) -> None:
    found = work.group.fit_wheel_lmm()
    writer.faults_of(found)
    writer.csv(found.table, "wheel_models", found.provenance)
    if found.table.empty:
        return
    drawn = found.table.rename(columns={"variable": "dv"})
    writer.figure(
        "wheel_models",
        (10, 3.8),
        lambda figure: plot_wheel_lmm_summary(figure, drawn),
        whole=True,
    )


def _compare_models(work: StudyWork, writer: StudyWriter) -> None:
    tables: list[pd.DataFrame] = []
    said: dict[str, Any] = {}
    for family in _FAMILIES:
        found = work.group.response_lmm_crossval(family)
        for key, fault in found.faults.items():
            writer.fault(", ".join([family, *map(str, key)]), fault)
        writer.failures_of(found)
        if len(found.table):
            tables.append(found.table.assign(family=family))
        said[family] = found.provenance.to_dict()
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    writer.csv(table, "movement_models", {"families": said})
    if table.empty:
        return

    def draw(figure: Any, event: str) -> None:
        for axes, family in zip(grid_axes(figure, 3), _FAMILIES, strict=True):
            own = table[(table["family"] == family) & (table["event"] == event)]
            title = family.removeprefix("movement_").replace("_", " ")
            plot_movement_r2_bars(axes, own, title=f"{label_event(event)}: {title}")

    for event in sorted(table["event"].unique()):
        writer.figure(
            f"movement_models_{event}",
            (14, 3.8),
            lambda figure, event=event: draw(figure, event),
            whole=True,
        )


def _draw_bins(work: StudyWork, writer: StudyWriter) -> None:
    frame = work.group.select_trials().frame
    own = frame[frame["event"] == _STIMULUS]
    targets = sort_targets(own["target_NM"])
    places = [(target, name) for target in targets for name in _SHOWN]

    def draw(figure: Any) -> None:
        panels = zip(grid_axes(figure, len(places), len(_SHOWN)), places, strict=True)
        for axes, (target, name) in panels:
            rows = own[own["target_NM"] == target]
            plot_movement_response(axes, rows, name, value="response", title=target)

    size = (3.4 * len(_SHOWN), 2.5 * max(len(targets), 1))
    writer.figure("responses_by_movement", size, draw, whole=True)
