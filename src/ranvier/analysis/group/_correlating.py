"""Correlating: coefficients of recordings with the behaviour of their sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.group._canonical import build_psychometrics, pair_features
from ranvier.analysis.group._moving import STIMULUS
from ranvier.analysis.group._relating import Relating
from ranvier.analysis.statistics import (
    CCAResult,
    CohortCCA,
    CohortCCASettings,
    compare_cca_weights,
    cross_project_cca,
    fit_cca,
    fit_cohort_cca,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class Correlating(Relating):
    """The part of a group that relates responses to behaviour."""

    def get_psychometric_features(self, block: str = "50") -> pd.DataFrame:
        """Give the psychometric parameters of each recording, seen from its fibre.

        Parameters
        ----------
        block
            Percent of stimuli on the left: "50", "20", "80".

        Returns
        -------
        pandas.DataFrame
            Threshold, bias, lapse_contra, lapse_ipsi, index (eid, target_NM,
            fiber_idx); also `psychometric_features`. NaN for a fibre without
            hemisphere.

        Raises
        ------
        GroupFault
            If the performance is not known, or lacks the block.
        """
        performance = self.tables.performance
        if performance is None:
            raise GroupFault(
                "the performance of the sessions is not known.",
                wanted="data/performance.pqt",
                mend="call load_performance",
            )
        recordings = self._need_recordings()
        self.psychometric_features = build_psychometrics(recordings, performance, block)
        return self.psychometric_features

    def fit_cca(self, event: str = STIMULUS, n_components: int = 1) -> CCAResult:
        """Find what coefficients and psychometric parameters have in common, over all.

        Parameters
        ----------
        event
            Whose coefficients.
        n_components
            Pairs of weighted sums.

        Returns
        -------
        CCAResult
            Permutations move the recordings of a session together.

        Raises
        ------
        GroupFault
            If fewer than four recordings are complete; else as of
            `get_psychometric_features` and `get_glm_response_features`.
        """
        x, y = self._pair(event)
        settings = self.parameters.statistics
        return fit_cca(
            x,
            y,
            n_components,
            n_permutations=settings.n_permutations,
            seed=settings.seed,
            shuffle_groups=x.index.get_level_values("eid").to_numpy(object),
        )

    def fit_cohort_cca(
        self, event: str = STIMULUS, settings: CohortCCASettings | None = None
    ) -> CohortCCA:
        """Find the same for each target by itself, with signs aligned.

        Parameters
        ----------
        event
            Whose coefficients.
        settings
            Least recordings, penalties, draws; draws and seed are those of the
            parameters unless given.

        Returns
        -------
        CohortCCA
            Also `cohort_cca`. A target that can't be fitted is in its `faults`.

        Raises
        ------
        GroupFault
            If no target can be fitted; else as of `fit_cca`.
        """
        x, y = self._pair(event)
        used = self.parameters.statistics
        usual = CohortCCASettings(n_permutations=used.n_permutations, seed=used.seed)
        self.cohort_cca = fit_cohort_cca(
            x,
            y,
            x.index.get_level_values("target_NM").to_numpy(object),
            settings or usual,
            sessions=x.index.get_level_values("eid").to_numpy(object),
        )
        return self.cohort_cca

    def cross_project_cca(
        self, results: Mapping[str, CCAResult] | None = None
    ) -> pd.DataFrame:
        """Correlate the two sides of each target under the weights of the others.

        Parameters
        ----------
        results
            Target → fit; those of `fit_cohort_cca` unless given.

        Returns
        -------
        pandas.DataFrame
            data, weights, component, r, n.

        Raises
        ------
        GroupFault
            If nothing was fitted.
        """
        return cross_project_cca(self._take_cohorts(results))

    def compare_cca_weights(
        self, results: Mapping[str, CCAResult] | None = None
    ) -> pd.DataFrame:
        """Compare the weights of each two targets by their cosine.

        Parameters
        ----------
        results
            Target → fit; those of `fit_cohort_cca` unless given.

        Returns
        -------
        pandas.DataFrame
            cohort_a, cohort_b, component, x_cosine, y_cosine.

        Raises
        ------
        GroupFault
            If nothing was fitted.
        """
        return compare_cca_weights(self._take_cohorts(results))

    def _pair(self, event: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        self._take_coefficients(event)
        if self.psychometric_features is None:
            self.get_psychometric_features()
        coefficients = self.glm_response_features or {}
        return pair_features(
            coefficients, pd.DataFrame(self.psychometric_features), event
        )

    def _take_cohorts(
        self, results: Mapping[str, CCAResult] | None
    ) -> Mapping[str, CCAResult]:
        if results is not None:
            return results
        return (self.cohort_cca or self.fit_cohort_cca()).results
