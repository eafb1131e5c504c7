"""Reading: traces and tables of a study, as far as they are about this group."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ranvier.analysis.files import (
    MEAN_TRACES_SCHEMA,
    PEAK_VELOCITY_SCHEMA,
    PERFORMANCE_SCHEMA,
    RESPONSE_MATRIX_SCHEMA,
    RESPONSES_SCHEMA,
    TRIAL_REGRESSORS_SCHEMA,
    TRIAL_TIMING_SCHEMA,
    read_table,
)
from ranvier.analysis.group._catalog import GroupTables, take_rows
from ranvier.analysis.group._state import GroupState

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.files import TableSchema


class Reading(GroupState):
    """The part of a group that reads what was computed before."""

    def load_response_traces(self) -> dict[tuple[str, str, str], FloatArray]:
        """Read the responses of all sessions into memory.

        Later analyses take them from there; `flush_response_traces` lets them go.

        Returns
        -------
        dict
            (eid, region, event) → masked, baseline subtracted responses, (n_trials,
            n_window).
        """
        self._store.keep(self.eids)
        baseline = self.parameters.responses.baseline
        wanted = set(
            zip(self.recordings["eid"], self.recordings["brain_region"], strict=True)
        )
        return {
            (eid, region, event): values
            for eid in self.eids
            if (session := self._store.kept.get(eid)) is not None
            for region in session.by_region
            if (eid, region) in wanted
            for event, values in zip(
                session.events, session.clean(region, baseline), strict=True
            )
        }

    def flush_response_traces(self) -> None:
        """Let the responses in memory go."""
        self._store.flush()

    def load_performance(self, path: Path | str) -> pd.DataFrame:
        """Read data/performance.pqt: the sessions of this group.

        Parameters
        ----------
        path
            Parquet file.

        Returns
        -------
        pandas.DataFrame
            Also `tables.performance`, with the sessions that do not pass.

        Raises
        ------
        FileFault
            If the file is missing or not whole.
        """
        table = read_table(Path(path), PERFORMANCE_SCHEMA)
        old = self.tables
        self.tables = GroupTables(old.errors, old.qc, table)
        return take_rows(table, self.eids)

    def load_response_magnitudes(self, path: Path | str) -> pd.DataFrame:
        """Read results/responses/responses.pqt: the recordings of this group.

        Parameters
        ----------
        path
            Parquet file.

        Returns
        -------
        pandas.DataFrame
            Also `response_magnitudes`.

        Raises
        ------
        FileFault
            If the file is missing or not whole.
        """
        table = self._load(path, RESPONSES_SCHEMA)
        keys = ["eid", "brain_region", "fiber_idx", "target_NM"]
        own = self.recordings[keys].drop_duplicates(keys[:2])
        rest = table.drop(columns=[name for name in keys[2:] if name in table])
        self.response_magnitudes = rest.merge(own, on=keys[:2], how="inner")
        return self.response_magnitudes

    def load_trial_regressors(self, path: Path | str) -> pd.DataFrame:
        """Read results/responses/trial_regressors.pqt: the sessions of this group.

        Parameters
        ----------
        path
            Parquet file.

        Returns
        -------
        pandas.DataFrame
            Also `trial_regressors`.

        Raises
        ------
        FileFault
            If the file is missing or not whole.
        """
        self.trial_regressors = self._load(path, TRIAL_REGRESSORS_SCHEMA)
        return self.trial_regressors

    def load_trial_timing(self, path: Path | str) -> pd.DataFrame:
        """Read data/trial_timing.pqt into `trial_regressors`.

        Parameters
        ----------
        path
            Parquet file.

        Returns
        -------
        pandas.DataFrame
            eid, trial, reaction_time, movement_time, response_time.

        Raises
        ------
        FileFault
            If the file is missing or not whole.
        """
        return self._merge_regressors(self._load(path, TRIAL_TIMING_SCHEMA))

    def load_peak_velocity(self, path: Path | str) -> pd.DataFrame:
        """Read results/responses/peak_velocity.pqt into `trial_regressors`.

        Parameters
        ----------
        path
            Parquet file.

        Returns
        -------
        pandas.DataFrame
            eid, trial, peak_velocity.

        Raises
        ------
        FileFault
            If the file is missing or not whole.
        """
        return self._merge_regressors(self._load(path, PEAK_VELOCITY_SCHEMA))

    def load_mean_traces(self, path: Path | str) -> pd.DataFrame:
        """Read results/responses/mean_traces.pqt: the sessions of this group.

        Parameters
        ----------
        path
            Parquet file.

        Returns
        -------
        pandas.DataFrame
            Also `mean_traces`.

        Raises
        ------
        FileFault
            If the file is missing or not whole.
        """
        self.mean_traces = self._load(path, MEAN_TRACES_SCHEMA)
        return self.mean_traces

    def load_response_features(self, path: Path | str) -> pd.DataFrame:
        """Read results/responses/response_matrix.pqt: the recordings of this group.

        Parameters
        ----------
        path
            Parquet file.

        Returns
        -------
        pandas.DataFrame
            Also `response_features`.

        Raises
        ------
        FileFault
            If the file is missing or not whole.
        """
        table = self._load(path, RESPONSE_MATRIX_SCHEMA)
        names = [*RESPONSE_MATRIX_SCHEMA.index]
        if "eid" in table:
            table = table.set_index(names)
        own = pd.MultiIndex.from_frame(self.recordings[names])
        self.response_features = table[table.index.isin(own)]
        return self.response_features

    def _load(self, path: Path | str, schema: TableSchema) -> pd.DataFrame:
        return take_rows(read_table(Path(path), schema), self.eids)

    def _merge_regressors(self, table: pd.DataFrame) -> pd.DataFrame:
        keys = ["eid", "trial"]
        old = self.trial_regressors
        if old is None:
            self.trial_regressors = table
        else:
            names = [name for name in table if name not in keys]
            bare = old.drop(columns=names, errors="ignore")
            self.trial_regressors = bare.merge(table, on=keys, how="outer")
        return table
