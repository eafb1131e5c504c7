"""One session as it is looked at: what was kept, raw bands, how they were fitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import DataFault, MissingRawData
from ranvier.analysis.session import PhotometrySession
from ranvier.analysis.signals import align_reference
from ranvier.core import RanvierError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers import SessionSource
    from ranvier.analysis.signals import Preprocessed

_PREPROCESSED = "_preprocessed"


@dataclass(frozen=True)
class Viewed:
    """A session, ready to be drawn.

    Parameters
    ----------
    session
        With what its file holds: trials, preprocessed signal, responses, QC, errors.
    bands
        Band → raw signals, one column a region; index s. Empty if not reachable.
    fitted
        How the raw bands were fitted; None without them.
    problems
        What could not be shown, and why.
    """

    session: PhotometrySession
    bands: dict[str, pd.DataFrame] = field(default_factory=dict)
    fitted: Preprocessed | None = None
    problems: tuple[str, ...] = ()

    @property
    def preprocessed(self) -> pd.DataFrame:
        """Preprocessed signals, one column a region; empty if there are none."""
        name = self.session.parameters.preprocess.signal_band + _PREPROCESSED
        return self.session.photometry.get(name, pd.DataFrame())

    @property
    def regions(self) -> tuple[str, ...]:
        """Regions that there is anything of, in the order of the session's fibres."""
        found = [
            *self.session.brain_region,
            *self.preprocessed,
            *self.session.responses,
        ]
        for frame in self.bands.values():
            found += [*frame]
        return tuple(dict.fromkeys(str(name) for name in found)) or ("",)

    @property
    def times(self) -> tuple[float, float]:
        """First and last time of what there is, s."""
        frames = [f for f in (self.preprocessed, *self.bands.values()) if len(f)]
        if not frames:
            return 0.0, 0.0
        return (
            float(min(frame.index[0] for frame in frames)),
            float(max(frame.index[-1] for frame in frames)),
        )

    def get_baselines(self, region: str) -> dict[str, pd.Series]:
        """Give the baseline F0 of each band of a region, indexed by time, s."""
        done, place = self.fitted, self._find_channel(region)
        if done is None or place is None:
            return {}
        settings = self.session.parameters.preprocess
        found = {
            settings.signal_band: pd.Series(
                _column(done.baseline, place), done.t_samples
            )
        }
        reference = self.bands.get(settings.reference_band)
        if done.baseline_reference is not None and reference is not None:
            f0 = _column(done.baseline_reference, place)
            found[settings.reference_band] = pd.Series(f0, reference.index[: len(f0)])
        return found

    def get_regression(
        self, region: str
    ) -> tuple[FloatArray, FloatArray, tuple[float, float]] | None:
        """Give reference and signal (ΔF/F) at the same times, slope and intercept."""
        done, place = self.fitted, self._find_channel(region)
        if done is None or place is None or done.dff_reference is None:
            return None
        fit = done.fits[place]
        if fit is None:
            return None
        signal = _column(done.dff, place)
        reference = _column(done.dff_reference, place)
        if self.session.parameters.preprocess.compat is None:
            band = self.bands[self.session.parameters.preprocess.reference_band]
            times = band.index.to_numpy(np.float64)
            reference = align_reference(done.t_samples, times, reference)
        return reference, signal, (fit.slope, fit.intercept)

    def _find_channel(self, region: str) -> int | None:
        signal = self.bands.get(self.session.parameters.preprocess.signal_band)
        names = [] if signal is None else [str(name) for name in signal]
        return names.index(region) if region in names else None


def view_session(session: PhotometrySession) -> Viewed:
    """Make a session ready to be drawn; what is missing is said, and no fault.

    Parameters
    ----------
    session
        With what was loaded of it; it is not changed.

    Returns
    -------
    Viewed
    """
    bands = {
        name: frame
        for name, frame in session.photometry.items()
        if not name.endswith(_PREPROCESSED)
    }
    fitted, problem = session.preprocessed, ""
    if not bands:
        fitted, problem = None, "the raw signal was not loaded"
    elif fitted is None:
        fitted, problem = _fit(session, bands)
    return Viewed(session, bands, fitted, (problem,) if problem else ())


def reach_raw(
    session: PhotometrySession, open_source: Callable[[str], SessionSource]
) -> Viewed:
    """Load the raw bands of a session from where they came from, if it is there.

    Parameters
    ----------
    session
        As its file holds it; it is not changed.
    open_source
        eid → where its data lie.

    Returns
    -------
    Viewed
        With a problem, if the raw data are not reachable.
    """
    try:
        source = open_source(session.eid)
        raw = PhotometrySession(session.metadata, source, parameters=session.parameters)
        raw.load_photometry()
    except (RanvierError, OSError) as error:
        return Viewed(session, problems=(f"raw signal not reachable: {_word(error)}",))
    fitted, problem = _fit(session, raw.photometry)
    return Viewed(session, raw.photometry, fitted, (problem,) if problem else ())


def open_h5(session: PhotometrySession) -> str:
    """Read a session's file into it, if it can be read.

    Parameters
    ----------
    session
        With nothing loaded.

    Returns
    -------
    str
        Why it could not be read; "" if it was.
    """
    try:
        session.load_h5()
    except DataFault as fault:
        return f"{_word(fault)} ({fault.mend})"
    return ""


def _fit(
    session: PhotometrySession, bands: dict[str, Any]
) -> tuple[Preprocessed | None, str]:
    # In a session of its own: what was kept stays as it is.
    again = PhotometrySession(session.metadata, parameters=session.parameters)
    again.photometry = dict(bands)
    try:
        again.preprocess()
    except DataFault as fault:
        return None, f"no baseline: {_word(fault)}"
    return again.preprocessed, ""


def _column(values: FloatArray, place: int) -> FloatArray:
    return values if values.ndim == 1 else values[:, place]


def _word(error: Exception) -> str:
    problem = getattr(error, "problem", "") or str(error) or type(error).__name__
    return " ".join(str(problem).split())


def make_missing() -> MissingRawData:
    """Give the fault of a session whose place the study does not name."""
    return MissingRawData(
        "the study does not say where it lies.",
        mend="see `sessions` in the study's file",
    )
