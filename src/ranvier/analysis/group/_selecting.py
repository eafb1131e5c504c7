"""Selecting: which sessions and recordings a group has."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.files import SESSION_SCHEMA, read_table
from ranvier.analysis.group._catalog import (
    GroupTables,
    read_known_tables,
    read_study_parts,
)
from ranvier.analysis.group._last_rules import keep_one_a_day
from ranvier.analysis.group._rules import SelectionRules, select_sessions
from ranvier.analysis.group._state import GroupState
from ranvier.analysis.group._waterfall import Waterfall

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.analysis.parameters import AnalysisParameters, SelectionParameters


class Selecting(GroupState):
    """The part of a group that selects."""

    @classmethod
    def from_catalog(
        cls,
        catalog: Path | str | pd.DataFrame,
        one: Any = None,
        *,
        h5_dir: Path | str | None = None,
        parameters: AnalysisParameters | None = None,
        tables: GroupTables | None = None,
        **rules: Unpack[SelectionRules],
    ) -> Self:
        """Load a catalogue, filter its sessions and explode their recordings.

        Parameters
        ----------
        catalog
            Sessions, or their parquet file. For a file metadata/sessions.pqt of a
            study, `h5_dir` is its data/sessions unless given, and QC and performance
            are read of its data, if they are there.
        one
            An instance of ONE-api.
        h5_dir, parameters, tables
            As of the class.
        **rules
            Of `filter_sessions`.

        Returns
        -------
        PhotometrySessionGroup

        Raises
        ------
        FileFault
            If the file is missing or not whole.
        MetadataFault
            If the catalogue lacks a column, or names a session twice.
        """
        if isinstance(catalog, pd.DataFrame):
            frame = catalog
        else:
            path = Path(catalog)
            frame = read_table(path, SESSION_SCHEMA)
            home = path.resolve().parent.parent
            usual = home / "data" / "sessions"
            h5_dir = usual if h5_dir is None and usual.is_dir() else h5_dir
            tables = tables or read_known_tables(home)
        group = cls(frame, one, h5_dir, parameters=parameters, tables=tables)
        group.filter_sessions(**rules)
        return group

    @classmethod
    def from_study(
        cls,
        folder: Path | str,
        *,
        say: Callable[[str], None] | None = None,
        **rules: Unpack[SelectionRules],
    ) -> Self:
        """Load the sessions of a study, with its errors, verdicts and parameters.

        Parameters
        ----------
        folder
            The study, or its file.
        say
            As of the class.
        **rules
            Of `filter_sessions`.

        Returns
        -------
        PhotometrySessionGroup

        Raises
        ------
        AnalysisError
            If it is no study, or its file is not right.
        FileFault
            If its catalogue is missing, or a table is not whole.

        Notes
        -----
        Errors of the wheel and of the video leave no session out: responses need
        neither.
        """
        parts = read_study_parts(Path(folder))
        group = cls(
            parts.catalog,
            h5_dir=parts.h5_dir,
            parameters=parts.parameters,
            tables=parts.tables,
            say=say,
        )
        group.filter_sessions(**rules)
        return group

    def filter_sessions(self, **rules: Unpack[SelectionRules]) -> None:
        """Select sessions anew of the whole catalogue, and say what each rule left out.

        What was computed of the old selection is forgotten.

        Parameters
        ----------
        **rules
            session_types, exclude_subjects, exclude_eids, qc_blockers (types of error;
            their kinds count), targetnms (any of a session's targets is enough; its
            other recordings go), min_performance (fraction correct, or one for each
            session type), required_contrasts (just these, percent), lab,
            start_time_min (of the subject's first session), use_verdicts (a recording
            that was rejected goes), one_session_a_day (of those that pass, the first
            that no error speaks against; see `duplicates`). One that is not given is
            that of the parameters, with the subjects that their vocabulary excludes and
            the targets that it knows; False turns it off.

        Raises
        ------
        AnalysisError
            RV-A08 if there is no rule of that name.

        Notes
        -----
        A rule whose column or table is not known is not applied, and the waterfall
        says so. A session without a type passes, whatever types are wanted.
        """
        found = select_sessions(
            self._catalog, self.tables, _merge(self.parameters), rules
        )
        self._passing, self.waterfall = found.passing, found.waterfall
        self._targets, self._rejected = found.targets, found.rejected
        self.duplicates = found.duplicates
        self._forget()
        text = str(found.waterfall)
        if self.n_uneven:
            text += (
                f"\n  {self.n_uneven} of the catalogue left out before: "
                "their lists of fibres differ in length"
            )
        self._say(text)

    def deduplicate(self) -> pd.DataFrame:
        """Keep one session of each subject and day, of those that pass.

        The one that no error speaks against; if that is several, the first of these.
        `filter_sessions` does so unless `one_session_a_day` is off.

        Returns
        -------
        pandas.DataFrame
            Table of errors: a TrueDuplicateSession for each day with several. Also
            `duplicates`.

        Raises
        ------
        GroupFault
            If the catalogue does not say the days.
        """
        if "day_n" not in self._catalog:
            raise GroupFault(
                "the catalogue does not say on which days the sessions were.",
                wanted="start_time or day_n",
                mend="add start_time to the catalogue",
            )
        if self.duplicates is None:
            passing, self.duplicates, step = keep_one_a_day(
                self._catalog, self._passing
            )
            before = self.waterfall or Waterfall("deduplicate", len(self._catalog))
            self.waterfall = replace(before, steps=(*before.steps, step))
            self._passing = passing
            self._forget()
        return self.duplicates

    def explode_recordings(self) -> pd.DataFrame:
        """Give one row for each recording of the sessions that pass.

        Returns
        -------
        pandas.DataFrame
            Also `recordings`.
        """
        return self.recordings

    def filter(self, mask: Any) -> Self:
        """Make a group of some recordings of this one.

        Parameters
        ----------
        mask
            True for those to keep, shape (n_recordings,).

        Returns
        -------
        PhotometrySessionGroup
            Recordings keep their `fiber_idx`, so that tables of both groups can be
            joined. Magnitudes, regressors and mean traces that are there go along;
            what was computed over recordings does not.

        Raises
        ------
        GroupFault
            If the mask is not as long as the recordings.
        """
        kept = np.asarray(mask, dtype=np.bool_)
        if kept.shape != (len(self.recordings),):
            raise GroupFault(
                "the mask does not fit the recordings.",
                found=f"shape {kept.shape}",
                wanted=f"({len(self.recordings)},)",
                mend="make it from `recordings` of the same group",
            )
        group = copy.copy(self)
        group.restrict(self.recordings[kept])
        return group


def _merge(parameters: AnalysisParameters) -> SelectionParameters:
    # What the lab's vocabulary never analyses, or does not know, goes too.
    settings, known = parameters.selection, parameters.vocabulary
    subjects = dict.fromkeys((*settings.exclude_subjects, *known.excluded_subjects))
    targets = known.target_nms if settings.targetnms is None else settings.targetnms
    return settings.model_copy(
        update={"exclude_subjects": tuple(subjects), "targetnms": targets or None}
    )
