"""Responses, trials and wheel of the sessions of a group, each file read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.behaviour import compute_peak_velocity
from ranvier.analysis.faults import DataFault, MissingResponses, make_log_entry
from ranvier.analysis.files import read_h5_provenance, read_session_h5
from ranvier.analysis.responses import mask_subsequent_events, subtract_baseline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from ranvier.analysis.arrays import FloatArray, IntArray

_GROUPS = ("photometry/responses", "trials", "wheel")


@dataclass(frozen=True, eq=False)
class SessionResponses:
    """What one file holds for the analyses of a group.

    Parameters
    ----------
    eid
        Session.
    by_region
        Region → responses as they were cut, (n_events, n_trials, n_window).
    events
        Names, in their order in a trial.
    t
        Time from the event, (n_window,), s.
    trial
        Numbers of the trials, (n_trials,).
    trials
        Their table, a row for each of `trial`.
    peak_velocity
        Greatest speed of the wheel in each trial, (n_trials,), rad/s; NaN without.
    made_with
        How signal and responses were made; empty if the file does not say.
    """

    eid: str
    by_region: Mapping[str, FloatArray]
    events: tuple[str, ...]
    t: FloatArray
    trial: IntArray
    trials: pd.DataFrame
    peak_velocity: FloatArray
    made_with: str = ""

    @property
    def rate_hz(self) -> float:
        """Samples per second."""
        return round(1 / float(np.median(np.diff(self.t))), 3) if len(self.t) > 1 else 0

    def clean(
        self, region: str, baseline: tuple[float, float], *, masked: bool = True
    ) -> FloatArray:
        """Give responses masked from the next event on, then less their baseline.

        Parameters
        ----------
        region
            Brain region.
        baseline
            Window whose mean is subtracted, s.
        masked
            False only subtracts the baseline.

        Returns
        -------
        numpy.ndarray
            Shape (n_events, n_trials, n_window).
        """
        raw = self.by_region[region]
        if masked and len(self.events) > 1:
            by_event = dict(zip(self.events, raw, strict=True))
            cut = mask_subsequent_events(by_event, self.t, self.trials, self.events)
            raw = np.stack([cut[event] for event in self.events])
        return subtract_baseline(raw, self.t, baseline)


@dataclass
class ResponseStore:
    """Reads the files of sessions; keeps what it read if told so.

    Parameters
    ----------
    h5_dir
        Folder of `{eid}.h5`; None has no file.
    kept
        eid → what was read.
    left_out
        eid → row of `make_log_entry`, of sessions that can't be read.
    """

    h5_dir: Path | None
    kept: dict[str, SessionResponses] = field(default_factory=dict)
    left_out: dict[str, dict[str, Any]] = field(default_factory=dict)

    def read(self, eids: Sequence[str]) -> Iterator[SessionResponses]:
        """Give each session in turn; one that can't be read is left out, and logged.

        Parameters
        ----------
        eids
            Sessions.

        Yields
        ------
        SessionResponses
            Of each session that has one.
        """
        for eid in eids:
            found = self.kept.get(eid)
            if found is None:
                try:
                    found = read_responses(self.find(eid), eid)
                except DataFault as fault:
                    self.left_out[eid] = make_log_entry(eid, fault)
                    continue
            self.left_out.pop(eid, None)
            yield found

    def keep(self, eids: Sequence[str]) -> None:
        """Read sessions and keep them in memory.

        Parameters
        ----------
        eids
            Sessions.
        """
        self.kept |= {found.eid: found for found in self.read(eids)}

    def flush(self) -> None:
        """Forget what was read."""
        self.kept.clear()

    def find(self, eid: str) -> Path:
        """Give the place of a session's file.

        Parameters
        ----------
        eid
            Session.

        Returns
        -------
        Path

        Raises
        ------
        MissingResponses
            If there is no folder of files.
        """
        if self.h5_dir is None:
            raise MissingResponses(
                "it is not known where the files of sessions lie.",
                session=eid,
                mend="give the group an `h5_dir`",
            )
        return self.h5_dir / f"{eid}.h5"


def read_responses(path: Path, eid: str) -> SessionResponses:
    """Read what the analyses of a group need of one file.

    Parameters
    ----------
    path
        `{eid}.h5`.
    eid
        Session.

    Returns
    -------
    SessionResponses

    Raises
    ------
    FileFault
        If the file is missing or damaged.
    MissingResponses
        If it holds no responses, or fewer trials than they have.
    """
    parts = read_session_h5(path, _GROUPS)
    photometry, table = parts.get("photometry"), parts.get("trials")
    regions = dict(photometry.responses) if photometry is not None else {}
    if not regions or table is None:
        raise MissingResponses(
            session=eid, found=", ".join(parts) or "an empty file", wanted="responses"
        )
    first = next(iter(regions.values()))
    trial = np.asarray(first["trial"], np.int64)
    if len(trial) and trial.max() >= len(table):
        raise MissingResponses(
            "the responses have more trials than the session.",
            session=eid,
            found=f"trial {trial.max()} of {len(table)}",
        )
    events = tuple(str(event) for event in first["event"].to_numpy())
    lacking = [event for event in events if event not in table]
    if lacking:
        raise MissingResponses(
            "the trials lack events that there are responses to.",
            session=eid,
            found=", ".join(map(str, table.columns)),
            wanted=", ".join(lacking),
        )
    wheel = parts.get("wheel")
    peak = np.full(len(table), np.nan)
    if wheel is not None and len(wheel.velocity) == len(table):
        peak = compute_peak_velocity(wheel.velocity)
    return SessionResponses(
        eid,
        {name: np.asarray(array, np.float64) for name, array in regions.items()},
        events,
        np.asarray(first["time"], np.float64),
        trial,
        table.iloc[trial].reset_index(drop=True),
        peak[trial],
        _say_parameters(read_h5_provenance(path).get("photometry")),
    )


def _say_parameters(said: Any) -> str:
    if not isinstance(said, dict):
        return ""
    parts = {name: said[name] for name in ("preprocess", "responses") if name in said}
    return repr(parts) if parts else ""
