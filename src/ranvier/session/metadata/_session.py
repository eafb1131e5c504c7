"""Builds AIND's session.json 1.1.2, the form of aind-data-schema 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.session.faults import Finding, Report
from ranvier.session.metadata._built import SESSION, Built
from ranvier.session.metadata._plain import to_text
from ranvier.session.metadata._session_facts import (
    check_rig,
    mend_fact,
    read_session,
)
from ranvier.session.metadata._software import find_conductor, list_programs
from ranvier.session.metadata._tables import Field, fill
from ranvier.session.metadata._wording import has_no_streams, lacks, leaves_out

if TYPE_CHECKING:
    from ranvier.session.metadata._epochs import ToldEpoch
    from ranvier.session.metadata._session_facts import SessionFacts
    from ranvier.session.metadata._software import Program
    from ranvier.session.metadata._terms import Modality
    from ranvier.session.record import SessionRecord

_SESSION: tuple[Field, ...] = (
    Field("describedBy", empty=SESSION.described_by),
    Field("schema_version", empty=SESSION.version),
    Field("protocol_id", "protocols", []),
    Field("experimenter_full_name", "experimenters", []),
    Field("session_start_time", "start", is_demanded=True),
    Field("session_end_time", "end"),
    Field("session_type", "session_type", is_demanded=True),
    Field("iacuc_protocol", "iacuc_protocol"),
    Field("rig_id", "rig_id", is_demanded=True),
    Field("calibrations", empty=[]),
    Field("maintenance", empty=[]),
    Field("subject_id", "subject_id", is_demanded=True),
    Field("animal_weight_prior", "animal_weight_prior_g"),
    Field("animal_weight_post", "animal_weight_post_g"),
    Field("weight_unit", empty="gram"),
    Field("anaesthesia"),
    Field("data_streams", "streams", []),
    Field("stimulus_epochs", "epochs", []),
    Field("mouse_platform_name", "mouse_platform_name", is_demanded=True),
    Field("active_mouse_platform", "active_mouse_platform", is_demanded=True),
    Field("headframe_registration"),
    Field("reward_delivery"),
    Field("reward_consumed_total", "reward_ml"),
    Field("reward_consumed_unit", empty="milliliter"),
    Field("notes", "notes"),
)

_STREAM: tuple[Field, ...] = (
    Field("stream_start_time", "start"),
    Field("stream_end_time", "end"),
    Field("daq_names", empty=[]),
    Field("camera_names", "camera_names", []),
    Field("light_sources", empty=[]),
    Field("ephys_modules", empty=[]),
    Field("stick_microscopes", empty=[]),
    Field("manipulator_modules", empty=[]),
    Field("detectors", empty=[]),
    Field("fiber_connections", empty=[]),
    Field("fiber_modules", empty=[]),
    Field("ophys_fovs", empty=[]),
    Field("slap_fovs", empty=[]),
    Field("stack_parameters"),
    Field("mri_scans", empty=[]),
    Field("stream_modalities", "modalities", []),
    Field("software", "software", []),
    Field("notes"),
)

_EPOCH: tuple[Field, ...] = (
    Field("stimulus_start_time", "start"),
    Field("stimulus_end_time", "end"),
    Field("stimulus_name", "name"),
    Field("session_number"),
    Field("software", "software", []),
    Field("script", "script"),
    Field("stimulus_modalities", "modalities", []),
    Field("stimulus_parameters", "stimulus_parameters"),
    Field("stimulus_device_names", empty=[]),
    Field("speaker_config"),
    Field("light_source_config", empty=[]),
    Field("objects_in_arena"),
    Field("output_parameters", empty={}),
    Field("reward_consumed_during_epoch", "reward_ul"),
    Field("reward_consumed_unit", empty="microliter"),
    Field("trials_total", "trials_total"),
    Field("trials_finished", "trials_finished"),
    Field("trials_rewarded", "trials_rewarded"),
    Field("notes", "notes"),
)


def build_session(record: SessionRecord) -> Built:
    """Build session.json 1.1.2.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    Built
        The 25 fields in the schema's order; without content, and with a finding for
        each, if subject, rig, kind of session or platform are not known.

    Notes
    -----
    AIND's upgrader to 2.x takes at most one program of an epoch, so an epoch names the
    one that showed it; ranvier, which conducted the session, stands in the stream.
    """
    known = read_session(record)
    findings = [*known.findings, *check_rig(record, known.told)]
    streams, doubts = _build_streams(record, known)
    epochs = [_build_epoch(epoch, findings) for epoch in known.epochs]
    values = {**known.values, "streams": streams, "epochs": epochs}
    content, missing = fill(_SESSION, values)
    findings += doubts
    findings += [
        lacks(SESSION.file, f"`{field.name}`", mend_fact(field.fact))
        for field in missing
    ]
    if known.values["end"] is None:
        mend = mend_fact("end")
        findings.append(leaves_out(SESSION.file, "the session's end", mend))
    report = Report.of(findings)
    kept = None if missing else content
    return Built(kept, report, SESSION.file, SESSION.schema, SESSION.version)


def _build_streams(
    record: SessionRecord, known: SessionFacts
) -> tuple[list[dict[str, Any]], list[Finding]]:
    told = known.told.get("session_streams")
    if told:
        return told, []
    start, end = record.acquisition_start, record.acquisition_end
    if start is None or end is None:
        return [], [has_no_streams(SESSION.file)]
    findings: list[Finding] = []
    programs = (find_conductor(record), *list_programs(record, known.told))
    software = [_build_software(program, findings) for program in programs]
    cameras: list[str] = known.told.get("camera_names") or []
    facts: dict[str, Any] = {
        "start": to_text(start),
        "end": to_text(end),
        "camera_names": cameras,
        "modalities": _build_modalities(known, bool(cameras), findings),
        "software": [
            row for n, row in enumerate(software) if row and row not in software[:n]
        ],
    }
    return [fill(_STREAM, facts)[0]], findings


def _build_modalities(
    known: SessionFacts, has_cameras: bool, findings: list[Finding]
) -> list[dict[str, str]]:
    if not known.modalities:
        mend = mend_fact("data_modalities")
        findings.append(leaves_out("data stream", "modalities", mend))
    built: list[dict[str, str]] = []
    for row in known.modalities:
        what = _missing_of(row, has_cameras)
        if not what:
            built.append({"name": row.old[1], "abbreviation": row.old[0]})
            continue
        where = f'{SESSION.file}: data stream of "{row.abbreviation}"'
        findings.append(leaves_out(where, *what))
    return built


def _missing_of(row: Modality, has_cameras: bool) -> tuple[str, str] | None:
    if not row.old:
        return "this modality: 1.x does not have it", "use acquisition.json"
    if row.stream_1 == "camera_names":
        return None if has_cameras else ("cameras", mend_fact("camera_names"))
    if row.stream_1:
        return f"`{row.stream_1}`", mend_fact("session_streams")
    return None


def _build_software(program: Program, findings: list[Finding]) -> dict[str, Any] | None:
    if program.version is None:
        mend = mend_fact("program_version")
        what = f"the program {program.name}: its version is not known"
        findings.append(leaves_out(SESSION.file, what, mend))
        return None
    return _software_row(program.name, program.version)


def _software_row(
    name: str,
    version: str,
    url: str | None = None,
    parameters: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "version": version,
        "url": url,
        "parameters": parameters or {},
    }


def _build_epoch(epoch: ToldEpoch, findings: list[Finding]) -> dict[str, Any]:
    words = [old for old, _ in epoch.modalities]
    parameters = epoch.facts["parameters"]
    is_visual = "Visual" in words
    script = _build_script(epoch, None if is_visual else parameters, findings)
    program = epoch.program
    software = (
        [_software_row(program.name, program.version)]
        if program and program.version
        else []
    )
    visual = [_describe_visual(epoch.facts)] if is_visual and parameters else None
    facts = {
        **epoch.facts,
        "modalities": words,
        "script": script,
        "software": software,
        "stimulus_parameters": visual,
    }
    return fill(_EPOCH, facts)[0]


def _build_script(
    epoch: ToldEpoch, parameters: dict[str, Any] | None, findings: list[Finding]
) -> dict[str, Any] | None:
    script = epoch.script
    version = script.version or script.commit
    given = {**script.parameters, **(parameters or {})}
    if script.name and version:
        return _software_row(script.name, version, script.commit_url, given)
    if script.name or given:
        where = f'{SESSION.file}: stimulus epoch "{epoch.facts["name"]}"'
        mend = "pin the task repository, or let the step tell name and version"
        findings.append(leaves_out(where, "the script: no version is known", mend))
    return None


def _describe_visual(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "stimulus_type": "Visual Stimulation",
        "stimulus_name": facts["name"],
        "stimulus_parameters": facts["parameters"],
        "stimulus_template_name": [],
        "notes": None,
    }
