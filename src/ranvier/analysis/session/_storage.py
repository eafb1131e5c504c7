"""The session's own file, `{eid}.h5`: written whole, read as far as is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.files import (
    TRIAL_COLUMNS,
    PhotometryPart,
    WheelPart,
    read_session_h5,
    write_session_h5,
)
from ranvier.analysis.session._checks import PREPROCESSED
from ranvier.analysis.session._state import SessionState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GROUPS = ("metadata", "errors", "photometry", "trials", "wheel")


class Storage(SessionState):
    """The part of a session that writes and reads its file."""

    def save_h5(
        self,
        fpath: Path | str | None = None,
        groups: Sequence[str] | None = None,
        *,
        mode: str = "a",
        provenance: Mapping[str, Any] | None = None,
    ) -> Path:
        """Write what there is into the session's file.

        The file is whole at every moment: it is made beside the old one and renamed.

        Parameters
        ----------
        fpath
            The file; `filepath` unless given.
        groups
            metadata, errors, photometry, trials, wheel; all that have something, and
            metadata and errors always, unless given.
        mode
            "a" keeps other groups of the file, "w" does not.
        provenance
            Where a group comes from, by its name.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        AnalysisError
            If a group is not known, or the file can't be written.
        FileFault
            If the old file is damaged; mode "w" writes a new one.
        """
        path = Path(fpath) if fpath is not None else self.filepath
        write_session_h5(
            path,
            self.gather(GROUPS if groups is None else groups),
            mode="w" if mode == "w" else "a",
            provenance=provenance,
        )
        return path

    def load_h5(
        self, fpath: Path | str | None = None, groups: Sequence[str] | None = None
    ) -> None:
        """Read what the session's file holds.

        Parameters
        ----------
        fpath
            The file; `filepath` unless given.
        groups
            metadata, errors, photometry, trials, wheel; all unless given.

        Raises
        ------
        FileFault
            If the file is missing, damaged, or laid out otherwise.
        """
        path = Path(fpath) if fpath is not None else self.filepath
        self.take_parts(read_session_h5(path, groups))

    def take_parts(self, parts: Mapping[str, Any]) -> None:
        """Take what was read of a session's file.

        Parameters
        ----------
        parts
            Of `files.read_session_h5`.
        """
        if "errors" in parts:
            self.errors = parts["errors"].to_dict("records")
        if "trials" in parts:
            self.trials = parts["trials"]
        if "photometry" in parts:
            self._take_photometry(parts["photometry"])
        if "wheel" in parts:
            self.wheel_velocity = parts["wheel"].velocity

    def _take_photometry(self, part: PhotometryPart) -> None:
        if not part.preprocessed.empty:
            band = self.parameters.preprocess.signal_band + PREPROCESSED
            self.photometry[band] = part.preprocessed
        if part.responses:
            self.responses = dict(part.responses)
        if not part.qc.empty:
            self.qc = part.qc

    def gather(self, groups: Sequence[str] = GROUPS) -> dict[str, Any]:
        """Give what there is, as parts of a session's file.

        Parameters
        ----------
        groups
            Those that are wanted.

        Returns
        -------
        dict
            Group → part, of those that have something.
        """
        about = {k: v for k, v in self.metadata.items() if k != "block_info"}
        parts: dict[str, Any] = {"metadata": about, "errors": self.errors}
        settings = self.parameters
        band = settings.preprocess.signal_band + PREPROCESSED
        signal = self.photometry.get(band, pd.DataFrame())
        if not signal.empty or self.responses or not self.qc.empty:
            parts["photometry"] = PhotometryPart(
                signal,
                self.responses,
                self.qc,
                settings.preprocess.rate_hz,
                settings.responses.window,
            )
        if not self.trials.empty:
            # The layout's columns, and those of events that it has no name for.
            kept = {*TRIAL_COLUMNS, *settings.responses.events}
            parts["trials"] = self.trials[[n for n in self.trials if n in kept]]
        if self.wheel_velocity is not None:
            wheel = settings.wheel
            parts["wheel"] = WheelPart(
                self.wheel_velocity, wheel.rate_hz, wheel.t0_event, wheel.t1_event
            )
        return {name: part for name, part in parts.items() if name in groups}
