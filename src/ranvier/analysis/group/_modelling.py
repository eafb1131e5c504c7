"""Modelling: mixed models over the trials of a group, by target and event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.analysis.group._curves import fit_curves
from ranvier.analysis.group._mixed import (
    Random,
    Work,
    compare_cells,
    compute_effects,
    crossval_families,
    fit_families,
    fit_lmms,
    jackknife_families,
)
from ranvier.analysis.group._models import RESPONSE_LMM
from ranvier.analysis.group._moving import (
    STIMULUS,
    TIMINGS,
    WHEEL_VARIABLES,
    WheelComparison,
    check_timings,
    compare_wheel,
    crossval_timing,
    fit_timing_by_contrast,
)
from ranvier.analysis.group._responding import Responding

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ranvier.analysis.group._results import GroupResult
    from ranvier.analysis.statistics import (
        CrossvalResult,
        FunctionalLmmResult,
        JackknifeResult,
        LmmResult,
    )

_FUNCTIONAL = "response ~ contrast + side"


class Modelling(Responding):
    """The part of a group that fits mixed models.

    Each method takes the trials of `select_trials`, of subjects with enough of them
    (`parameters.statistics`), with contrast coded and centred on the trials of each
    fit. Each gives a `GroupResult`: what could not be fitted is a fault in it, the rest
    goes on. A GroupFault is raised only if there is nothing to begin with.
    """

    def fit_lmm(
        self, formula: str = RESPONSE_LMM, random: Random = "intercept"
    ) -> GroupResult[LmmResult]:
        """Fit one mixed model to each target and event, REML, random by subject.

        Parameters
        ----------
        formula
            Of response, contrast, side, reward, choice_side, log_reaction_time,
            log_movement_time, peak_velocity, and columns of the magnitudes.
        random
            Intercept, or intercept and slope of the contrast.

        Returns
        -------
        GroupResult of LmmResult
            (target_NM, event) → fit; the table has a row for each coefficient.

        Raises
        ------
        AnalysisError
            RV-A82 if the formula does not fit the trials.
        """
        return fit_lmms(self._ready(), formula, random)

    def response_lmm_fit(
        self, family: str = "task_reliability"
    ) -> GroupResult[dict[str, LmmResult]]:
        """Fit each model of a family, by maximum likelihood, to the same trials.

        Parameters
        ----------
        family
            task_reliability, task_ceiling, movement_choice, movement_reaction_time,
            movement_peak_velocity, movement_ceiling; see `get_models`.

        Returns
        -------
        GroupResult of dict
            (target_NM, event) → model → fit; the table has `model` and `delta_r2`, the
            fall of the marginal R² (of the observed variance) from the full model.

        Raises
        ------
        AnalysisError
            RV-A09 if there is no such family.
        """
        return fit_families(self._ready(), family)

    def response_lmm_crossval(
        self, family: str = "task_reliability"
    ) -> GroupResult[CrossvalResult]:
        """Compare the models of a family by their R² in subjects left out.

        Parameters
        ----------
        family
            As of `response_lmm_fit`.

        Returns
        -------
        GroupResult of CrossvalResult
            The table has model, subject, n_test, r2, delta_r2.

        Raises
        ------
        AnalysisError
            RV-A09 if there is no such family.
        """
        return crossval_families(self._ready(), family)

    def response_lmm_jackknife(
        self, family: str = "task_reliability"
    ) -> GroupResult[JackknifeResult]:
        """Fit the models of a family with each subject left out.

        Parameters
        ----------
        family
            As of `response_lmm_fit`.

        Returns
        -------
        GroupResult of JackknifeResult
            The table has model, r2, r2_se, delta_r2, delta_r2_se.

        Raises
        ------
        AnalysisError
            RV-A09 if there is no such family.
        """
        return jackknife_families(self._ready(), family)

    def response_lmm_effects(
        self, formula: str = RESPONSE_LMM
    ) -> GroupResult[dict[str, pd.DataFrame]]:
        """Say the effects of a model: marginal means, slopes, interactions.

        Parameters
        ----------
        formula
            As of `fit_lmm`, with `contrast`.

        Returns
        -------
        GroupResult of dict
            "means" (of each contrast, and of it crossed with side and reward, other
            factors at 0), "slopes" (of contrast, at the levels of side and reward),
            "interactions" (of side and reward).

        Raises
        ------
        AnalysisError
            RV-A82 if the formula does not fit the trials.
        """
        return compute_effects(self._ready(), formula)

    def anova_response_magnitudes(
        self,
        within: Sequence[str] = ("contrast", "side", "reward"),
        min_trials: int = 10,
    ) -> GroupResult[pd.DataFrame]:
        """Test factors within subjects, on the means of their trials.

        Parameters
        ----------
        within
            Factors.
        min_trials
            Of a subject in a cell; cells with fewer are left out.

        Returns
        -------
        GroupResult of DataFrame
            effect, F, df_num, df_den, p, method.
        """
        return compare_cells(self._ready(), within, min_trials)

    def fit_functional_lmm(
        self, formula: str = _FUNCTIONAL, window: tuple[float, float] = (-0.5, 1.0)
    ) -> GroupResult[FunctionalLmmResult]:
        """Fit coefficients as curves over time, random intercept curve by subject.

        Parameters
        ----------
        formula
            As of `fit_lmm`.
        window
            Around the event, s; cut to that of the responses.

        Returns
        -------
        GroupResult of FunctionalLmmResult
            With pointwise and joint bands. Responses are less their baseline but not
            masked, as a trial without all of its samples can't be used.
        """
        work = self._ready()
        baseline = self.parameters.responses.baseline
        return fit_curves(work, self._read_alike(), formula, window, baseline)

    def loso_cv_movement_lmm(
        self,
        timings: Sequence[str] = tuple(TIMINGS),
        event: str = STIMULUS,
    ) -> GroupResult[CrossvalResult]:
        """Compare contrast and timing as predictors, in subjects left out.

        Parameters
        ----------
        timings
            reaction_time, movement_time; as log10 s.
        event
            Whose responses.

        Returns
        -------
        GroupResult of CrossvalResult
            (target_NM, timing) → models full, without contrast, without timing.

        Raises
        ------
        GroupFault
            If there is no such timing.
        """
        return crossval_timing(self._ready(), check_timings(timings), event)

    def fit_movement_lmm_per_contrast(
        self,
        timings: Sequence[str] = tuple(TIMINGS),
        event: str = STIMULUS,
    ) -> GroupResult[LmmResult]:
        """Fit the slope of the response on timing at each contrast.

        Parameters
        ----------
        timings, event
            As of `loso_cv_movement_lmm`.

        Returns
        -------
        GroupResult of LmmResult
            (target_NM, contrast, timing) → fit; the table has timing_coef, timing_se,
            p, marginal_r2.

        Raises
        ------
        GroupFault
            If there is no such timing.
        """
        return fit_timing_by_contrast(self._ready(), check_timings(timings), event)

    def fit_wheel_lmm(
        self, event: str = STIMULUS, variables: Sequence[str] = WHEEL_VARIABLES
    ) -> GroupResult[WheelComparison]:
        """Ask at each contrast whether the response says something of the movement.

        Parameters
        ----------
        event
            Whose responses.
        variables
            What is explained: reaction_time, movement_time, peak_velocity.

        Returns
        -------
        GroupResult of WheelComparison
            (target_NM, contrast, variable) → models without and with the response, and
            their likelihood-ratio test.
        """
        return compare_wheel(self._ready(), event, variables)

    def _ready(self) -> Work:
        if self.response_magnitudes is None:
            self.get_response_magnitudes()
        if self.trial_regressors is None and self.h5_dir is not None:
            self.get_trial_regressors()
        return self._work()
