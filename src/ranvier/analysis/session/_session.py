"""One session of photometry and behaviour."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ranvier.analysis.files import read_session_h5
from ranvier.analysis.readers import AlfSource, NwbSource, OneSource, RecordingSource
from ranvier.analysis.session._behaviour import Behaviour
from ranvier.analysis.session._checks import Checks
from ranvier.analysis.session._loading import Loading
from ranvier.analysis.session._signals import Signals
from ranvier.analysis.session._storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.readers import SessionSource


class PhotometrySession(Loading, Checks, Signals, Behaviour, Storage):
    """One session: loaded, checked, preprocessed, cut into responses, kept.

    Nothing is read before a method asks for it. A check raises its own fault; given a
    list as `exlog` it logs the fault there and goes on.

    Parameters
    ----------
    row
        Of the catalogue: eid, subject, start_time (ISO 8601), and what else is known.
    source
        Where its data lie.
    one
        An instance of ONE-api that knows where, in place of `source`.
    parameters
        What is set; the defaults unless given.
    filepath
        The session's HDF5; `data/sessions/{eid}.h5` unless given.

    Raises
    ------
    MetadataFault
        If eid, subject or start_time are missing, or lists of fibres differ in length.
    HemisphereMismatch
        If the name of a region ends in another hemisphere than its own.

    Examples
    --------
    >>> row = {"eid": "s1", "subject": "m1", "start_time": "2024-11-05T14:03:22"}
    >>> session = PhotometrySession({**row, "brain_region": ["VTA"]})
    >>> session.date, session.hemisphere, session.trials.empty
    ('2024-11-05', [''], True)
    """

    def __init__(
        self,
        row: Mapping[str, Any] | pd.Series,
        source: SessionSource | None = None,
        *,
        one: Any = None,
        parameters: AnalysisParameters | None = None,
        filepath: Path | None = None,
    ) -> None:
        super().__init__(row, source, parameters=parameters, filepath=filepath)
        self.one = one
        if source is None and one is not None:
            self.source = OneSource(one, self.eid)

    @classmethod
    def from_h5(
        cls,
        path: Path | str,
        *,
        one: Any = None,
        parameters: AnalysisParameters | None = None,
        source: SessionSource | None = None,
    ) -> Self:
        """Open a session from its own file.

        Parameters
        ----------
        path
            `{eid}.h5`, ours or of the IBL pipeline.
        one, parameters, source
            As of the class.

        Returns
        -------
        PhotometrySession
            With all that the file holds.

        Raises
        ------
        FileFault
            If the file is missing, damaged, or laid out otherwise.
        """
        parts = read_session_h5(path)
        session = cls(
            parts.get("metadata", {}),
            source,
            one=one,
            parameters=parameters,
            filepath=Path(path),
        )
        session.take_parts(parts)
        return session

    @classmethod
    def from_source(
        cls, source: SessionSource, *, parameters: AnalysisParameters | None = None
    ) -> Self:
        """Open a session from where its data lie.

        Parameters
        ----------
        source
            It.
        parameters
            As of the class.

        Returns
        -------
        PhotometrySession
            With nothing loaded yet.

        Raises
        ------
        DataFault
            If the place is not there, or does not say which session it is.
        """
        return cls(source.read_metadata(), source, parameters=parameters)

    @classmethod
    def from_alf(
        cls, folder: Path | str, *, parameters: AnalysisParameters | None = None
    ) -> Self:
        """Open a session from its ALF folder, without ONE.

        Parameters
        ----------
        folder
            …/subject/date/number.
        parameters
            As of the class.

        Returns
        -------
        PhotometrySession

        Raises
        ------
        FileFault
            If it is no such folder.
        """
        return cls.from_source(AlfSource(folder), parameters=parameters)

    @classmethod
    def from_nwb(
        cls, path: Path | str, *, parameters: AnalysisParameters | None = None
    ) -> Self:
        """Open a session from an NWB file (extra `nwb`).

        Parameters
        ----------
        path
            The file.
        parameters
            As of the class.

        Returns
        -------
        PhotometrySession

        Raises
        ------
        FileFault
            If it can't be read.
        """
        return cls.from_source(NwbSource(path), parameters=parameters)

    @classmethod
    def from_recording(
        cls,
        folder: Path | str,
        mapping: Any,
        *,
        parameters: AnalysisParameters | None = None,
    ) -> Self:
        """Open a session that ranvier recorded.

        Parameters
        ----------
        folder
            The session folder.
        mapping
            Which stream is which band, as of `readers.RecordingSource`.
        parameters
            As of the class.

        Returns
        -------
        PhotometrySession

        Raises
        ------
        RecordingError
            If it is no session folder.
        """
        return cls.from_source(RecordingSource(folder, mapping), parameters=parameters)
