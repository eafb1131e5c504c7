"""What a group is: a catalogue, what is selected of it, what was computed so far."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import (
    LOG_COLUMNS,
    DataFault,
    GroupFault,
    make_log_entry,
)
from ranvier.analysis.group._catalog import (
    GroupTables,
    add_errors,
    prepare_catalog,
    take_rows,
)
from ranvier.analysis.group._consistency import compare_sessions, describe_session
from ranvier.analysis.group._mixed import Work
from ranvier.analysis.group._recordings import explode_recordings
from ranvier.analysis.group._store import ResponseStore
from ranvier.analysis.group._trials import AnalysisTrials, select_trials
from ranvier.analysis.parameters import AnalysisParameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.analysis.group._waterfall import Waterfall
    from ranvier.analysis.parameters import TrialsParameters
    from ranvier.analysis.provenance import Provenance
    from ranvier.analysis.session import PhotometrySession
    from ranvier.analysis.statistics import CohortCCA, OlsBatch, TargetDecoder


class GroupState:
    """Sessions and recordings of a group, and what was computed of them.

    Parameters
    ----------
    sessions
        Catalogue, one row a session; its lists of fibres stay lists.
    one
        An instance of ONE-api, for sessions without a file of ours.
    h5_dir
        Folder of the sessions' files, `{eid}.h5`.
    parameters
        What is set; the defaults unless given.
    tables
        Errors, QC, performance and verdicts, if known.
    say
        Is told what a selection left out; writes to standard output unless given.

    Attributes
    ----------
    waterfall : Waterfall or None
        Of the last `filter_sessions`.
    duplicates : pandas.DataFrame or None
        Table of errors: a TrueDuplicateSession for each subject and day with several
        sessions that pass and that nothing speaks against. None if not looked at.
    n_uneven : int
        Sessions of the catalogue left out, as their lists of fibres differ in length.
    response_magnitudes, trial_regressors, mean_traces : pandas.DataFrame or None
        One row a recording, event and trial; one a trial; one a time. None until
        computed or loaded.
    consistency : pandas.DataFrame or None
        Of `check_consistency`, as the magnitudes were computed.
    response_features, similarity_matrix : pandas.DataFrame or None
        One row a recording.
    decoder : TargetDecoder or None
        How well targets are told from features.
    provenance : dict
        Name of an attribute → where it comes from.

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
        tables: GroupTables | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.one = one
        self.h5_dir = None if h5_dir is None else Path(h5_dir)
        self.parameters = parameters or AnalysisParameters()
        self.waterfall: Waterfall | None = None
        catalog, self.n_uneven = prepare_catalog(sessions)
        self._catalog, self.tables = add_errors(
            catalog, tables or GroupTables(), self.h5_dir
        )
        self._say = say or _write_line
        self._passing = np.ones(len(self._catalog), dtype=np.bool_)
        self._rejected: pd.MultiIndex | None = None
        self.duplicates: pd.DataFrame | None = None
        self._targets: tuple[str, ...] | None = None
        self._only: pd.MultiIndex | None = None
        self._exploded: pd.DataFrame | None = None
        self._store = ResponseStore(self.h5_dir)
        self._opened: dict[str, PhotometrySession] = {}
        self._faults: list[dict[str, Any]] = []
        self._forget()

    @property
    def sessions(self) -> pd.DataFrame:
        """Rows of the catalogue that pass."""
        return self._catalog[self._passing].reset_index(drop=True)

    @property
    def recordings(self) -> pd.DataFrame:
        """One row a recording of these sessions; `fiber_idx` is its number in it."""
        if self._exploded is None:
            rows = explode_recordings(self.sessions, self._targets)
            keys = pd.MultiIndex.from_frame(rows[["eid", "fiber_idx"]])
            is_in = np.ones(len(rows), dtype=np.bool_)
            if self._only is not None:
                is_in &= keys.isin(self._only)
            if self._rejected is not None:
                is_in &= ~keys.isin(self._rejected)
            self._exploded = rows[is_in].reset_index(drop=True)
        return self._exploded

    @property
    def eids(self) -> list[str]:
        """Sessions that have a recording."""
        return [str(eid) for eid in self.recordings["eid"].drop_duplicates()]

    @property
    def events(self) -> list[str] | None:
        """Events of the responses, in their order; None until they are computed."""
        if self.response_magnitudes is None:
            return None
        return [str(event) for event in self.response_magnitudes["event"].unique()]

    @property
    def errors(self) -> pd.DataFrame:
        """Errors of this group's work: files that can't be read, faults of `process`.

        Columns of `LOG_COLUMNS`.
        """
        entries = [*self._store.left_out.values(), *self._faults]
        return pd.DataFrame(entries, columns=[*LOG_COLUMNS], dtype=object)

    def restrict(self, recordings: pd.DataFrame) -> None:
        """Keep some of the recordings; `filter` does so to a copy.

        Parameters
        ----------
        recordings
            Rows of `recordings`.
        """
        self._only = pd.MultiIndex.from_frame(recordings[["eid", "fiber_idx"]])
        is_in = self._catalog["eid"].isin(recordings["eid"]).to_numpy(np.bool_)
        self._catalog = self._catalog[is_in].reset_index(drop=True)
        self._passing = self._passing[is_in]
        kept = {
            name: _take_recordings(getattr(self, name), self._only)
            for name in ("response_magnitudes", "mean_traces")
        }
        regressors = self.trial_regressors
        self._faults = []
        self._forget()
        self.response_magnitudes = kept["response_magnitudes"]
        self.mean_traces = kept["mean_traces"]
        if regressors is not None:
            self.trial_regressors = take_rows(regressors, self.eids)

    def check_consistency(self) -> pd.DataFrame:
        """Compare the responses of the sessions with each other.

        Returns
        -------
        pandas.DataFrame
            eid, n_trials, rate_hz, events, window, made_with, has_wheel, why, is_odd,
            fits_in_time. Sessions that can't be read are in `errors`.
        """
        read = self._store.read(self.eids)
        return compare_sessions([describe_session(each) for each in read])

    def select_trials(self, rule: TrialsParameters | None = None) -> AnalysisTrials:
        """Take the trials of this group's analyses.

        Parameters
        ----------
        rule
            That of the parameters unless given.

        Returns
        -------
        AnalysisTrials
            With the counts of each subject, and what each part of the rule left out.

        Raises
        ------
        GroupFault
            If the group has no recording, or no response magnitudes.
        """
        if self.response_magnitudes is None:
            raise GroupFault(
                "the response magnitudes are not there.",
                mend="call get_response_magnitudes, or load_response_magnitudes",
            )
        regressors = self.trial_regressors
        return select_trials(
            self.response_magnitudes,
            pd.DataFrame() if regressors is None else regressors,
            rule or self.parameters.trials,
            self.parameters.statistics.magnitude,
        )

    def find_subjects(self, index: pd.Index[Any]) -> Any:
        """Find the subjects of recordings.

        Parameters
        ----------
        index
            With a level `eid`.

        Returns
        -------
        numpy.ndarray
            Shape (n,), of the subjects' names; NaN for a session not of this group.
        """
        by_eid = self.recordings.drop_duplicates("eid").set_index("eid")["subject"]
        return by_eid.reindex(index.get_level_values("eid")).to_numpy(object)

    def _work(self) -> Work:
        return Work(self.select_trials(), self.parameters.statistics)

    def _log_once(self, eid: str, fault: DataFault) -> None:
        entry = make_log_entry(eid, fault)
        said = {(each["eid"], each["error_message"]) for each in self._faults}
        if (eid, entry["error_message"]) not in said:
            self._faults.append(entry)

    def _need_recordings(self) -> pd.DataFrame:
        if not len(self.recordings):
            raise GroupFault(
                "the group has no recording.",
                found=str(self.waterfall or f"{len(self._catalog)} sessions"),
                wanted="one recording or more",
            )
        return self.recordings

    def _forget(self) -> None:
        # Another selection: what was computed is not of this group any more.
        self._exploded = None
        self.response_magnitudes: pd.DataFrame | None = None
        self.trial_regressors: pd.DataFrame | None = None
        self.mean_traces: pd.DataFrame | None = None
        self.consistency: pd.DataFrame | None = None
        self.response_features: pd.DataFrame | None = None
        self.similarity_matrix: pd.DataFrame | None = None
        self.decoder: TargetDecoder | None = None
        self.glm_fits: OlsBatch | None = None
        self.glm_response_features: dict[str, pd.DataFrame] | None = None
        self.psychometric_features: pd.DataFrame | None = None
        self.cohort_cca: CohortCCA | None = None
        self.provenance: dict[str, Provenance] = {}


def _write_line(text: str) -> None:
    sys.stdout.write(text + "\n")


def _take_recordings(
    frame: pd.DataFrame | None, keys: pd.MultiIndex
) -> pd.DataFrame | None:
    if frame is None or "fiber_idx" not in frame:
        return None
    own = pd.MultiIndex.from_frame(frame[["eid", "fiber_idx"]])
    return frame[own.isin(keys)].reset_index(drop=True)
