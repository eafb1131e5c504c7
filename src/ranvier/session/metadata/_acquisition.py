"""Builds AIND's acquisition.json 2.x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ranvier.session.faults import Finding, Report
from ranvier.session.metadata._built import ACQUISITION, Built
from ranvier.session.metadata._instrument import build_instrument, name_components
from ranvier.session.metadata._plain import to_text
from ranvier.session.metadata._session_facts import (
    check_rig,
    mend_fact,
    read_session,
)
from ranvier.session.metadata._software import (
    find_conductor,
    is_hash,
    list_programs,
    read_script,
)
from ranvier.session.metadata._tables import Field, fill
from ranvier.session.metadata._terms import describe_modality
from ranvier.session.metadata._wording import has_no_streams, lacks, leaves_out

if TYPE_CHECKING:
    from ranvier.session.metadata._epochs import ToldEpoch
    from ranvier.session.metadata._session_facts import SessionFacts
    from ranvier.session.metadata._software import Program, Script
    from ranvier.session.record import SessionRecord

_ACQUISITION: tuple[Field, ...] = (
    Field("object_type", empty="Acquisition"),
    Field("describedBy", empty=ACQUISITION.described_by),
    Field("schema_version", empty=ACQUISITION.version),
    Field("protocol_id", "protocols"),
    Field("subject_id", "subject_id", is_demanded=True),
    Field("specimen_id"),
    Field("acquisition_start_time", "start", is_demanded=True),
    # The schema's own readers fill it from the start's offset.
    Field("acquisition_start_tz"),
    Field("acquisition_end_time", "end", is_demanded=True),
    Field("experimenters", "experimenters", []),
    Field("ethics_review_id", "ethics"),
    Field("instrument_id", "rig_id", is_demanded=True),
    Field("acquisition_type", "session_type", is_demanded=True),
    Field("notes", "notes"),
    Field("coordinate_system"),
    Field("global_coordinate_system"),
    Field("calibrations", empty=[]),
    Field("maintenance", empty=[]),
    Field("data_streams", "streams", []),
    Field("stimulus_epochs", "epochs", []),
    Field("manipulations", empty=[]),
    Field("subject_details", "details"),
)

_DETAILS: tuple[Field, ...] = (
    Field("object_type", empty="Acquisition subject details"),
    Field("animal_weight_prior", "animal_weight_prior_g"),
    Field("animal_weight_post", "animal_weight_post_g"),
    Field("weight_unit", empty="gram"),
    Field("anaesthesia"),
    Field("mouse_platform_name", "mouse_platform_name", is_demanded=True),
    Field("reward_consumed_total", "reward_ml"),
    Field("reward_consumed_unit", empty="milliliter"),
)

_STREAM: tuple[Field, ...] = (
    Field("object_type", empty="Data stream"),
    Field("stream_start_time", "start"),
    Field("stream_end_time", "end"),
    Field("modalities", "modalities", []),
    Field("code", "code"),
    Field("notes", "notes"),
    Field("active_devices", "devices", []),
    Field("configurations", empty=[]),
    Field("connections", empty=[]),
)

_EPOCH: tuple[Field, ...] = (
    Field("object_type", empty="Stimulus epoch"),
    Field("stimulus_start_time", "start"),
    Field("stimulus_end_time", "end"),
    Field("stimulus_name", "name"),
    Field("code", "code"),
    Field("stimulus_modalities", "modalities", []),
    Field("performance_metrics", "performance"),
    Field("notes", "notes"),
    Field("active_devices", empty=[]),
    Field("configurations", empty=[]),
    Field("training_protocol_name"),
    Field("curriculum_status"),
)

_PERFORMANCE: tuple[Field, ...] = (
    Field("object_type", empty="Performance metrics"),
    Field("output_parameters"),
    Field("reward_consumed_during_epoch", "reward_ul"),
    Field("reward_consumed_unit", empty="microliter"),
    Field("trials_total", "trials_total"),
    Field("trials_finished", "trials_finished"),
    Field("trials_rewarded", "trials_rewarded"),
)

_CODE: tuple[Field, ...] = (
    Field("object_type", empty="Code"),
    Field("url", "url", is_demanded=True),
    Field("name", "name"),
    Field("version", "version"),
    Field("commit_hash", "commit"),
    Field("container"),
    Field("run_script", "path"),
    Field("language", "language"),
    Field("language_version", "language_version"),
    Field("input_data"),
    Field("parameters", "parameters"),
    Field("core_dependency", "dependency"),
)

_MEASURED = ("reward_ul", "trials_total", "trials_finished", "trials_rewarded")


class _Rest(NamedTuple):
    """What a builder of a part needs beside the part."""

    record: SessionRecord
    known: SessionFacts
    findings: list[Finding]


def build_acquisition(record: SessionRecord) -> Built:
    """Build acquisition.json 2.x.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    Built
        Without content, and with a finding for each, if subject, rig, kind of session
        or the session's end are not known.
    """
    known = read_session(record)
    findings = [*known.findings, *check_rig(record, known.told)]
    rest = _Rest(record, known, findings)
    ethics = known.told.get("iacuc_protocol")
    values = {
        **known.values,
        "protocols": known.values["protocols"] or None,
        "ethics": [ethics] if ethics else None,
        "details": _build_details(rest),
        "streams": _build_streams(rest),
        "epochs": [_build_epoch(epoch, rest) for epoch in known.epochs],
    }
    content, missing = fill(_ACQUISITION, values)
    findings += [
        lacks(ACQUISITION.file, f"`{field.name}`", mend_fact(field.fact))
        for field in missing
    ]
    kept = None if missing else content
    report = Report.of(findings)
    return Built(
        kept, report, ACQUISITION.file, ACQUISITION.schema, ACQUISITION.version
    )


def _build_details(rest: _Rest) -> dict[str, Any] | None:
    content, missing = fill(_DETAILS, rest.known.values)
    if missing:
        mend = mend_fact("mouse_platform_name")
        what = "`subject_details`, which an asset must have: the platform is not named"
        rest.findings.append(leaves_out(ACQUISITION.file, what, mend))
        return None
    if content["reward_consumed_total"] is None:
        content["reward_consumed_unit"] = None
    return content


def _build_streams(rest: _Rest) -> list[dict[str, Any]]:
    record, told = rest.record, rest.known.told
    if told.get("acquisition_streams"):
        return told.get("acquisition_streams")
    start, end = record.acquisition_start, record.acquisition_end
    if start is None or end is None:
        rest.findings.append(has_no_streams(ACQUISITION.file))
        return []
    programs = list_programs(record, told)
    program = programs[0] if programs else None
    code = _build_code(read_script(record, told), program, None)
    facts: dict[str, Any] = {
        "start": to_text(start),
        "end": to_text(end),
        "modalities": _build_modalities(rest),
        "code": [code] if code else None,
        "notes": _list_software((find_conductor(record), *programs)),
        "devices": _list_devices(rest),
    }
    return [fill(_STREAM, facts)[0]]


def _build_modalities(rest: _Rest) -> list[dict[str, str]]:
    if not rest.known.modalities:
        mend = mend_fact("data_modalities")
        rest.findings.append(leaves_out("data stream", "modalities", mend))
    for row in rest.known.modalities:
        if row.stream_2:
            where = f'{ACQUISITION.file}: data stream of "{row.abbreviation}"'
            mend = mend_fact("acquisition_streams")
            rest.findings.append(leaves_out(where, f"`{row.stream_2}`", mend))
    return [describe_modality(row) for row in rest.known.modalities if not row.stream_2]


def _list_devices(rest: _Rest) -> list[str]:
    # AIND takes an acquisition only with an instrument that has every active device.
    cameras: list[str] = rest.known.told.get("camera_names") or []
    host = rest.record.host.get("name")
    names = name_components(build_instrument(rest.record).content or {})
    unknown = [name for name in cameras if name not in names]
    if unknown:
        what = f"active devices that instrument.json lacks: {', '.join(unknown)}"
        mend = mend_fact("rig_devices")
        rest.findings.append(leaves_out(ACQUISITION.file, what, mend))
    return [name for name in (host, *cameras) if name and name in names]


def _list_software(programs: tuple[Program, ...]) -> str:
    # 2.x has a place for a program only beside a url of code, which is not ours to say.
    words = dict.fromkeys(
        f"{program.name} {program.version or '(version not known)'}"
        for program in programs
        if program.version or program.name != "ranvier"
    )
    return f"Software: {', '.join(words)}." if words else ""


def _build_epoch(epoch: ToldEpoch, rest: _Rest) -> dict[str, Any]:
    code = _build_code(epoch.script, epoch.program, epoch.facts["parameters"])
    if code is None and (epoch.script.name or epoch.facts["parameters"]):
        where = f'{ACQUISITION.file}: stimulus epoch "{epoch.facts["name"]}"'
        mend = "pin the task repository, or let the step tell the url of the script"
        rest.findings.append(leaves_out(where, "its code and parameters", mend))
    has_metrics = any(epoch.facts[name] is not None for name in _MEASURED)
    metrics = fill(_PERFORMANCE, epoch.facts)[0] if has_metrics else None
    if metrics and metrics["reward_consumed_during_epoch"] is None:
        metrics["reward_consumed_unit"] = None
    facts = {
        **epoch.facts,
        "modalities": [new for _, new in epoch.modalities],
        "code": code,
        "performance": metrics,
    }
    return fill(_EPOCH, facts)[0]


def _build_code(
    script: Script, program: Program | None, parameters: dict[str, Any] | None
) -> dict[str, Any] | None:
    facts: dict[str, Any] = {
        "url": script.url,
        "name": script.name,
        # What is no hash, a tag say, is a version.
        "version": script.version
        or (None if is_hash(script.commit) else script.commit),
        "commit": script.commit if is_hash(script.commit) else None,
        "path": script.path,
        "parameters": {**script.parameters, **(parameters or {})} or None,
    }
    if program is not None and not script.is_own:
        facts["language"] = program.language or None
        facts["dependency"] = {
            "object_type": "Software",
            "name": program.name,
            "version": program.version,
        }
    content, missing = fill(_CODE, facts)
    return None if missing else content
