"""Task performance: learning curves and psychometric functions, by target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.behaviour import count_sessions_to_stage, get_subjects_by_stage
from ranvier.analysis.faults import GroupFault
from ranvier.analysis.figures import (
    create_psychometric_figure,
    plot_bias_shift_trajectory,
    plot_performance_trajectory,
    plot_psychometric_grid,
    plot_psychometric_parameter_trajectory,
    plot_psychometric_parameters_boxplot,
    plot_rt_by_contrast,
    plot_sessions_to_stage_cdf,
    plot_stage_barplot,
)
from ranvier.analysis.files import PERFORMANCE_SCHEMA, TRIAL_TIMING_SCHEMA
from ranvier.analysis.provenance import make_provenance
from ranvier.analysis.statistics import kruskal_wallis_groups, pairwise_mannwhitney
from ranvier.analysis.studies._command import Part, run_parts
from ranvier.analysis.studies._options import check_choice
from ranvier.analysis.studies._work import (
    ANY_QUALITY,
    ANY_QUALITY_SETTINGS,
    GROUP_SETTINGS,
    TABLES_OF_GROUP,
    StudyWork,
)
from ranvier.analysis.studies._writer import grid_axes

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.studies._keep import Kept
    from ranvier.analysis.studies._writer import StudyWriter
    from ranvier.core import Reporter

COMMAND = "task_performance"
_LEARNED = ("fraction_correct", "fraction_correct_easy", "nogo_fraction")
_FITTED = ("threshold", "bias", "lapse_left", "lapse_right")
_COMPARED = (*_LEARNED, *(f"psych_50_{name}" for name in _FITTED), "bias_shift")
_AT_BOUNDS = "psych_50_at_bounds"
_PLACES = ("session_n", "day_n")


def analyse_task_performance(
    folder: Path,
    parameters: AnalysisParameters,
    reporter: Reporter | None = None,
    *,
    session_x: str = "session_n",
) -> Kept:
    """Draw how subjects learn the task, and compare them between targets.

    Sessions of any performance and any quality of the signal are taken: learning shows
    only in all of them.

    Parameters
    ----------
    folder
        The study; data/performance.pqt must be there.
    parameters
        Of which `selection` says which sessions are looked at.
    reporter
        Is told how far it is.
    session_x
        Horizontal axis of learning curves: "session_n" or "day_n".

    Returns
    -------
    Kept
        Below results/task_performance: sessions_to_stage.csv, subjects.csv (means of
        subjects, by neuromodulator and type of session) and comparisons.csv
        (Kruskal-Wallis and Mann-Whitney tests of subjects' means between
        neuromodulators: a mouse with fibres in two targets counts once);
        data/trial_timing.pqt; figures. Psychometric fits at their bounds are left out
        of all, and counted in subjects.csv.

    Raises
    ------
    AnalysisError
        RV-A28 if `session_x` is another; RV-A29 if a result can't be written.
    """
    check_choice("session_x", session_x, _PLACES)
    work = StudyWork(folder, parameters, reporter)
    parts = (
        Part("performance", ANY_QUALITY_SETTINGS, TABLES_OF_GROUP, _compare),
        Part(
            "learning",
            ANY_QUALITY_SETTINGS,
            TABLES_OF_GROUP,
            lambda work, writer: _draw_learning(work, writer, session_x),
            {"session_x": session_x},
        ),
        Part("timing", GROUP_SETTINGS, (*TABLES_OF_GROUP, "files"), _draw_timing),
    )
    return run_parts(work, COMMAND, parts)


def _select(work: StudyWork) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give performance with the catalogue: a row a session, and a row a target."""
    group = work.select(**ANY_QUALITY)
    sessions = group.sessions
    known = work.read(PERFORMANCE_SCHEMA)
    rows = sessions.merge(known, on="eid", how="inner", suffixes=("", "_performance"))
    if rows.empty:
        raise GroupFault(
            "no session with a known performance passes the selection.",
            found=f"{len(known)} sessions in {PERFORMANCE_SCHEMA.path}, "
            f"{len(sessions)} that pass",
            mend="run the stage `task`; widen the selection",
        )
    rows = leave_out_bounds(rows).assign(NM=_find_nm(rows))
    # A session with two fibres in one target counts once for it.
    targets = group.recordings[["eid", "target_NM"]].drop_duplicates().dropna()
    by_target = rows.drop(columns="target_NM").merge(targets, on="eid")
    return rows, by_target


def leave_out_bounds(performance: pd.DataFrame) -> pd.DataFrame:
    """Take out psychometric parameters of fits at their bounds: they say no more.

    Parameters
    ----------
    performance
        Of compute_performance, a row a session; unchanged where it does not say
        `psych_<block>_at_bounds`.

    Returns
    -------
    pandas.DataFrame
        A copy, NaN in their place; bias_shift too, if one of its two fits is.
    """
    found = performance.copy()
    for block in ("50", "20", "80"):
        column = f"psych_{block}_at_bounds"
        if column not in found:
            continue
        is_out = (found[column] == 1.0).to_numpy()
        names = [f"psych_{block}_{name}" for name in _FITTED]
        if block != "50":
            names.append("bias_shift")
        known = [name for name in names if name in found]
        found.loc[is_out, known] = float("nan")
    return found


def _find_nm(rows: pd.DataFrame) -> pd.Series:
    known = rows["NM"] if "NM" in rows else pd.Series(None, rows.index, dtype=object)
    first = rows["target_NM"].map(
        lambda names: str(names[0]).rpartition("-")[2] if len(names) else None
    )
    return known.where(known.notna() & (known != ""), first)


