"""QC overview: how the metrics of the signals are distributed over a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.figures import (
    plot_joint_distributions,
    plot_metric_histogram,
    plot_metric_pca,
    plot_metric_trend,
    plot_metric_violins,
)
from ranvier.analysis.files import QC_SCHEMA, aggregate_qc_per_session
from ranvier.analysis.provenance import make_provenance
from ranvier.analysis.statistics import fit_pca
from ranvier.analysis.studies._command import Part, run_parts
from ranvier.analysis.studies._work import (
    ANY_QUALITY,
    ANY_QUALITY_SETTINGS,
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

COMMAND = "qc_overview"
_METRICS = (
    "n_unique_samples",
    "median_absolute_deviance",
    "percentile_distance",
    "percentile_asymmetry",
    "ar_score",
    "bleaching_tau",
    "iso_correlation",
    "n_early_samples",
    "n_band_inversions",
)
_SIGNAL_ONLY = ("bleaching_tau", "iso_correlation")
_SETTINGS = (
    *ANY_QUALITY_SETTINGS,
    "qc.min_unique_fraction",
    "preprocess.signal_band",
)


def analyse_qc_overview(
    folder: Path, parameters: AnalysisParameters, reporter: Reporter | None = None
) -> Kept:
    """Draw how the metrics of the signals are distributed, and which signals fail.

    Sessions of any performance and with any error are taken, as QC is what is asked.

    Parameters
    ----------
    folder
        The study; data/qc_photometry.pqt must be there.
    parameters
        Of which `selection` says which sessions are looked at.
    reporter
        Is told how far it is.

    Returns
    -------
    Kept
        Below results/qc_overview: summary.csv (a row a band and metric), sessions.csv
        (whether each passes), pca_components.csv; figures.

    Raises
    ------
    AnalysisError
        RV-A29 if a result can't be written.
    """
    work = StudyWork(folder, parameters, reporter)
    parts = (
        Part("metrics", _SETTINGS, TABLES_OF_GROUP, _show_metrics),
        Part("components", _SETTINGS, TABLES_OF_GROUP, _show_components),
    )
    return run_parts(work, COMMAND, parts)


def _select(work: StudyWork) -> pd.DataFrame:
    group = work.select(**ANY_QUALITY)
    qc = work.read(QC_SCHEMA)
    names = ["eid", "brain_region", "subject", "target_NM", "NM", "start_time"]
    recordings = group.recordings[names].drop_duplicates(["eid", "brain_region"])
    rows = qc.merge(recordings, on=["eid", "brain_region"], how="inner")
    if rows.empty:
        raise GroupFault(
            "no signal with QC is of a session that passes the selection.",
            found=f"{len(qc)} rows in {QC_SCHEMA.path}, {len(recordings)} recordings",
            mend="run the stage `photometry`; widen the selection",
        )
    return rows


def _show_metrics(work: StudyWork, writer: StudyWriter) -> None:
    rows = _select(work)
    least = work.parameters.qc.min_unique_fraction
    metrics = _known(rows, _METRICS)
    said = make_provenance(
        "qc_overview",
        {"metrics": metrics},
        n_signals=len(rows),
        n_sessions=int(rows["eid"].nunique()),
    )
    writer.csv(_summarise(rows, metrics), "summary", said)
    passing = aggregate_qc_per_session(rows, threshold=least)
    writer.csv(passing, "sessions", said)

    def draw_histograms(figure: Any) -> None:
        for axes, name in zip(grid_axes(figure, len(metrics)), metrics, strict=True):
            threshold = least if name == "n_unique_samples" else None
            plot_metric_histogram(axes, rows, name, threshold=threshold)

    def draw_trends(figure: Any) -> None:
        for axes, name in zip(grid_axes(figure, len(metrics)), metrics, strict=True):
            plot_metric_trend(axes, rows, name)

    n_rows = -(-len(metrics) // 3)
    size = (10.0, 2.7 * n_rows)
    writer.figure("histograms", size, draw_histograms, whole=True)
    writer.figure("trends", (11.0, 2.7 * n_rows), draw_trends, whole=True)
    signals = _take_signals(work, rows)
    varied = _varied(signals, metrics)
    writer.figure(
        "violins",
        (11.0, 2.9 * -(-max(len(varied), 1) // 3)),
        lambda figure: plot_metric_violins(figure, signals, varied),
        whole=True,
    )


def _show_components(work: StudyWork, writer: StudyWriter) -> None:
    rows = _select(work)
    signals = _take_signals(work, rows)
    names = _varied(signals, _known(rows, _METRICS))
    joint = [name for name in names if name not in _SIGNAL_ONLY]
    side = 1.9 * max(len(joint), 2)
    writer.figure(
        "joint_distributions",
        (side, side),
        lambda figure: plot_joint_distributions(figure, rows, joint),
        whole=True,
    )
    table = signals[names].replace([np.inf, -np.inf], np.nan)
    complete = table.notna().all(axis=1)
    found = fit_pca(table)
    shares = found.explained_variance_ratio
    said = found.components.assign(explained_variance_ratio=shares.to_numpy())
    writer.csv(
        said.rename_axis("component"),
        "pca_components",
        found.provenance,
        with_index=True,
    )
    targets = signals.loc[complete, "target_NM"].to_numpy(object)
    writer.figure(
        "pca",
        (5.5, 4.5),
        lambda axes: plot_metric_pca(
            axes, found.scores, found.components, explained=shares, by=targets
        ),
    )


def _summarise(rows: pd.DataFrame, metrics: list[str]) -> pd.DataFrame:
    made = [
        {
            "band": band,
            "metric": name,
            "n": int(np.isfinite(values).sum()),
            "n_missing": int((~np.isfinite(values)).sum()),
            **_quantiles(values[np.isfinite(values)]),
        }
        for band, part in rows.groupby("band", sort=True)
        for name in metrics
        for values in [part[name].to_numpy(np.float64)]
    ]
    return pd.DataFrame(made)


def _quantiles(values: Any) -> dict[str, float]:
    names = {"p05": 5, "p25": 25, "median": 50, "p75": 75, "p95": 95}
    if not len(values):
        return dict.fromkeys(names, np.nan)
    return {name: float(np.percentile(values, p)) for name, p in names.items()}


def _take_signals(work: StudyWork, rows: pd.DataFrame) -> pd.DataFrame:
    band = work.parameters.preprocess.signal_band
    signals = rows[rows["band"] == band].reset_index(drop=True)
    if signals.empty:
        raise GroupFault(
            f'no row of QC is of the band "{band}".',
            found=", ".join(sorted(map(str, rows["band"].unique()))),
            mend="name the signal's band in preprocess.signal_band",
        )
    return signals


def _known(rows: pd.DataFrame, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in rows and rows[name].notna().any()]


def _varied(rows: pd.DataFrame, names: list[str]) -> list[str]:
    finite = rows[names].replace([np.inf, -np.inf], np.nan)
    return [name for name in names if finite[name].max() > finite[name].min()]
