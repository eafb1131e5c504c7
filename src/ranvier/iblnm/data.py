"""One session, and a group of sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from ranvier.analysis import group as groups
from ranvier.analysis import session as floor
from ranvier.analysis.faults import exception_logger
from ranvier.analysis.files import LOAD_HANDLERS, SAVE_HANDLERS
from ranvier.iblnm import config, io, util, validation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.readers import SessionSource

_SAVE_HANDLERS = SAVE_HANDLERS
_LOAD_HANDLERS = LOAD_HANDLERS


class PhotometrySession(floor.PhotometrySession):
    """One session, with the IBL's names for parameters.

    Parameters
    ----------
    session_series
        Row of sessions.pqt: eid, subject, start_time (ISO 8601), and what else is
        known.
    source
        Where the data lie; or a connection of ONE that knows.
    one
        A connection of ONE that knows where the data lie.
    load_data
        Whether trials and photometry are loaded at once.
    parameters
        What is set; those of `config.make_parameters` unless given.
    filepath
        The session's HDF5; {eid}.h5 in `config.SESSIONS_H5_DIR` unless given.

    Raises
    ------
    MetadataFault
        If eid, subject or start_time are missing, or lists of fibres differ in length.
    """

    RESPONSE_WINDOW = config.RESPONSE_WINDOW

    def __init__(
        self,
        session_series: Mapping[str, Any] | pd.Series,
        source: SessionSource | Any = None,
        *,
        one: Any = None,
        load_data: bool = False,
        parameters: AnalysisParameters | None = None,
        filepath: Path | None = None,
    ) -> None:
        # The pipeline's loader takes the connection second.
        if source is not None and not hasattr(source, "load_trials"):
            source, one = None, source
        super().__init__(
            session_series,
            source,
            one=one,
            parameters=parameters or config.make_parameters(),
            filepath=filepath,
        )
        if filepath is None:
            self.filepath = config.SESSIONS_H5_DIR / f"{self.eid}.h5"
        if load_data:
            self.load_trials()
            self.load_photometry()

    @exception_logger
    def run_raw_qc(self) -> None:
        """Count raw frames out of order, into `qc`; loads the photometry if need be.

        Raises
        ------
        MissingRawData, MissingExtractedData, FileFault
            If it is not there, or can't be read.
        """
        if self.raw is None:
            self.load_photometry()
        super().run_raw_qc()

    def from_alyx(self) -> None:
        """Ask Alyx what is known of the session, and check it.

        What can't be had or is not right is logged in `errors`, and the rest goes on.
        """
        row = self.to_series()
        asked: dict[str, Any] = {"one": self.one, "exlog": self.errors}
        row = io.get_subject_info(row, **asked)
        for check in (
            validation.validate_subject,
            validation.validate_strain,
            validation.validate_line,
            validation.validate_neuromodulator,
        ):
            row = check(row, exlog=self.errors)
        row = io.get_session_dict(row, **asked)
        row = io.get_brain_region(row, **asked)
        row = validation.validate_brain_region(row, exlog=self.errors)
        row = validation.validate_hemisphere(row, exlog=self.errors)
        row = io.get_datasets(row, **asked)
        row = validation.validate_datasets(row, exlog=self.errors)
        for derive in (
            util.get_session_type,
            util.get_targetNM,
            util.get_session_length,
        ):
            row = derive(row, exlog=self.errors)
        self.metadata = floor.take_metadata(dict(row))


class PhotometrySessionGroup(groups.PhotometrySessionGroup):
    """Sessions and their recordings, with the IBL's names and choices for parameters.

    Parameters
    ----------
    sessions
        Catalogue, as metadata/sessions.pqt.
    one
        A connection of ONE, for sessions without a file of ours.
    h5_dir
        Folder of the sessions' files; `config.SESSIONS_H5_DIR` unless given.
    parameters
        What is set; those of `config.make_parameters` unless given.
    tables, say
        As of `ranvier.analysis.group.PhotometrySessionGroup`.

    Raises
    ------
    MetadataFault
        If the catalogue lacks eid, subject or brain_region, or names a session twice.
    """

    def __init__(
        self,
        sessions: pd.DataFrame,
        one: Any = None,
        h5_dir: Path | str | None = None,
        *,
        parameters: AnalysisParameters | None = None,
        tables: groups.GroupTables | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(
            sessions,
            one,
            config.SESSIONS_H5_DIR if h5_dir is None else h5_dir,
            parameters=parameters or config.make_parameters(),
            tables=tables,
            say=say,
        )

    def filter_sessions(self, **rules: Unpack[groups.SelectionRules]) -> None:
        """Select sessions anew, as the group of `ranvier.analysis.group`.

        Parameters
        ----------
        **rules
            One that is not given is that of `config`; False turns it off.

        Raises
        ------
        AnalysisError
            If there is no rule of that name.
        """
        if self.tables.performance is None and config.PERFORMANCE_FPATH.exists():
            self.load_performance()
        super().filter_sessions(**rules)

    def open_session(self, eid: str) -> PhotometrySession:
        """Give a session; the same one as long as it is among the last asked for.

        Parameters
        ----------
        eid
            Session of the group.

        Returns
        -------
        PhotometrySession

        Raises
        ------
        FileFault
            If its file is damaged.
        AnalysisError
            If the group has no such session.
        """
        found = super().open_session(eid)
        if not isinstance(found, PhotometrySession):
            mine = PhotometrySession(found.metadata, found.source, one=found.one)
            mine.__dict__.update(found.__dict__)
            found = self._opened[eid] = mine
        return found

    def load_performance(self, path: Path | str | None = None) -> pd.DataFrame:
        """Read the performance of the sessions; the file of `config` unless given."""
        return super().load_performance(
            config.PERFORMANCE_FPATH if path is None else path
        )

    def load_response_magnitudes(self, path: Path | str | None = None) -> pd.DataFrame:
        """Read the response magnitudes; the file of `config` unless given."""
        return super().load_response_magnitudes(
            config.RESPONSES_FPATH if path is None else path
        )

    def load_trial_timing(self, path: Path | str | None = None) -> pd.DataFrame:
        """Read the times of the trials; the file of `config` unless given."""
        return super().load_trial_timing(
            config.TRIAL_TIMING_FPATH if path is None else path
        )

    def load_peak_velocity(self, path: Path | str | None = None) -> pd.DataFrame:
        """Read the peak velocities of the trials; the file of `config` unless given."""
        return super().load_peak_velocity(
            config.PEAK_VELOCITY_FPATH if path is None else path
        )

    def load_mean_traces(self, path: Path | str | None = None) -> pd.DataFrame:
        """Read the mean responses; the file of `config` unless given."""
        return super().load_mean_traces(
            config.MEAN_TRACES_FPATH if path is None else path
        )

    def load_response_features(self, path: Path | str | None = None) -> pd.DataFrame:
        """Read the response vectors; the file of `config` unless given."""
        return super().load_response_features(
            config.RESPONSE_MATRIX_FPATH if path is None else path
        )


__all__ = ["PhotometrySession", "PhotometrySessionGroup"]
