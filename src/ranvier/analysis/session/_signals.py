"""Signals of one session: preprocessing and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import (
    SignalFault,
    TrialFault,
    exception_logger,
)
from ranvier.analysis.responses import (
    compute_magnitude,
    compute_response_vector,
    extract_responses,
    mask_subsequent_events,
    subtract_baseline,
)
from ranvier.analysis.session._checks import PREPROCESSED
from ranvier.analysis.session._quality import Quality
from ranvier.analysis.signals import PreprocessOptions, fit_bleaching, preprocess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xarray import DataArray

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.signals import Preprocessed


class Signals(Quality):
    """The part of a session that computes its signals."""

    preprocessed: Preprocessed | None = None
    """How the signal was made: baselines, fits, notes; None before `preprocess`."""

    @exception_logger
    def preprocess(self) -> None:
        """Make one z-scored signal of each region from its bands.

        It stands in `photometry["GCaMP_preprocessed"]`; `qc` gets bleaching_tau (s) and
        iso_correlation (R²). Without a reference band that is wanted, it is made
        without, and that is logged as a fault.

        Raises
        ------
        MissingExtractedData
            If there is no signal band.
        SignalFault
            If no channel can be processed. Of the others, faults are logged.
        """
        settings = self.parameters.preprocess
        signal = self.get_band(
            settings.signal_band, "load_photometry, or name another `signal_band`"
        )
        options = PreprocessOptions(
            baseline=settings.bleaching,
            cutoff_hz=settings.cutoff_hz,
            filter_order=settings.order,
            reference=settings.reference,
            is_aligned=settings.align_reference,
            zscore=settings.zscore,
            rate_hz=settings.rate_hz,
            max_gap_s=settings.max_gap_s,
        )
        reference = self._find_reference(signal)
        try:
            done = preprocess(*_as_arrays(signal), *reference, options, settings.compat)
        except SignalFault as fault:
            raise self._locate(fault, ", ".join(map(str, signal.columns))) from fault
        self.preprocessed = done
        self.photometry[settings.signal_band + PREPROCESSED] = pd.DataFrame(
            done.signal, pd.Index(done.t, name="times"), signal.columns
        )
        self._tell(done, [*signal.columns])
        self._add_fits(done, signal)

    @exception_logger
    def extract_responses(
        self,
        events: Sequence[str] | None = None,
        band: str | None = None,
        window: tuple[float, float] | None = None,
    ) -> dict[str, DataArray]:
        """Cut the signal of each region into windows around the events.

        Parameters
        ----------
        events
            Columns of the trials; those of the parameters that the trials have, unless
            given.
        band
            Of `photometry`; the preprocessed one unless given.
        window
            Around the event, s; that of the parameters unless given.

        Returns
        -------
        dict
            Region → dims (event, trial, time); also `responses`.

        Raises
        ------
        MissingExtractedData
            If the band is not there.
        TrialFault
            If the trials lack an event that was asked for, or all.
        """
        settings = self.parameters.responses
        name = band or self.parameters.preprocess.signal_band + PREPROCESSED
        frame = self.get_band(name, "call preprocess")
        names = self._choose_events(events)
        cut = extract_responses(
            frame.index.to_numpy(np.float64),
            frame.to_numpy(np.float64),
            {event: self.trials[event].to_numpy(np.float64) for event in names},
            window or settings.window,
            compat=settings.compat,
        )
        self.responses = {
            str(region): make_responses(values, names, cut.t)
            for region, values in zip(frame.columns, cut.values, strict=True)
        }
        return self.responses

    def subtract_baseline(
        self, responses: DataArray, window: tuple[float, float] | None = None
    ) -> DataArray:
        """Subtract the mean of each response in a window before its event.

        Parameters
        ----------
        responses
            Of one region, dims (event, trial, time).
        window
            s from the event, its end not with it; that of the parameters unless given.

        Returns
        -------
        xarray.DataArray
        """
        used = window or self.parameters.responses.baseline
        values = subtract_baseline(
            responses.to_numpy(), responses["time"].to_numpy(), used
        )
        return responses.copy(data=values)

    def mask_subsequent_events(
        self, responses: DataArray, event_order: Sequence[str] | None = None
    ) -> DataArray:
        """Blank what comes after the next event of the trial.

        Parameters
        ----------
        responses
            Of one region, dims (event, trial, time).
        event_order
            Order of the events in a trial; that of the responses unless given.

        Returns
        -------
        xarray.DataArray

        Raises
        ------
        TrialFault
            If the trials lack an event of the responses.
        """
        events = [str(event) for event in responses["event"].to_numpy()]
        self._choose_events(events)
        trials = self.trials.iloc[responses["trial"].to_numpy()]
        masked = mask_subsequent_events(
            {event: responses.sel(event=event).to_numpy() for event in events},
            responses["time"].to_numpy(),
            {event: trials[event].to_numpy(np.float64) for event in events},
            event_order or events,
        )
        return responses.copy(data=np.stack([masked[event] for event in events]))

    def get_magnitudes(self, region: str, window: str = "early") -> pd.DataFrame:
        """Give one number for each event and trial: masked, baseline subtracted.

        Parameters
        ----------
        region
            Of `responses`.
        window
            Name of a window of the parameters.

        Returns
        -------
        pandas.DataFrame
            One column an event, one row a trial.
        """
        clean = self.subtract_baseline(
            self.mask_subsequent_events(self.responses[region])
        )
        values = compute_magnitude(
            clean.to_numpy(),
            clean["time"].to_numpy(),
            self.parameters.responses.magnitudes[window],
        )
        events = [str(event) for event in clean["event"].to_numpy()]
        return pd.DataFrame(values.T, clean["trial"].to_numpy(), events)

    def get_response_vector(
        self,
        brain_region: str,
        hemisphere: str | None = None,
        min_trials: int | None = None,
        normalize: str | None = None,
        events: Sequence[str] = ("stimOn_times", "feedback_times"),
    ) -> pd.Series:
        """Give the mean response of a region in each condition.

        Parameters
        ----------
        brain_region
            Of `responses`.
        hemisphere
            "l", "r", or "" for the midline; that of the session unless given.
        min_trials
            A condition with fewer is NaN; that of the parameters unless given.
        normalize
            "minmax" scales the vector from 0 to 1.
        events
            Those that have a part in it.

        Returns
        -------
        pandas.Series
            Label, as "stimOn_c100_contra_correct" → mean magnitude.
        """
        if hemisphere is None and brain_region in self.brain_region:
            hemisphere = self.hemisphere[self.brain_region.index(brain_region)]
        magnitudes = self.get_magnitudes(brain_region)
        least = self.parameters.responses.min_trials
        return compute_response_vector(
            {event: magnitudes[event].to_numpy(np.float64) for event in events},
            self.trials.iloc[magnitudes.index],
            hemisphere,
            least if min_trials is None else min_trials,
            normalize,
        )

    def _choose_events(self, events: Sequence[str] | None) -> list[str]:
        asked = [*(self.parameters.responses.events if events is None else events)]
        found = [event for event in asked if event in self.trials]
        if not found or (events is not None and len(found) < len(asked)):
            lacking = [event for event in asked if event not in found]
            raise TrialFault(
                f"the trials have no {', no '.join(lacking)}."
                if lacking
                else "no event is named that responses could be cut around.",
                session=self.eid,
                found=", ".join(map(str, self.trials.columns)) or "no trials",
                mend="call load_trials, or name other events",
            )
        return found

    def _find_reference(
        self, signal: pd.DataFrame
    ) -> tuple[FloatArray | None, FloatArray | None]:
        settings = self.parameters.preprocess
        if settings.reference == "none" and not settings.compat:
            return None, None
        if settings.reference_band not in self.photometry:
            fault = SignalFault(
                f'there is no reference band "{settings.reference_band}": the signal '
                "was not corrected for movement.",
                session=self.eid,
                found=", ".join(self.raw_bands()),
                mend="map that band, name another `reference_band`, or say "
                "`reference: none`",
            )
            self.log_error(fault)
            return None, None
        band = self.photometry[settings.reference_band]
        self.notes += [
            f'{region}: it is not in the band "{settings.reference_band}".'
            for region in signal
            if region not in band
        ]
        # All NaN in the reference, such a region is a fault of its own.
        return _as_arrays(band.reindex(columns=signal.columns))

    def _locate(self, fault: SignalFault, channel: str) -> SignalFault:
        return fault.located(f"session {self.eid}, channel {channel}")

    def _tell(self, done: Preprocessed, regions: list[Any]) -> None:
        for place, fault in done.faults.items():
            self.log_error(self._locate(fault, str(regions[place])))
        self.notes += [
            f"{region}: {note}"
            for region, notes in zip(regions, done.notes, strict=True)
            for note in notes
        ]

    def _add_fits(self, done: Preprocessed, signal: pd.DataFrame) -> None:
        if self.qc.empty:
            return
        # The pipeline's columns; NaN for the reference.
        rows = [
            {
                "brain_region": region,
                "band": self.parameters.preprocess.signal_band,
                "bleaching_tau": self._fit_tau(signal[region]),
                "iso_correlation": fit.r_squared if fit else np.nan,
            }
            for region, fit in zip(signal.columns, done.fits, strict=True)
        ]
        keys = ["brain_region", "band"]
        old = self.qc.drop(
            columns=["bleaching_tau", "iso_correlation"], errors="ignore"
        )
        self.qc = old.merge(pd.DataFrame(rows), on=keys, how="left")

    def _fit_tau(self, signal: pd.Series) -> float:
        try:
            fit = fit_bleaching(
                signal.index.to_numpy(np.float64), signal.to_numpy(np.float64)
            )
        except SignalFault as fault:
            self.notes.append(f"{signal.name}: no time constant: {fault.problem}")
            return float("nan")
        return fit.tau_s if fit.is_identifiable else float("nan")


def make_responses(values: Any, events: Sequence[str], t: Any) -> DataArray:
    """Give responses of one region their axes.

    Parameters
    ----------
    values
        Shape (n_events, n_trials, n_window).
    events
        Their names.
    t
        Time from the event, shape (n_window,), s.

    Returns
    -------
    xarray.DataArray
        Dims (event, trial, time).
    """
    from xarray import DataArray

    places = {"event": [*events], "trial": np.arange(values.shape[1]), "time": t}
    return DataArray(values, coords=places, dims=("event", "trial", "time"))


def _as_arrays(band: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    return band.index.to_numpy(np.float64), band.to_numpy(np.float64)
