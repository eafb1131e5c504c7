"""Relating: models of single recordings, and what these have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ranvier.analysis.group._canonical import pair_features
from ranvier.analysis.group._modelling import Modelling
from ranvier.analysis.group._moving import STIMULUS
from ranvier.analysis.group._recording_models import (
    fit_glms,
    fit_persession,
    split_variance,
    spread_coefficients,
)
from ranvier.analysis.group._swaps import correlate, swap_sessions, swap_variables
from ranvier.analysis.statistics import (
    Decomposition,
    compare_scores_by_target,
    fit_ica,
    fit_pca,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.group._results import GroupResult
    from ranvier.analysis.group._swaps import DroponeNull
    from ranvier.analysis.statistics import OlsBatch, SessionSwap, VarianceComponents

_MIN_TRIALS = 50
_MIN_SUBJECTS = 4
_MIN_SESSIONS = 5


class Relating(Modelling):
    """The part of a group that models single recordings."""

    def get_glm_response_features(
        self, *, weight_by_se: bool = False, events: Sequence[str] | None = None
    ) -> dict[str, pd.DataFrame]:
        """Fit each recording's response to contrast, side, reward and their products.

        Parameters
        ----------
        weight_by_se
            Give coefficients over their standard errors.
        events
            All that there are unless given.

        Returns
        -------
        dict
            Event → coefficients, index (eid, target_NM, fiber_idx); also
            `glm_response_features`. The fits, and what failed, are in `glm_fits`.

        Raises
        ------
        GroupFault
            If no trial is left.
        """
        self.glm_fits = fit_glms(self._ready(), events)
        self.glm_response_features = spread_coefficients(
            self.glm_fits, weight_by_se=weight_by_se
        )
        return self.glm_response_features

    def pca_glm_coefficients(
        self,
        event: str = STIMULUS,
        n_components: int | None = None,
        *,
        cohort_weighted: bool = False,
    ) -> Decomposition:
        """Find the principal components of the coefficients of an event.

        Parameters
        ----------
        event
            Whose.
        n_components
            How many; all unless given.
        cohort_weighted
            Give each target the same weight, however many recordings it has.

        Returns
        -------
        Decomposition

        Raises
        ------
        GroupFault
            If there are no coefficients of the event, or fewer than three recordings.
        """
        table = self._take_coefficients(event)
        cohorts = table.index.get_level_values("target_NM").to_numpy(object)
        return fit_pca(
            table,
            n_components=n_components,
            cohorts=cohorts if cohort_weighted else None,
        )

    def ica_glm_coefficients(
        self, event: str = STIMULUS, n_components: int | None = None
    ) -> Decomposition:
        """Find independent components of the coefficients of an event.

        Parameters
        ----------
        event
            Whose.
        n_components
            How many; as many as the rank unless given.

        Returns
        -------
        Decomposition

        Raises
        ------
        GroupFault
            As of `pca_glm_coefficients`.
        """
        table = self._take_coefficients(event)
        seed = self.parameters.statistics.seed
        return fit_ica(table, n_components=n_components, seed=seed)

    def compare_glm_scores(
        self, components: Decomposition, *, by_subject: bool = False
    ) -> pd.DataFrame:
        """Test whether scores of components differ between targets.

        Parameters
        ----------
        components
            Of `pca_glm_coefficients` or `ica_glm_coefficients`.
        by_subject
            Average the scores of each subject first.

        Returns
        -------
        pandas.DataFrame
            As of `statistics.compare_scores_by_target`.

        Raises
        ------
        GroupFault
            If fewer than two targets have two scores.
        """
        index = components.scores.index
        targets = index.get_level_values("target_NM").to_numpy(object)
        subjects = self.find_subjects(index) if by_subject else None
        return compare_scores_by_target(components.scores, targets, subjects=subjects)

    def get_persession_ols_features(
        self, min_trials: int = _MIN_TRIALS, events: Sequence[str] | None = None
    ) -> dict[str, pd.DataFrame]:
        """Give the coefficients of task and movement variables in each recording.

        Parameters
        ----------
        min_trials
            Fewest trials of a recording.
        events
            All that there are unless given.

        Returns
        -------
        dict
            Event → coefficients, index (eid, target_NM, fiber_idx).

        Raises
        ------
        GroupFault
            If no trial is left.
        """
        return spread_coefficients(self.response_ols_dropone(min_trials, events))

    def response_ols_dropone(
        self, min_trials: int = _MIN_TRIALS, events: Sequence[str] | None = None
    ) -> OlsBatch:
        """Fit task and movement variables to each recording, and drop each in turn.

        Parameters
        ----------
        min_trials, events
            As of `get_persession_ols_features`.

        Returns
        -------
        OlsBatch
            `fits` has n_trials, r2 and delta_r2_<variable>; `failures` why a recording
            was not fitted.

        Raises
        ------
        GroupFault
            If no trial is left.
        """
        return fit_persession(self._ready(), min_trials, events)

    def response_ols_dropone_permutation(
        self, min_trials: int = _MIN_TRIALS, events: Sequence[str] | None = None
    ) -> GroupResult[DroponeNull]:
        """Test what each variable adds against the same variable of other sessions.

        Parameters
        ----------
        min_trials, events
            As of `get_persession_ols_features`.

        Returns
        -------
        GroupResult of DroponeNull
            (target_NM, event, variable) → p of each recording and of each subject.

        Raises
        ------
        GroupFault
            If no trial is left.
        """
        return swap_variables(self._ready(), min_trials, events)

    def response_varcomp(
        self,
        min_subjects: int = _MIN_SUBJECTS,
        min_sessions: int = _MIN_SESSIONS,
        min_trials: int = _MIN_TRIALS,
    ) -> GroupResult[VarianceComponents]:
        """Split the variance of each coefficient between subjects and sessions.

        Parameters
        ----------
        min_subjects
            Of a target.
        min_sessions
            Recordings of a subject.
        min_trials
            Of a recording.

        Returns
        -------
        GroupResult of VarianceComponents
            (target_NM, event, term) → components, in the coefficient's unit.

        Raises
        ------
        GroupFault
            If no trial is left.
        """
        work = self._ready()
        batch = fit_persession(work, min_trials)
        return split_variance(work, batch, min_subjects, min_sessions)

    def session_permutation_test(
        self,
        predictor: str = "log_reaction_time",
        statistic: Callable[[FloatArray, FloatArray], float] = correlate,
        n_draws: int | None = None,
    ) -> GroupResult[SessionSwap]:
        """Test a statistic of behaviour and responses against swapped sessions.

        Parameters
        ----------
        predictor
            Column of the trials that is the behaviour.
        statistic
            Takes both, of equal length; larger is more extreme. The size of their
            correlation unless given.
        n_draws
            That of the parameters unless given.

        Returns
        -------
        GroupResult of SessionSwap
            (target_NM, event) → p of each recording, and of their mean. Each pair of
            recordings is computed once, nothing is read again.

        Raises
        ------
        GroupFault
            If the trials have no such column.
        """
        draws = (
            self.parameters.statistics.n_permutations if n_draws is None else n_draws
        )
        return swap_sessions(self._ready(), predictor, statistic, draws)

    def _take_coefficients(self, event: str) -> pd.DataFrame:
        if self.glm_response_features is None:
            self.get_glm_response_features()
        found = self.glm_response_features or {}
        return pair_features(found, pd.DataFrame(), event)[0]