def _compare(work: StudyWork, writer: StudyWriter) -> None:
    rows, by_target = _select(work)
    typed = rows[rows["session_type"].notna()]
    said = make_provenance(
        "task_performance", {}, n_sessions=len(rows), n_subjects=_count(rows)
    )
    if len(typed):
        stages = count_sessions_to_stage(typed)
        writer.csv(stages.reset_index(), "sessions_to_stage", said)
    columns = [name for name in _COMPARED if name in rows]
    keys = ["NM", "session_type", "subject"]
    by = rows.groupby(keys, dropna=False, observed=True)
    means = by[columns].mean().assign(n_sessions=by.size())
    if _AT_BOUNDS in rows:
        means = means.assign(n_fits_at_bounds=by[_AT_BOUNDS].sum().astype(int))
    means = means.reset_index()
    writer.csv(means, "subjects", said)
    tests = [
        test
        for kind, part in means.groupby("session_type", dropna=False)
        for name in columns
        for test in _test(part, name, kind)
    ]
    writer.csv(pd.DataFrame(tests), "comparisons", said)
    if len(typed):
        writer.figure("stages", (9, 3.2), lambda f: _draw_stages(f, typed), whole=True)
    size = (8.0, 6.5)
    writer.figure(
        "psychometrics",
        size,
        lambda figure: create_psychometric_figure(_tell(figure, rows), rows),
        whole=True,
    )
    n_targets = by_target["target_NM"].nunique()
    height = 2.9 * -(-max(n_targets, 1) // 3)
    writer.figure(
        "psychometric_curves",
        (3.0 * min(max(n_targets, 1), 3) + 0.6, height),
        lambda figure: plot_psychometric_grid(_tell(figure, rows), by_target),
        whole=True,
    )
    writer.figure(
        "psychometric_parameters",
        size,
        lambda figure: plot_psychometric_parameters_boxplot(
            _tell(figure, rows), rows, "NM"
        ),
        whole=True,
    )


def _test(part: pd.DataFrame, name: str, kind: Any) -> list[dict[str, Any]]:
    values, groups = part[name].to_numpy(float), part["NM"].to_numpy(object)
    told = {"session_type": kind, "measure": name}
    over = kruskal_wallis_groups(values, groups)
    all_ = {
        "test": "kruskal_wallis",
        "statistic": over["H"],
        "p": over["p"],
        "n_subjects": over["n"],
    }
    pairs = pairwise_mannwhitney(values, groups).rename(columns={"U": "statistic"})
    rows = [told | all_]
    rows += [
        told
        | {"test": "mann_whitney"}
        | {str(key): value for key, value in row.items()}
        | {"n_subjects": row["n_a"] + row["n_b"]}
        for row in pairs.to_dict("records")
    ]
    return rows


def _tell(figure: Any, rows: pd.DataFrame) -> Any:
    """Say above a figure how many fits it leaves out."""
    n = int((rows[_AT_BOUNDS] == 1.0).sum()) if _AT_BOUNDS in rows else 0
    if n:
        of = int(rows[_AT_BOUNDS].notna().sum())
        words = f"{n} of {of} fits of 50 % blocks lie at their bounds and are left out"
        figure.suptitle(words, fontsize=8)
    return figure


def _draw_stages(figure: Any, typed: pd.DataFrame) -> None:
    bars, lines = grid_axes(figure, 2)
    plot_stage_barplot(bars, get_subjects_by_stage(typed))
    plot_sessions_to_stage_cdf(lines, count_sessions_to_stage(typed))


def _draw_learning(work: StudyWork, writer: StudyWriter, x: str) -> None:
    rows, by_target = _select(work)

    def draw_learned(figure: Any) -> None:
        for axes, name in zip(grid_axes(figure, 3), _LEARNED, strict=True):
            plot_performance_trajectory(axes, by_target, name, x=x, by="target_NM")

    def draw_fitted(figure: Any) -> None:
        grid = grid_axes(_tell(figure, rows), 4, 2)
        for axes, name in zip(grid, _FITTED, strict=True):
            plot_psychometric_parameter_trajectory(
                axes, by_target, name, x=x, by="target_NM"
            )

    writer.figure("learning_curves", (11, 3.4), draw_learned, whole=True)
    writer.figure("psychometric_trajectories", (8, 6.4), draw_fitted, whole=True)
    writer.figure(
        "bias_shift",
        (5, 3.6),
        lambda axes: plot_bias_shift_trajectory(axes, by_target, x=x, by="target_NM"),
    )


def _draw_timing(work: StudyWork, writer: StudyWriter) -> None:
    group, regressors = work.group, work.regressors
    said = group.provenance.get("trial_regressors")
    writer.table(regressors, TRIAL_TIMING_SCHEMA, said)
    recordings = group.recordings[["eid", "subject", "target_NM"]].drop_duplicates()
    rows = recordings.merge(regressors, on="eid")
    names = ("reaction_time", "movement_time", "peak_velocity")

    def draw(figure: Any) -> None:
        for axes, name in zip(grid_axes(figure, 3), names, strict=True):
            plot_rt_by_contrast(axes, rows, name)

    writer.figure("timing_by_contrast", (11, 3.4), draw, whole=True)


def _count(rows: pd.DataFrame) -> int:
    return int(rows["subject"].nunique())
