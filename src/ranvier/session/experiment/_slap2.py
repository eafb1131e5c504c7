"""An experiment on a SLAP2 rig: its fields of view, its stimulus table, its session."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.core import write_atomically
from ranvier.session.experiment._constants import SESSION_FILE_EXTENSION
from ranvier.session.experiment._experiment import BaseExperiment, ParamFile
from ranvier.session.experiment._fovs import (
    check_slap2_parameters,
    parse_fovs,
    raise_slap2_faults,
)
from ranvier.session.experiment._trials import (
    TrialStatistics,
    TrialTableError,
    compute_trial_statistics,
    find_trial_files,
    read_trials,
    write_trials,
)
from ranvier.session.faults import Finding, Severity
from ranvier.session.metadata import build_session
from ranvier.session.record import read_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.session.experiment._trials import Trial

_LASER = ("laser_power", "laser_wavelength", "slap_fovs")


class Slap2Experiment(BaseExperiment):
    """An experiment on a SLAP2 rig.

    After an acquisition that went well it writes the stimulus table and a session
    document beside what the session writes anyway. What nobody told is not in them.

    Attributes
    ----------
    stimulus_table_path, session_json_path
        What was written; None until then.
    pickle_file_path
        None: no pickle is written, the table and the session have what it had.
    """

    stimulus_table_path: str | None = None
    session_json_path: str | None = None
    pickle_file_path: str | None = None

    @property
    def session_type(self) -> str | None:
        """What sort of session it is, if the parameters say so."""
        return self._text("session_type")

    @property
    def rig_id(self) -> str | None:
        """Name of the rig, if the parameters say so, or once the session has begun."""
        return self._text("rig_id")

    @property
    def slap_fovs(self) -> list[dict[str, Any]]:
        """Fields of view, as AIND's schema has them; what is not known is missing."""
        return parse_fovs(self.params)

    def load_parameters(self, param_file: ParamFile = None) -> None:
        """Read the parameters, and refuse those of the laser that can't be right.

        Parameters
        ----------
        param_file
            As for every experiment.

        Raises
        ------
        ParameterValidationError
            Also a `ValueError`, if what is given of laser and fields of view is wrong.
            What is not given is not demanded here: `validate_slap2_parameters` does.
        """
        super().load_parameters(param_file)
        self.stimulus_table_path = self.session_json_path = None
        given = {key for key in _LASER if self.params.get(key) is not None}
        raise_slap2_faults(
            fault
            for fault in check_slap2_parameters(self.params)
            if fault.where.partition("[")[0] in given
        )

    def validate_slap2_parameters(
        self, params: Mapping[str, Any] | None = None
    ) -> bool:
        """Demand what a SLAP2 session needs: laser, and fields of view.

        Parameters
        ----------
        params
            None for those of the experiment.

        Returns
        -------
        bool
            True.

        Raises
        ------
        ParameterValidationError
            Also a `ValueError`; it names the field.
        """
        raise_slap2_faults(
            check_slap2_parameters(self.params if params is None else params)
        )
        return True

    def create_stimulus_table(self) -> bool:
        """Write the stimulus table of the trials that the workflow wrote.

        Looks in the session folder for a CSV file whose name has "trial" or "stimulus"
        in it. None is made up.

        Returns
        -------
        bool
            False if there is none, or it does not say when its trials were; `findings`
            says which.
        """
        folder = self._folder
        if folder is None:
            return self._note("there is no session whose trials could be read.", "")
        own = f"{folder.name}_stimulus_table.csv"
        files = find_trial_files(folder, own)
        if not files:
            problem = "no trials: the workflow has written no table of them."
            return self._note(problem, str(folder))
        try:
            trials = read_trials(files[0].read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, TrialTableError) as error:
            return self._note(
                "the table of trials can't be used.", f"{files[0]}: {error}"
            )
        write_atomically(folder / own, write_trials(trials, self.params))
        self.stimulus_table_path = str(folder / own)
        return True

    def create_session_json(self) -> bool:
        """Write the session as AIND's schema 1.1.2 has it, with the fields of view.

        Returns
        -------
        bool
            False if something that the schema demands is not known; `findings` says
            what.
        """
        folder = self._folder
        if folder is None:
            return self._note("there is no session to be written.", "")
        record = read_record(folder)
        if record.end is None:  # it goes on; what it acquired has ended
            record = replace(record, end=record.acquisition_end)
        built = build_session(record)
        if built.content is None:
            self._add(*built.report.findings)
            return False
        fovs, faults = self._choose_fovs()
        self._add(*faults)
        content = _put_fovs(built.content, fovs)
        path = folder / f"{folder.name}{SESSION_FILE_EXTENSION}"
        text = json.dumps(content, indent=2, ensure_ascii=False)
        write_atomically(path, f"{text}\n")
        self.session_json_path = str(path)
        return True

    def get_trial_statistics(self) -> TrialStatistics:
        """Count the trials of the stimulus table.

        Returns
        -------
        dict
            total_trials; successful_trials and success_rate (None if no trial says
            whether it was one); stimulus_types (how many of each); mean_duration and
            total_duration, s. Empty if there is no table.
        """
        return compute_trial_statistics(self._read_table())

    def post_experiment_processing(self) -> bool:
        """Write stimulus table and session.

        Returns
        -------
        bool
            True if both could be written.
        """
        is_table_there = self.create_stimulus_table()
        return self.create_session_json() and is_table_there

    def _read_table(self) -> list[Trial]:
        if self.stimulus_table_path is None:
            return []
        return read_trials(Path(self.stimulus_table_path).read_text(encoding="utf-8"))

    def _choose_fovs(self) -> tuple[list[dict[str, Any]], list[Finding]]:
        """Give the fields of view that the schema takes, and what the others lack."""
        from ranvier.session.experiment._fovs import find_missing

        whole: list[dict[str, Any]] = []
        faults: list[Finding] = []
        for fov in self.slap_fovs:
            missing = find_missing(fov)
            if not missing:
                whole.append(fov)
                continue
            name = f"slap_fovs[{fov.get('index')}]"
            faults.append(_leaves_out(name, ", ".join(missing)))
        return whole, faults

    def _note(self, problem: str, found: str) -> bool:
        mend = "have the workflow write trials.csv into RootFolder, with their times"
        error = Severity.ERROR
        self._add(
            Finding(error, "stimulus table", problem, "RV-S98", found=found, mend=mend)
        )
        return False


SLAP2Experiment = Slap2Experiment


def _put_fovs(content: Mapping[str, Any], fovs: list[dict[str, Any]]) -> dict[str, Any]:
    streams = [dict(stream) for stream in content["data_streams"]]
    if streams and fovs:
        streams[0]["slap_fovs"] = fovs
    return {**content, "data_streams": streams}


def _leaves_out(name: str, missing: str) -> Finding:
    return Finding(
        Severity.WARNING,
        "session",
        f"{name} is left out of the session: the schema demands more of it.",
        code="RV-S99",
        where=name,
        found=f"without {missing}",
        mend="give these in the parameter file",
    )
