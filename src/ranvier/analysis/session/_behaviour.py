"""Behaviour of one session: performance, psychometric functions, the wheel."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.behaviour import (
    PSYCHOMETRIC_PARAMETERS,
    compute_fraction_correct,
    compute_fraction_correct_by_contrast,
    compute_fraction_correct_easy,
    compute_nogo_fraction,
    compute_performance,
    compute_trial_timings,
    compute_velocity_by_trial,
    compute_wheel_velocity,
    fit_psychometric,
    get_right_choices,
)
from ranvier.analysis.faults import (
    InsufficientTrials,
    MissingExtractedData,
    TrialFault,
    exception_logger,
)
from ranvier.analysis.session._state import SessionState

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_BLOCKS = {20: 0.2, 50: 0.5, 80: 0.8}
_FIT = (*PSYCHOMETRIC_PARAMETERS, "n_trials")
_BASIC = ("psych_50_", "psych_80_", "psych_20_", "bias_shift")


class Behaviour(SessionState):
    """The part of a session that knows its behaviour."""

    def basic_performance(self) -> dict[str, Any]:
        """Compute performance, and the psychometric function of the 50 : 50 block.

        Returns
        -------
        dict
            As of `behaviour.compute_performance`, without the other blocks.

        Raises
        ------
        TrialFault
            If a column is missing.
        """
        found = self._performance()
        return {
            name: value
            for name, value in found.items()
            if not name.startswith(_BASIC[1:])
        }

    def block_performance(self) -> dict[str, Any]:
        """Compute the psychometric function of each kind of block, and the bias shift.

        Returns
        -------
        dict
            psych_20_…, psych_50_…, psych_80_…, bias_shift; NaN where there are too few
            trials of a block.

        Raises
        ------
        TrialFault
            If a column is missing.
        """
        found = self._performance()
        return {name: found[name] for name in found if name.startswith(_BASIC)}

    def fraction_correct(self) -> float:
        """Give the fraction of choices that were right.

        Returns
        -------
        float
        """
        return compute_fraction_correct(self.trials)

    def fraction_correct_by_contrast(self) -> pd.DataFrame:
        """Give the fraction of choices that were right, by contrast.

        Returns
        -------
        pandas.DataFrame
            As of `behaviour.compute_fraction_correct_by_contrast`.
        """
        return compute_fraction_correct_by_contrast(self.trials)

    def fraction_correct_easy(self) -> float:
        """Give the fraction of choices that were right where it was easy.

        Returns
        -------
        float
        """
        return compute_fraction_correct_easy(
            self.trials, self.parameters.task.easy_contrast
        )

    def nogo_fraction(self) -> float:
        """Give the fraction of trials without a choice.

        Returns
        -------
        float
        """
        return compute_nogo_fraction(self.trials)

    def fit_psychometric(
        self, probability_left: float | None = None
    ) -> dict[str, float]:
        """Fit a psychometric function.

        Parameters
        ----------
        probability_left
            Block whose trials are taken; None takes all.

        Returns
        -------
        dict
            bias, threshold, lapse_left, lapse_right, r_squared, n_trials; see
            `behaviour.PsychometricFit`.

        Raises
        ------
        InsufficientTrials
            If there are not two contrasts.
        """
        table = self.trials
        if probability_left is not None:
            table = table[np.isclose(table["probabilityLeft"], probability_left)]
        fit = fit_psychometric(
            table["signed_contrast"].to_numpy(np.float64),
            get_right_choices(table),
            session=self.eid,
        )
        return {name: getattr(fit, name) for name in _FIT}

    def fit_psychometric_by_block(self) -> dict[int, dict[str, float]]:
        """Fit a psychometric function to each kind of block that has two contrasts.

        Returns
        -------
        dict
            Percent of stimuli on the left → fit.
        """
        fits: dict[int, dict[str, float]] = {}
        for name, probability in _BLOCKS.items():
            with suppress(InsufficientTrials):
                fits[name] = self.fit_psychometric(probability)
        return fits

    def get_trial_timings(self) -> pd.DataFrame:
        """Give reaction, movement and response time of each trial.

        Returns
        -------
        pandas.DataFrame
            reaction_time, movement_time, response_time, s.

        Raises
        ------
        TrialFault
            If the time of an event is missing in all trials.
        """
        return compute_trial_timings(self.trials)

    @exception_logger
    def extract_wheel_velocity(
        self, t0_event: str | None = None, t1_event: str | None = None
    ) -> NDArray[np.float32]:
        """Cut the wheel's velocity into trials.

        Parameters
        ----------
        t0_event, t1_event
            A trial's velocity is from the one to the other; those of the parameters
            unless given.

        Returns
        -------
        numpy.ndarray
            Shape (n_trials, n_longest), rad/s, NaN-padded; also `wheel_velocity`.

        Raises
        ------
        MissingExtractedData
            If the wheel was not loaded.
        TrialFault
            If the trials have no such event.
        SignalFault
            If the wheel is too short.
        """
        if self.wheel is None:
            raise MissingExtractedData(
                "the wheel was not loaded.", session=self.eid, mend="call load_wheel"
            )
        settings = self.parameters.wheel
        names = (t0_event or settings.t0_event, t1_event or settings.t1_event)
        lacking = [name for name in names if name not in self.trials]
        if lacking:
            raise TrialFault(
                f"the trials have no {' and no '.join(lacking)}.", session=self.eid
            )
        t, position = self.wheel
        rate_hz = 1 / float(np.median(np.diff(t)))
        velocity = compute_wheel_velocity(position, rate_hz, settings.cutoff_hz)
        ends = [self.trials[name].to_numpy(np.float64) for name in names]
        cut = compute_velocity_by_trial(t, velocity, *ends)
        self.wheel_velocity = cut
        return cut

    def _performance(self) -> dict[str, Any]:
        easy = self.parameters.task.easy_contrast
        return compute_performance(self.trials, easy_contrast=easy)
