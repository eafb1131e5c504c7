"""The documents of the older launcher as data: a session, an epoch, parameters.

The fields of the first two are those of AIND's session 1.1.2, in its order. For a real
session `session.json` is built of the trail; these are for code that writes its own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ranvier.session.faults import Finding, Report, Severity

_DESCRIBED_BY = (
    "https://raw.githubusercontent.com/AllenNeuralDynamics/aind-data-schema/main/src/"
    "aind_data_schema/core/session.py"
)
# Defaults of the older launcher that name nothing: they must not become data.
_NAMELESS = {"rig_id": "default_rig", "stimulus_name": "Default Stimulus"}


@dataclass
class SessionData:
    """A session in AIND's schema 1.1.2; `check` says what it lacks."""

    describedBy: str = _DESCRIBED_BY  # noqa: N815 - the schema's name
    schema_version: str = "1.1.2"
    protocol_id: list[str] = field(default_factory=list[str])
    experimenter_full_name: list[str] = field(default_factory=list[str])
    session_start_time: str = ""
    session_end_time: str = ""
    session_type: str = ""
    iacuc_protocol: str | None = None
    rig_id: str = ""
    calibrations: list[Any] = field(default_factory=list[Any])
    maintenance: list[Any] = field(default_factory=list[Any])
    subject_id: str = ""
    animal_weight_prior: float | None = None
    animal_weight_post: float | None = None
    weight_unit: str = "gram"
    anaesthesia: str | None = None
    data_streams: list[Any] = field(default_factory=list[Any])
    stimulus_epochs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    mouse_platform_name: str = "Fixed platform"
    active_mouse_platform: bool = False
    headframe_registration: dict[str, Any] | None = None
    reward_delivery: dict[str, Any] | None = None
    reward_consumed_total: float | None = None
    reward_consumed_unit: str = "milliliter"
    notes: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON has it.

        Returns
        -------
        dict
            All 25 fields in the schema's order; a copy.
        """
        return asdict(self)

    def check(self) -> Report:
        """Look what a reader of the schema would miss.

        Returns
        -------
        Report
            An error for each field that must be given and is not, and for each time
            that is none.
        """
        names = ("session_type", "rig_id", "subject_id", "mouse_platform_name")
        findings = [_lacks(name) for name in names if not getattr(self, name)]
        findings += _check_time("session_start_time", self.session_start_time)
        if self.session_end_time:
            findings += _check_time("session_end_time", self.session_end_time)
        else:
            findings.append(_lacks("session_end_time"))
        return Report.of(findings)


@dataclass
class StimulusEpoch:
    """A stimulus epoch in AIND's schema 1.1.2; `check` says what it lacks."""

    stimulus_start_time: str = ""
    stimulus_end_time: str = ""
    stimulus_name: str = ""
    session_number: int | None = None
    software: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    script: dict[str, Any] = field(default_factory=dict[str, Any])
    stimulus_modalities: list[str] = field(default_factory=list[str])
    stimulus_parameters: dict[str, Any] | None = None
    stimulus_device_names: list[str] = field(default_factory=list[str])
    speaker_config: dict[str, Any] | None = None
    light_source_config: list[dict[str, Any]] = field(
        default_factory=list[dict[str, Any]]
    )
    objects_in_arena: dict[str, Any] | None = None
    output_parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    reward_consumed_during_epoch: float | None = None
    reward_consumed_unit: str = "microliter"
    trials_total: int | None = None
    trials_finished: int | None = None
    trials_rewarded: int | None = None
    notes: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON has it.

        Returns
        -------
        dict
            All 19 fields in the schema's order; a copy. A script that is not given is
            null: the schema refuses an empty one.
        """
        return {**asdict(self), "script": dict(self.script) or None}

    def check(self) -> Report:
        """Look what a reader of the schema would miss.

        Returns
        -------
        Report
            An error for each field that must be given and is not, and for each time
            that is none.
        """
        findings = _check_time("stimulus_start_time", self.stimulus_start_time)
        findings += _check_time("stimulus_end_time", self.stimulus_end_time)
        for name in ("stimulus_name", "stimulus_modalities"):
            if not getattr(self, name):
                findings.append(_lacks(name))
        if self.script:
            for name in ("name", "version"):
                if not self.script.get(name):
                    findings.append(_lacks(f"script.{name}"))
        return Report.of(findings)


@dataclass
class ExperimentParameters:
    """The parameters of an experiment that runs Bonsai."""

    subject_id: str
    user_id: str
    repository_url: str
    bonsai_path: str
    repository_commit_hash: str = "main"
    local_repository_path: str | None = None
    bonsai_exe_path: str | None = None
    bonsai_setup_script: str | None = None
    output_directory: str | None = None
    session_type: str = "Behavior"
    rig_id: str = "default_rig"
    stimulus_name: str = "Default Stimulus"
    trials_total: int | None = None
    notes: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give what is known, as `BaseExperiment.run` takes it.

        Returns
        -------
        dict
            Without what is None, and without a rig and a stimulus that still bear
            their defaults, which name nothing.
        """
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: value
            for name, value in values.items()
            if value is not None and _NAMELESS.get(name) != value
        }


def _check_time(name: str, text: str) -> list[Finding]:
    if not text:
        return [_lacks(name)]
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        found = f'"{text}"'
        return [_finding(name, "is no date.", found, "write it as ISO 8601 has it")]
    return []


def _lacks(name: str) -> Finding:
    return _finding(name, "must be given, and is not.", "", f'give "{name}"')


def _finding(name: str, problem: str, found: str, mend: str) -> Finding:
    return Finding(
        Severity.ERROR,
        "metadata",
        f'"{name}" {problem}',
        code="RV-S99",
        where=name,
        found=found,
        mend=mend,
    )
