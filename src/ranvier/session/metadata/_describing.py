"""Builds what says whose data these are: data_description, subject, procedures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from ranvier.session.faults import Finding, Report
from ranvier.session.metadata._built import (
    DATA_DESCRIPTION,
    PROCEDURES,
    SUBJECT,
    Built,
    Document,
)
from ranvier.session.metadata._facts import Facts, mend_of, pick_text, read_facts
from ranvier.session.metadata._given import take_given
from ranvier.session.metadata._plain import to_text
from ranvier.session.metadata._session_facts import mend_fact, read_modalities
from ranvier.session.metadata._tables import Field, fill
from ranvier.session.metadata._terms import Terms, describe_modality, describe_person
from ranvier.session.metadata._wording import lacks, misfits, tells_nothing

if TYPE_CHECKING:
    from ranvier.session.record import SessionRecord

_DATA: tuple[Field, ...] = (
    Field("object_type", empty="Data description"),
    Field("describedBy", empty=DATA_DESCRIPTION.described_by),
    Field("schema_version", empty=DATA_DESCRIPTION.version),
    # No licence: the schema's own default is not for ranvier to grant.
    Field("subject_id", "subject_id", is_demanded=True),
    Field("creation_time", "start", is_demanded=True),
    Field("tags"),
    Field("name", "name"),
    Field("institution", "institution", is_demanded=True),
    Field("funding_source", "funding_source", is_demanded=True),
    Field("data_level", empty="raw"),
    Field("group"),
    Field("investigators", "investigators", is_demanded=True),
    Field("project_name", "project_name", is_demanded=True),
    Field("restrictions"),
    Field("modalities", "modalities", []),
    Field("source_data"),
    Field("data_summary"),
)

_SUBJECT: tuple[Field, ...] = (
    Field("object_type", empty="Subject"),
    Field("describedBy", empty=SUBJECT.described_by),
    Field("schema_version", empty=SUBJECT.version),
    Field("subject_id", "subject_id", is_demanded=True),
    Field("subject_details", "details"),
    Field("notes"),
)

_MOUSE: tuple[Field, ...] = (
    Field("object_type", empty="Mouse subject"),
    Field("sex", "subject_sex", is_demanded=True),
    Field("date_of_birth", "subject_date_of_birth", is_demanded=True),
    Field("strain", "subject_strain", is_demanded=True),
    Field("species", "subject_species", is_demanded=True),
    Field("alleles", empty=[]),
    Field("genotype", "subject_genotype", is_demanded=True),
    Field("breeding_info"),
    Field("wellness_reports", empty=[]),
    Field("housing"),
    Field("source", "subject_source", is_demanded=True),
    Field("restrictions"),
    Field("rrid"),
)

_ABOUT_DATA = ("institution", "funding_source", "investigators")
_ABOUT_SUBJECT = tuple(field.fact for field in _MOUSE if field.fact)
_SEXES = {"m": "Male", "male": "Male", "f": "Female", "female": "Female"}
# Of the schema's patterns for names of subjects and projects.
_PLAIN_SUBJECT = re.compile(r"[^_]+")
_PLAIN_PROJECT = re.compile(r'[^<>:;"/|?\\_]+')


def build_data_description(record: SessionRecord) -> Built:
    """Build data_description.json 2.x.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    Built
        Without content if one of institution, funding, investigators and project is
        not known; that is no error if none of the first three is.
    """
    told = read_facts(record)
    findings = list(told.findings((*_ABOUT_DATA, "project_name", "project")))
    if not any(told.get(name) for name in _ABOUT_DATA):
        findings.append(tells_nothing(DATA_DESCRIPTION.file))
        return _build(DATA_DESCRIPTION, None, findings)
    terms = Terms()
    rows, doubts = read_modalities(told)
    findings += doubts
    values = {
        "subject_id": _check_name(
            record.subject, _PLAIN_SUBJECT, "subject_id", findings
        ),
        "start": to_text(record.start),
        "name": record.session,
        "institution": _find(told, "institution", terms.organisation, findings),
        "funding_source": _find_funding(told, terms, findings),
        "investigators": _describe_people(told),
        "project_name": _find_project(told, findings),
        "modalities": [describe_modality(row) for row in rows],
    }
    content, missing = fill(_DATA, values)
    findings += [_lack(DATA_DESCRIPTION, field) for field in missing]
    return _build(DATA_DESCRIPTION, None if missing else content, findings)


def build_subject(record: SessionRecord) -> Built:
    """Build subject.json 2.x.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    Built
        What a step fetched, unchanged; else a mouse from the parameters, if all that
        the schema demands of one is set. Other species only as a whole.
    """
    told = read_facts(record)
    findings = list(told.findings(("subject", *_ABOUT_SUBJECT)))
    if told.get("subject") is not None:
        wanted = {"subject_id": record.subject}
        return take_given(SUBJECT, told.get("subject"), wanted, findings)
    if not any(told.get(name) for name in _ABOUT_SUBJECT):
        findings.append(tells_nothing(SUBJECT.file))
        return _build(SUBJECT, None, findings)
    terms = Terms()
    sex = told.get("subject_sex")
    details, missing = fill(
        _MOUSE,
        {
            **told.values,
            "subject_sex": _SEXES.get(sex.casefold()) if sex else None,
            "subject_species": _find(told, "subject_species", terms.species, findings),
            "subject_strain": _find(told, "subject_strain", terms.strain, findings),
            "subject_source": _find(
                told, "subject_source", terms.organisation, findings
            ),
        },
    )
    values = {"subject_id": record.subject, "details": details}
    content, also_missing = fill(_SUBJECT, values)
    findings += [_lack(SUBJECT, field) for field in (*also_missing, *missing)]
    is_whole = not (missing or also_missing)
    return _build(SUBJECT, content if is_whole else None, findings)


def build_procedures(record: SessionRecord) -> Built:
    """Build procedures.json 2.x.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    Built
        What a step fetched, unchanged. Without it there is none: an empty list would
        say that nothing was done to the animal.
    """
    told = read_facts(record)
    findings = list(told.findings(("procedures",)))
    if told.get("procedures") is None:
        return _build(PROCEDURES, None, [*findings, tells_nothing(PROCEDURES.file)])
    wanted = {"subject_id": record.subject}
    return take_given(PROCEDURES, told.get("procedures"), wanted, findings)


def _build(
    document: Document, content: dict[str, Any] | None, findings: list[Finding]
) -> Built:
    report = Report.of(findings)
    return Built(content, report, document.file, document.schema, document.version)


def _lack(document: Document, field: Field) -> Finding:
    return lacks(document.file, f"`{field.name}`", mend_fact(field.fact))


def _find(told: Facts, name: str, find: Any, findings: list[Finding]) -> Any:
    term = told.get(name)
    found = find(term) if term else None
    if term and found is None:
        wanted = "one that the schema lists"
        findings.append(misfits(f"`{name}`", str(term), wanted, mend_of(name)))
    return found


def _find_funding(
    told: Facts, terms: Terms, findings: list[Finding]
) -> list[dict[str, Any]] | None:
    funding: list[dict[str, Any]] = []
    told_ones: list[Any] = told.get("funding_source") or []
    for term in told_ones:
        whole = cast("dict[str, Any]", term) if isinstance(term, dict) else {}
        one = Facts({"funding_source": whole.get("funder", term)}, {})
        funder = _find(one, "funding_source", terms.organisation, findings)
        if funder:
            grant = whole.get("grant_number")
            row = {
                "object_type": "Funding",
                "funder": funder,
                "grant_number": grant if isinstance(grant, str) else None,
                "fundee": None,
            }
            funding.append(row)
    return funding or None


def _describe_people(told: Facts) -> list[dict[str, Any]] | None:
    people: list[Any] = told.get("investigators") or []
    described = [describe_person(person) for person in people]
    return [row for row in described if row] or None


def _find_project(told: Facts, findings: list[Finding]) -> str | None:
    fetched = pick_text(told.get("project"), "project_name", "name")
    name = told.get("project_name") or fetched
    return _check_name(name, _PLAIN_PROJECT, "project_name", findings)


def _check_name(
    name: str | None, pattern: re.Pattern[str], what: str, findings: list[Finding]
) -> str | None:
    if not name or pattern.fullmatch(name):
        return name
    wanted = f"a name of the form {pattern.pattern}"
    where = f"{DATA_DESCRIPTION.file}: `{what}`"
    mend = "give it a name without such characters"
    findings.append(misfits(where, f'"{name}"', wanted, mend))
    return None
