"""Task encoding: models of single recordings, their components, and behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.figures import (
    plot_cca_comparison,
    plot_cohort_cca_summary,
    plot_glm_pca_summary,
)
from ranvier.analysis.statistics import CohortCCASettings, PenaltyGrid
from ranvier.analysis.studies._cca_tables import (
    list_scores,
    list_weights,
    spread_weights,
    summarise_cohorts,
)
from ranvier.analysis.studies._command import Part, run_parts
from ranvier.analysis.studies._options import change_settings, check_choice
from ranvier.analysis.studies._work import (
    GROUP_INPUTS,
    TRIAL_SETTINGS,
    StudyWork,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.studies._keep import Kept
    from ranvier.analysis.studies._writer import StudyWriter
    from ranvier.core import Reporter

COMMAND = "task_encoding"
_GLM_SETTINGS = (
    *TRIAL_SETTINGS,
    "statistics.contrast_coding",
    "statistics.min_trials",
)
_CCA_SETTINGS = (*_GLM_SETTINGS, "statistics.n_permutations", "statistics.seed")


@dataclass(frozen=True)
class TaskEncodingOptions:
    """How task encoding is analysed; None takes what the parameters say.

    Parameters
    ----------
    events
        Whose responses; all there are unless given.
    contrast_coding, n_permutations, seed
        In place of those of the parameters.
    is_sparse
        Use the sparse canonical correlation, penalties chosen by cross-validation.
    with_ica
        Find independent components too.
    weight_by_se
        Take coefficients over their standard errors.
    cohort_weighted
        Give each target the same weight in the PCA.
    min_recordings
        Of a target, for a canonical correlation.
    """

    events: tuple[str, ...] = ()
    contrast_coding: str | None = None
    n_permutations: int | None = None
    seed: int | None = None
    is_sparse: bool = False
    with_ica: bool = False
    weight_by_se: bool = False
    cohort_weighted: bool = False
    min_recordings: int = 10


def analyse_task_encoding(
    folder: Path,
    parameters: AnalysisParameters,
    reporter: Reporter | None = None,
    *,
    options: TaskEncodingOptions | None = None,
) -> Kept:
    """Model each recording's responses by the task, and relate them to behaviour.

    Parameters
    ----------
    folder
        The study; its sessions must have been through the stages.
    parameters
        What is set.
    reporter
        Is told how far it is.
    options
        How.

    Returns
    -------
    Kept
        Below results/task_encoding, for each event: glm_coefficients_<event>.csv
        (glm_t_values_<event>.csv if they are taken over their standard errors),
        pca_stats_<event>.csv and pca_{components,scores}_<event>.csv (ica_… too, if
        asked for), and of the canonical correlation of each target <event>_summary.csv,
        _weights, _scores, _cross_projections, _weight_similarities; figures.

    Raises
    ------
    AnalysisError
        RV-A28 if there is no such coding or event; RV-A29 if a result can't be
        written.
    """
    how = options or TaskEncodingOptions()
    known = parameters.responses.events
    asked = _list_events(how.events)
    for event in asked:
        check_choice("events", event, known)
    set_ = change_settings(
        parameters,
        "statistics",
        contrast_coding=how.contrast_coding,
        n_permutations=how.n_permutations,
        seed=how.seed,
    )
    work = StudyWork(folder, set_, reporter)
    listed = {event: _list_parts(_Event(event, how)) for event in known}
    wanted = [part for event in asked or known for part in listed[event]]
    parts = [part for part in wanted if how.with_ica or not part.is_optional]
    all_ = [part for own in listed.values() for part in own]
    names = {part.name for part in parts}
    others = [part for part in all_ if part.name not in names]
    return run_parts(work, COMMAND, parts, others)


def _list_parts(event: _Event) -> list[Part]:
    how, name = event.how, event.name
    shared = {"event": name, "weight_by_se": how.weight_by_se}
    return [
        Part(f"glm_{name}", _GLM_SETTINGS, GROUP_INPUTS, event.write_glm, shared),
        Part(
            f"pca_{name}",
            _GLM_SETTINGS,
            GROUP_INPUTS,
            event.write_pca,
            shared | {"cohort_weighted": how.cohort_weighted},
        ),
        Part(
            f"ica_{name}",
            _GLM_SETTINGS,
            GROUP_INPUTS,
            event.write_ica,
            shared,
            is_optional=True,
        ),
        Part(
            f"cca_{name}",
            _CCA_SETTINGS,
            GROUP_INPUTS,
            event.write_cca,
            shared | {"sparse": how.is_sparse, "min_recordings": how.min_recordings},
        ),
    ]


@dataclass(frozen=True)
class _Event:
    """What is made of the responses to one event."""

    name: str
    how: TaskEncodingOptions

    def write_glm(self, work: StudyWork, writer: StudyWriter) -> None:
        """Write the coefficients of all recordings, and which could not be fitted."""
        table = self._fit(work).get(self.name)
        fits = work.group.glm_fits
        failed = 0
        if fits is not None and len(fits.failures):
            own = fits.failures[fits.failures["event"] == self.name]
            failed = len(own)
            for row in own.to_dict("records"):
                where = f"{row['eid']}, {row['target_NM']}, {self.name}"
                entry = {"error_type": "GroupFault", "error_message": row["reason"]}
                writer.note(where, entry)
        if table is not None:
            said = {"n_recordings": len(table), "n_failed": failed}
            kind = "t_values" if self.how.weight_by_se else "coefficients"
            name = f"glm_{kind}_{self.name}"
            writer.csv(table, name, {"n": said}, with_index=True)

    def write_pca(self, work: StudyWork, writer: StudyWriter) -> None:
        """Write principal components of the coefficients."""
        self._fit(work)
        found = work.group.pca_glm_coefficients(
            self.name, cohort_weighted=self.how.cohort_weighted
        )
        self._write_components(work, writer, "pca", found)

    def write_ica(self, work: StudyWork, writer: StudyWriter) -> None:
        """Write independent components of the coefficients."""
        self._fit(work)
        found = work.group.ica_glm_coefficients(self.name)
        self._write_components(work, writer, "ica", found)

    def write_cca(self, work: StudyWork, writer: StudyWriter) -> None:
        """Write the canonical correlation of each target."""
        self._fit(work)
        statistics = work.parameters.statistics
        settings = CohortCCASettings(
            min_recordings=self.how.min_recordings,
            n_permutations=statistics.n_permutations,
            seed=statistics.seed,
            grid=PenaltyGrid() if self.how.is_sparse else None,
        )
        cohorts = work.group.fit_cohort_cca(self.name, settings)
        writer.faults_of(cohorts)
        cross = work.group.cross_project_cca(cohorts.results)
        cosines = work.group.compare_cca_weights(cohorts.results)
        tables = {
            "summary": summarise_cohorts(cohorts),
            "weights": list_weights(cohorts.results),
            "scores": list_scores(cohorts.results),
            "cross_projections": cross,
            "weight_similarities": cosines,
        }
        for name, table in tables.items():
            writer.csv(table, f"{self.name}_{name}", cohorts.provenance)
        fits = tables["summary"]
        writer.figure(
            f"cca_{self.name}",
            (11, 8),
            lambda figure: plot_cohort_cca_summary(
                figure,
                tables["scores"],
                fits,
                spread_weights(cohorts.results),
                cross,
            ),
            whole=True,
        )
        writer.figure(
            f"cca_r_{self.name}",
            (4.5, 3.5),
            lambda axes: plot_cca_comparison(axes, fits),
        )

    def _fit(self, work: StudyWork) -> dict[str, pd.DataFrame]:
        group = work.group
        known = getattr(group, "glm_response_features", None)
        if known is None:
            known = group.get_glm_response_features(weight_by_se=self.how.weight_by_se)
        return known

    def _write_components(
        self, work: StudyWork, writer: StudyWriter, kind: str, found: Any
    ) -> None:
        said = found.provenance
        shares = found.explained_variance_ratio
        components = found.components.assign(
            explained_variance_ratio=shares.to_numpy()
        ).rename_axis("component")
        writer.csv(components, f"{kind}_components_{self.name}", said, with_index=True)
        writer.csv(found.scores, f"{kind}_scores_{self.name}", said, with_index=True)
        pooled = writer.attempt(
            f"{kind}, {self.name}", lambda: work.group.compare_glm_scores(found)
        )
        by_subject = writer.attempt(
            f"{kind}, {self.name}, subjects",
            lambda: work.group.compare_glm_scores(found, by_subject=True),
        )
        tests = {"recordings": pooled, "subjects": by_subject}
        known = [t.assign(unit=unit) for unit, t in tests.items() if t is not None]
        if known:
            table = pd.concat(known, ignore_index=True)
            writer.csv(table, f"{kind}_stats_{self.name}", said)
        targets = found.scores.index.get_level_values("target_NM")
        marks = None
        if by_subject is not None:
            marks = by_subject.rename(columns={"p_corrected": "p_holm"})
        writer.figure(
            f"{kind}_{self.name}",
            (11, 7.5),
            lambda figure: plot_glm_pca_summary(figure, found, targets, marks),
            whole=True,
        )


def _list_events(names: Sequence[str]) -> tuple[str, ...]:
    # By their names, with or without "_times".
    return tuple(name if name.endswith("_times") else f"{name}_times" for name in names)
