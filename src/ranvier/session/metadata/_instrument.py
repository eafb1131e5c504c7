"""Builds instrument.json 2.x: the one that was fetched, or what the rig's TOML says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ranvier.session.faults import Finding, Report
from ranvier.session.metadata._built import INSTRUMENT, Built
from ranvier.session.metadata._facts import Facts, mend_of, read_facts, read_text
from ranvier.session.metadata._given import take_given
from ranvier.session.metadata._session_facts import (
    check_rig,
    find_rig,
    mend_fact,
    read_modalities,
)
from ranvier.session.metadata._tables import Field, fill
from ranvier.session.metadata._terms import Modality, Terms, describe_modality
from ranvier.session.metadata._wording import lacks, leaves_out, misfits

if TYPE_CHECKING:
    from ranvier.session.record import SessionRecord

_INSTRUMENT: tuple[Field, ...] = (
    Field("object_type", empty="Instrument"),
    Field("describedBy", empty=INSTRUMENT.described_by),
    Field("schema_version", empty=INSTRUMENT.version),
    Field("location", "rig_location"),
    Field("instrument_id", "rig_id", is_demanded=True),
    Field("modification_date", "rig_modification_date", is_demanded=True),
    Field("modalities", "modalities", []),
    Field("calibrations"),
    Field("coordinate_system"),
    Field("global_coordinate_system", "rig_coordinate_system", is_demanded=True),
    Field("temperature_control"),
    Field("notes"),
    Field("connections", empty=[]),
    Field("components", "components", []),
)

_DEVICE: tuple[Field, ...] = (
    Field("object_type", empty="Device"),
    Field("name", "name", is_demanded=True),
    Field("serial_number", "serial_number"),
    Field("manufacturer", "manufacturer"),
    Field("model", "model"),
    Field("additional_settings"),
    Field("notes", "notes"),
)

_DEVICE_TEXTS = ("name", "serial_number", "model", "notes")

_COMPUTER: tuple[Field, ...] = (
    Field("object_type", empty="Computer"),
    *_DEVICE[1:],
    Field("operating_system", "operating_system"),
)

_USED = (
    "instrument",
    "rig_modification_date",
    "rig_coordinate_system",
    "rig_devices",
    "rig_location",
    "data_modalities",
)


def build_instrument(record: SessionRecord) -> Built:
    """Build instrument.json 2.x.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    Built
        What a step fetched, unchanged; else generic devices and the computer. Without
        content if the rig, the date of its last change or its coordinate system are
        not known: the schema demands them.
    """
    told = read_facts(record)
    doubts = (*told.findings(_USED), *check_rig(record, told))
    if told.get("instrument") is not None:
        return take_given(INSTRUMENT, told.get("instrument"), {}, doubts)
    return _build_generic(record, told, list(doubts))


def name_components(instrument: dict[str, Any]) -> frozenset[str]:
    """Name all that an instrument has, assemblies opened.

    Returns
    -------
    frozenset of str
        What a data stream may call an active device.
    """
    names: set[str] = set()
    _gather_names(instrument.get("components"), names)
    return frozenset(names)


def _build_generic(
    record: SessionRecord, told: Facts, findings: list[Finding]
) -> Built:
    terms = Terms()
    facts = {
        **told.values,
        "rig_id": find_rig(record, told),
        "rig_coordinate_system": _find_coordinates(told, terms, findings),
        "modalities": _build_modalities(told, findings),
        "components": [
            *_build_computer(record),
            *_build_devices(told, terms, findings),
        ],
    }
    content, missing = fill(_INSTRUMENT, facts)
    findings += [
        lacks(INSTRUMENT.file, f"`{field.name}`", mend_fact(field.fact))
        for field in missing
    ]
    kept = None if missing else content
    report = Report.of(findings)
    return Built(kept, report, INSTRUMENT.file, INSTRUMENT.schema, INSTRUMENT.version)


def _find_coordinates(
    told: Facts, terms: Terms, findings: list[Finding]
) -> dict[str, Any] | None:
    term = told.get("rig_coordinate_system")
    found = terms.coordinate_system(term) if term else None
    if term and not found:
        wanted = "a name of AIND's library, or a table as the schema has it"
        mend = mend_of("rig_coordinate_system")
        findings.append(misfits("`rig_coordinate_system`", str(term), wanted, mend))
    return found


def _build_modalities(told: Facts, findings: list[Finding]) -> list[dict[str, str]]:
    rows, doubts = read_modalities(told)
    findings += doubts
    for row in rows:
        if row.device:
            what = f'modality "{row.abbreviation}": it demands a {row.device}'
            mend = mend_of("instrument")
            findings.append(leaves_out(INSTRUMENT.file, what, mend))
    kept = [row for row in rows if not row.device]
    return [describe_modality(row) for row in sorted(kept, key=_by_abbreviation)]


def _by_abbreviation(row: Modality) -> str:
    return row.abbreviation


def _build_computer(record: SessionRecord) -> list[dict[str, Any]]:
    name = record.host.get("name")
    if not name:
        return []
    system = read_text(record.host.get("system"))
    facts = {"name": str(name), "operating_system": system}
    return [fill(_COMPUTER, facts)[0]]


def _build_devices(
    told: Facts, terms: Terms, findings: list[Finding]
) -> list[dict[str, Any]]:
    devices: list[dict[str, Any]] = []
    for row in cast("list[dict[str, Any]]", told.get("rig_devices") or []):
        facts: dict[str, Any] = {key: read_text(row.get(key)) for key in _DEVICE_TEXTS}
        facts["manufacturer"] = _find_maker(row.get("manufacturer"), terms, findings)
        device, missing = fill(_DEVICE, facts)
        if missing:
            what = f"a device without a name: {row}"
            mend = "give it a `name` in `rig_devices`"
            findings.append(leaves_out(INSTRUMENT.file, what, mend))
        else:
            devices.append(device)
    return devices


def _find_maker(maker: Any, terms: Terms, findings: list[Finding]) -> Any:
    if maker is None:
        return None
    found = terms.organisation(maker)
    if found is None:
        wanted = "an organisation of the schema"
        mend = "put it in the notes of the device"
        findings.append(misfits("manufacturer", str(maker), wanted, mend))
    return found


def _gather_names(value: Any, names: set[str]) -> None:
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            _gather_names(item, names)
        return
    if not isinstance(value, dict):
        return
    table = cast("dict[str, Any]", value)
    # Organisations and modalities have names too, but no type.
    if isinstance(table.get("name"), str) and "object_type" in table:
        names.add(table["name"])
    for item in table.values():
        _gather_names(item, names)
