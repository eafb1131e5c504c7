"""Checks of one session: each raises its own fault, or logs it into `exlog`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.behaviour import (
    find_short_blocks,
    fix_block_structure,
    reconstruct_probability_left,
    validate_block_match,
    validate_block_structure,
    validate_event_completeness,
    validate_n_trials,
    validate_trials_in_photometry_time,
)
from ranvier.analysis.faults import (
    BandInversion,
    EarlySamples,
    FewUniqueSamples,
    MissingBlockInfo,
    exception_logger,
)
from ranvier.analysis.session._state import SessionState

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray

PREPROCESSED = "_preprocessed"


class Checks(SessionState):
    """The part of a session that checks it."""

    @exception_logger
    def validate_n_trials(self) -> None:
        """Make sure that there are enough trials.

        Raises
        ------
        InsufficientTrials
            If not.
        """
        validate_n_trials(self.trials, self.parameters.task.min_trials, self.eid)

    @exception_logger
    def validate_event_completeness(self) -> None:
        """Make sure that enough trials have the time of each event.

        Raises
        ------
        IncompleteEventTimes
            If not; its `missing_events` names them.
        """
        validate_event_completeness(
            self.trials,
            self.parameters.task.complete_events,
            self.parameters.task.event_completeness,
            self.eid,
        )

    @exception_logger
    def validate_trials_in_photometry_time(self, band: str | None = None) -> None:
        """Make sure that all trials lie within the photometry.

        Parameters
        ----------
        band
            Whose time counts; the preprocessed one if it is there, unless given.

        Raises
        ------
        TrialsNotInPhotometryTime
            If one does not.
        MissingExtractedData
            If the band is not there.
        """
        signal = self.parameters.preprocess.signal_band
        usual = signal + PREPROCESSED
        name = band or (usual if usual in self.photometry else signal)
        mend = "load_photometry, or name another `signal_band`"
        times = self.get_band(name, mend).index.to_numpy(np.float64)
        validate_trials_in_photometry_time(self.trials, times, self.eid)

    @exception_logger
    def validate_qc(self) -> None:
        """Make sure that raw frames came in time, lit by the LEDs in turn.

        Raises
        ------
        BandInversion, EarlySamples
            If not; both are QCValidationErrors.
        """
        for column, fault, words in (
            ("n_band_inversions", BandInversion, "adjacent frames had the same LED."),
            ("n_early_samples", EarlySamples, "frames came before their time."),
        ):
            if column in self.qc and (self.qc[column] > 0).any():
                worst = int(self.qc[column].max())
                raise fault(words, session=self.eid, found=str(worst), wanted="0")

    @exception_logger
    def validate_few_unique_samples(self) -> None:
        """Make sure that every channel takes enough different values.

        Raises
        ------
        FewUniqueSamples
            If one does not; the session's other channels are still good.
        """
        least = self.parameters.qc.min_unique_fraction
        few = self.qc[self.qc["n_unique_samples"] < least]
        if len(few):
            told = [
                f"{row.brain_region} {row.band} {row.n_unique_samples:.4f}"
                for row in few.itertuples()
            ]
            raise FewUniqueSamples(
                "channels take too few different values.",
                session=self.eid,
                channel=", ".join(dict.fromkeys(few["brain_region"])),
                found="; ".join(told),
                wanted=f"{least:g} of the samples, or more",
            )

    @exception_logger
    def validate_block_structure(self) -> None:
        """Make sure that the blocks are those of the protocol.

        A block that is short may have been planned so: then the plan of the task's
        settings decides. Sessions that are neither training, biased nor ephys have no
        blocks to check.

        Raises
        ------
        BlockStructureBug
            If they are not.
        MissingBlockInfo
            If a block is short and no plan is known.
        """
        if self.session_type not in ("training", "biased", "ephys"):
            return
        probability = self.trials["probabilityLeft"].to_numpy(np.float64)
        least = self.parameters.task.min_block_length
        if self.session_type == "training":
            validate_block_structure(probability, "training", least, self.eid)
        elif find_short_blocks(probability, least).size:
            validate_block_match(probability, self._plan_blocks(), self.eid)

    @exception_logger
    def fix_block_structure(self) -> None:
        """Give the trials the probabilities that were planned.

        Raises
        ------
        MissingBlockInfo
            If no plan is known, or it is too short.
        """
        self.trials = fix_block_structure(self.trials, self._plan_blocks())

    def _plan_blocks(self) -> FloatArray:
        plan = self.metadata.get("block_info")
        if not plan:
            raise MissingBlockInfo("no plan of the blocks is known.", session=self.eid)
        return reconstruct_probability_left(
            plan["LEN_BLOCKS"],
            plan["POSITIONS"],
            plan.get("BLOCK_PROBABILITY_SET", (0.2, 0.8)),
        )
