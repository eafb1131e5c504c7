"""A study at work: what its commands read, loaded once and only if something is new."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import FileFault, GroupFault
from ranvier.analysis.files import (
    PERFORMANCE_SCHEMA,
    QC_SCHEMA,
    RESPONSES_SCHEMA,
    SESSION_SCHEMA,
    TRIAL_REGRESSORS_SCHEMA,
    VERDICTS_PATH,
    read_h5_provenance,
    read_table,
)
from ranvier.analysis.studies._keep import (
    digest_files,
    is_up_to_date,
    make_study_key,
)
from ranvier.core import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from ranvier.analysis.files import TableSchema
    from ranvier.analysis.group import PhotometrySessionGroup
    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.core import Reporter

VIDEO_TABLE = "metadata/video.pqt"
_TABLES = {
    "sessions": SESSION_SCHEMA.path,
    "performance": PERFORMANCE_SCHEMA.path,
    "qc": QC_SCHEMA.path,
    "video": VIDEO_TABLE,
    "verdicts": VERDICTS_PATH,
}
# A recording of 700 trials and three events is 1 MB.
_MOST_KEPT = 500
_STAGES = ("photometry", "task", "wheel")
INPUTS = (*_TABLES, "logs", "files")
"""What parts can read: tables, the stages' tables of errors, the sessions' files."""

TABLES_OF_GROUP = ("sessions", "performance", "qc", "logs", "verdicts")
"""What a group is selected by."""
GROUP_INPUTS = (*TABLES_OF_GROUP, "files")
"""What a group with responses is made of."""
GROUP_SETTINGS = ("selection", "vocabulary")
"""Settings that every group depends on."""
ANY_QUALITY = {
    "min_performance": False,
    "qc_blockers": False,
    "required_contrasts": False,
    "use_verdicts": False,
}
"""Rules of a group of sessions, however good they are."""
ANY_QUALITY_SETTINGS = (
    "selection.session_types",
    "selection.exclude_subjects",
    "selection.exclude_eids",
    "selection.targetnms",
    "selection.one_session_a_day",
    "vocabulary",
)
"""Settings that such a group depends on."""
TABLES = "responses/tables"
"""The part that writes the tables of responses; while they are up to date, all commands
take responses from them."""
TABLES_SETTINGS = (*GROUP_SETTINGS, "responses.baseline", "responses.magnitudes")
"""Settings that they depend on."""
TRIAL_SETTINGS = (
    *GROUP_SETTINGS,
    "responses.baseline",
    "responses.magnitudes",
    "trials",
    "statistics.magnitude",
)
"""Settings that the trials of a group depend on."""
MODEL_SETTINGS = (
    *TRIAL_SETTINGS,
    "statistics.contrast_coding",
    "statistics.min_subjects",
    "statistics.min_trials",
)
"""Settings that mixed models depend on."""


class StudyWork:
    """A study, its parameters, and what its commands read.

    Parameters
    ----------
    folder
        The study.
    parameters
        What is set, in place of what the study's file says.
    reporter
        Is told how far a command is.
    keeps_traces
        The command needs the traces several times: they are kept in memory, if they
        are not too many.
    """

    def __init__(
        self,
        folder: Path,
        parameters: AnalysisParameters,
        reporter: Reporter | None = None,
        *,
        keeps_traces: bool = False,
    ) -> None:
        self.folder = folder
        self.parameters = parameters
        self.reporter = reporter or SilentReporter()
        self.keeps_traces = keeps_traces
        self.n_duplicates = 0

    def make_key(
        self,
        settings: Iterable[str],
        inputs: Iterable[str],
        options: Mapping[str, Any] | None = None,
    ) -> str:
        """Make the key of results: the same one if nothing they depend on has changed.

        Parameters
        ----------
        settings
            Of the parameters, as of `AnalysisParameters.select`.
        inputs
            Of `INPUTS`.
        options
            What the command was called with.

        Returns
        -------
        str
        """
        return make_study_key(
            self.digest_inputs(inputs),
            self.parameters.digest(*settings),
            json.dumps(dict(options or {}), sort_keys=True),
        )

    def digest_inputs(self, names: Iterable[str]) -> str:
        """Give the digest of what is read.

        Parameters
        ----------
        names
            Of `INPUTS`.

        Returns
        -------
        str
        """
        return "-".join(f"{name}:{self._digests[name]()}" for name in sorted(names))

    def read(self, schema: TableSchema) -> pd.DataFrame:
        """Read a table of the study.

        Parameters
        ----------
        schema
            Which one.

        Returns
        -------
        pandas.DataFrame
        """
        return read_table(self.folder / schema.path, schema)

    def select(self, **rules: Any) -> PhotometrySessionGroup:
        """Select sessions of the study.

        Parameters
        ----------
        **rules
            Of `filter_sessions`; those not given are those of the parameters.

        Returns
        -------
        PhotometrySessionGroup
        """
        from ranvier.analysis.group import PhotometrySessionGroup

        group = PhotometrySessionGroup.from_study(self.folder, say=_say_nothing)
        group.parameters = self.parameters
        group.filter_sessions(**rules)
        return group

    @cached_property
    def group(self) -> PhotometrySessionGroup:
        """The group of the parameters, with its responses.

        Raises
        ------
        GroupFault
            If no recording passes.
        """
        group = self.select()
        if not len(group.recordings):
            raise GroupFault(
                "no recording passes the selection.",
                found=" ".join(str(group.waterfall).split()),
                wanted="one recording or more",
            )
        key = self.make_key(TABLES_SETTINGS, GROUP_INPUTS)
        if is_up_to_date(self.folder, TABLES, key):
            group.load_response_magnitudes(self.folder / RESPONSES_SCHEMA.path)
            group.load_trial_regressors(self.folder / TRIAL_REGRESSORS_SCHEMA.path)
            return group
        if self.keeps_traces and len(group.recordings) <= _MOST_KEPT:
            group.load_response_traces()
        group.get_response_magnitudes()
        return group

    def say_selection(self) -> None:
        """Tell the reporter what the selection left out, if the group was needed."""
        if "group" in self.__dict__:
            self.reporter.say(str(self.group.waterfall))

    @property
    def magnitudes(self) -> pd.DataFrame:
        """Responses of the group, all trials."""
        known = self.group.response_magnitudes
        return self.group.get_response_magnitudes() if known is None else known

    @property
    def regressors(self) -> pd.DataFrame:
        """Predictors of each trial of the group."""
        known = self.group.trial_regressors
        return self.group.get_trial_regressors() if known is None else known

    @cached_property
    def _digests(self) -> dict[str, Callable[[], str]]:
        # Each is taken once, when it is asked for first.
        found: dict[str, str] = {}

        def once(name: str, take: Callable[[], str]) -> Callable[[], str]:
            return lambda: found.get(name) or found.setdefault(name, take())

        tables = {
            name: once(name, lambda path=path: digest_files([self.folder / path]))
            for name, path in _TABLES.items()
        }
        logs = sorted((self.folder / "metadata").glob("*_log.pqt"))
        return tables | {
            "logs": once("logs", lambda: digest_files(logs)),
            "files": once("files", self._digest_sessions),
        }

    def _digest_sessions(self) -> str:
        # By the keys that they carry; a file that carries none, by its content.
        said: dict[str, Any] = {}
        for path in sorted((self.folder / "data" / "sessions").glob("*.h5")):
            try:
                keys = read_h5_provenance(path).get("stages", {}).get("stages", {})
            except FileFault:
                keys = {}
            known = {name: keys[name] for name in _STAGES if name in keys}
            said[path.stem] = known or digest_files([path])
        text = json.dumps(said, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _say_nothing(_: str) -> None:
    return None
