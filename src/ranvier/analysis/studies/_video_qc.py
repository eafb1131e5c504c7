"""Video QC: how the videos of a study are, by metadata/video.pqt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.figures import plot_metric_histogram, plot_metric_trend, qc_grid
from ranvier.analysis.files import SESSION_SCHEMA, read_table
from ranvier.analysis.provenance import make_provenance
from ranvier.analysis.studies._command import Part, run_parts
from ranvier.analysis.studies._work import (
    ANY_QUALITY,
    ANY_QUALITY_SETTINGS,
    VIDEO_TABLE,
    StudyWork,
)
from ranvier.analysis.studies._writer import grid_axes

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.studies._keep import Kept
    from ranvier.analysis.studies._writer import StudyWriter
    from ranvier.core import Reporter

COMMAND = "video_qc"
_MEASURES = (
    "length_discrepancy",
    "frame_interval",
    "n_dropped_frames",
    "longest_gap",
    "score",
)
_LABELS = "qc_video_"


def analyse_video_qc(
    folder: Path, parameters: AnalysisParameters, reporter: Reporter | None = None
) -> Kept:
    """Draw how the videos of a study are, and list what is wrong with each.

    Parameters
    ----------
    folder
        The study; metadata/video.pqt must be there, of the stage `video`.
    parameters
        Of which `selection` says which sessions are looked at.
    reporter
        Is told how far it is.

    Returns
    -------
    Kept
        Below results/video_qc: sessions.csv (a row a session, with `is_off` where the
        length differs too much) and summary.csv; figures.

    Raises
    ------
    AnalysisError
        RV-A29 if a result can't be written.
    """
    work = StudyWork(folder, parameters, reporter)
    settings = (*ANY_QUALITY_SETTINGS, "video")
    inputs = ("sessions", "performance", "qc", "logs", "video")
    return run_parts(work, COMMAND, [Part("videos", settings, inputs, _show)])


def _select(work: StudyWork) -> pd.DataFrame:
    path = work.folder / VIDEO_TABLE
    if not path.exists():
        raise GroupFault(
            "nothing is known of the videos of this study.",
            wanted=VIDEO_TABLE,
            mend="run the stage: `ranvier analyse run STUDY --only video`",
        )
    videos = read_table(path)
    sessions = work.select(**ANY_QUALITY).sessions
    names = ["eid", "subject", "start_time", "session_n"]
    known = [name for name in names if name in sessions]
    rows = sessions[known].merge(videos, on="eid", how="inner")
    if rows.empty:
        raise GroupFault(
            "no video is of a session that passes the selection.",
            found=f"{len(videos)} rows in {VIDEO_TABLE}, {len(sessions)} sessions",
            mend=f"widen the selection; {SESSION_SCHEMA.path} says what there is",
        )
    return rows


def _show(work: StudyWork, writer: StudyWriter) -> None:
    rows = _select(work)
    most = work.parameters.video.max_length_mismatch_s
    if "length_discrepancy" in rows:
        rows = rows.assign(is_off=rows["length_discrepancy"].abs() >= most)
    said = make_provenance("video_qc", {}, n_videos=len(rows))
    writer.csv(rows, "sessions", said)
    measures = [name for name in _MEASURES if name in rows and rows[name].notna().any()]
    writer.csv(_summarise(rows, measures), "summary", said)
    if measures:
        height = 2.7 * -(-len(measures) // 3)
        writer.figure(
            "histograms",
            (10, height),
            lambda figure: _draw(figure, rows, measures, plot_metric_histogram),
            whole=True,
        )
        writer.figure(
            "trends",
            (11, height),
            lambda figure: _draw(figure, rows, measures, plot_metric_trend),
            whole=True,
        )
    labels = [str(name) for name in rows if str(name).startswith(_LABELS)]
    if labels:
        ordered = rows.sort_values(["subject", "start_time"])
        size = (2.0 + 0.9 * len(labels), min(1.5 + 0.2 * len(rows), 24.0))
        writer.figure("labels", size, lambda axes: qc_grid(axes, ordered, labels))


def _draw(figure: Any, rows: pd.DataFrame, measures: list[str], plot: Any) -> None:
    for axes, name in zip(grid_axes(figure, len(measures)), measures, strict=True):
        plot(axes, rows, name)


def _summarise(rows: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    made: list[dict[str, Any]] = []
    for name in measures:
        values = rows[name].to_numpy(np.float64)
        known = values[np.isfinite(values)]
        low, middle, high = np.percentile(known, [25, 50, 75])
        row = {"measure": name, "n": len(known), "n_missing": len(values) - len(known)}
        made.append(row | {"p25": low, "median": middle, "p75": high})
    return pd.DataFrame(made)
