"""What both versions say of a session: who, when, on what; read once for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ranvier.session.faults import Severity
from ranvier.session.metadata._epochs import read_epochs
from ranvier.session.metadata._facts import mend_of, pick_text, read_facts
from ranvier.session.metadata._plain import to_text
from ranvier.session.metadata._terms import find_modality
from ranvier.session.metadata._wording import contradicts, leaves_out, misfits

if TYPE_CHECKING:
    import datetime as dt

    from ranvier.session.faults import Finding
    from ranvier.session.metadata._epochs import ToldEpoch
    from ranvier.session.metadata._facts import Facts
    from ranvier.session.metadata._terms import Modality
    from ranvier.session.record import SessionRecord

# All that `build_session` and `build_acquisition` read.
_USED = (
    "active_mouse_platform",
    "acquisition_streams",
    "animal_weight_post_g",
    "animal_weight_prior_g",
    "camera_names",
    "data_modalities",
    "experimenters",
    "graph_path",
    "iacuc_protocol",
    "mouse_platform_name",
    "notes",
    "program_version",
    "protocol",
    "protocol_id",
    "reward_consumed_ul",
    "script_parameters",
    "script_path",
    "session_streams",
    "session_type",
    "stimulus_modalities",
    "stimulus_name",
)

_LAST_SIGN = "The end was not seen; the time given is the session's last sign of life."

# How to mend what no key sets.
_MENDS = {
    "subject_id": "answer when asked, or set `subject_id` in the parameter file",
    "rig_id": "set `rig_id` in the rig's TOML",
    "end": "close the session with `ranvier session finalise`",
}


@dataclass(frozen=True)
class SessionFacts:
    """What is known of a session.

    Parameters
    ----------
    told
        Facts of the table.
    values
        Facts for the field tables, in plain JSON; None is not known.
    epochs
        That can be written.
    modalities
        Of its data.
    findings
        Doubts about all these.
    """

    told: Facts
    values: dict[str, Any]
    epochs: tuple[ToldEpoch, ...]
    modalities: tuple[Modality, ...]
    findings: tuple[Finding, ...]


def read_session(record: SessionRecord) -> SessionFacts:
    """Read what both versions say of a session.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    SessionFacts
        Nothing in it is filled in.
    """
    told = read_facts(record)
    epochs, findings = read_epochs(record, told)
    modalities, doubts = read_modalities(told)
    reward = told.get("reward_consumed_ul")
    values: dict[str, Any] = {
        **told.values,
        "subject_id": record.subject,
        "rig_id": find_rig(record, told),
        "start": to_text(record.start),
        "end": _find_end(record, epochs),
        "experimenters": told.get("experimenters") or _user_of(record),
        "protocols": _read_protocols(told),
        "notes": _read_notes(record, told),
        # To the nanolitre: µl in thousands are ml, without the dust of the division.
        "reward_ml": None if reward is None else round(reward / 1000, 6),
    }
    wrong = told.findings(_USED)
    doubts = (*doubts, *_doubt_experimenters(values, told), *_doubt_end(record))
    findings = (*wrong, *findings, *doubts)
    return SessionFacts(told, values, epochs, modalities, findings)


def mend_fact(name: str) -> str:
    """Say how one can tell a fact of a session.

    Returns
    -------
    str
        For a finding.
    """
    return _MENDS.get(name) or mend_of(name)


def find_rig(record: SessionRecord, told: Facts) -> str | None:
    """Give the identifier of the rig, the same for all documents.

    Returns
    -------
    str or None
        That of the instrument.json that was fetched, for AIND takes the two together
        only if they agree; else the record's.
    """
    return pick_text(told.get("instrument"), "instrument_id") or record.rig


def check_rig(record: SessionRecord, told: Facts) -> tuple[Finding, ...]:
    """Look whether the instrument.json that was fetched is of this rig.

    Returns
    -------
    tuple of Finding
        One if it is not.
    """
    rig = find_rig(record, told)
    if rig == record.rig or record.rig is None:
        return ()
    mend = "fetch the instrument.json of this rig, or set `rig_id` to the same name"
    found, wanted = f'"{rig}"', f'"{record.rig}"'
    warning = Severity.WARNING
    return (contradicts("instrument.json", found, wanted, mend, warning),)


def read_modalities(
    told: Facts,
) -> tuple[tuple[Modality, ...], tuple[Finding, ...]]:
    """Read which kinds of data a session has.

    Returns
    -------
    tuple of Modality
        Each once.
    tuple of Finding
        Words that the schema does not have.
    """
    found = {word: find_modality(word) for word in told.get("data_modalities") or ()}
    wanted = "an abbreviation of the schema: behavior, behavior-videos, ecephys, …"
    findings = tuple(
        misfits("`data_modalities`", f'"{word}"', wanted, mend_of("data_modalities"))
        for word, row in found.items()
        if row is None
    )
    return tuple(dict.fromkeys(row for row in found.values() if row)), findings


def _find_end(record: SessionRecord, epochs: tuple[ToldEpoch, ...]) -> str | None:
    # What the session showed or acquired lies within it, so its end is the latest; but
    # the end of an epoch alone does not say that the session ended.
    if record.end is None:
        return None
    ends: list[dt.datetime] = [record.end, *(epoch.end for epoch in epochs)]
    if record.acquisition_end is not None:
        ends.append(record.acquisition_end)
    return to_text(max(ends).astimezone(record.start.tzinfo))


def _user_of(record: SessionRecord) -> list[str]:
    return [record.user] if record.user else []


def _read_protocols(told: Facts) -> list[str]:
    set_ones: list[str] = told.get("protocol_id") or []
    fetched = pick_text(told.get("protocol"), "doi", "protocol_id")
    return list(dict.fromkeys([*set_ones, *([fetched] if fetched else [])]))


def _read_notes(record: SessionRecord, told: Facts) -> str | None:
    notes: str | None = told.get("notes")
    if record.end is None or record.is_end_seen:
        return notes
    return f"{notes}\n{_LAST_SIGN}" if notes else _LAST_SIGN


def _doubt_end(record: SessionRecord) -> tuple[Finding, ...]:
    if record.end is None or record.is_end_seen:
        return ()
    mend = "nothing: it is the last that is known"
    return (leaves_out("the session", "an end that was seen", mend),)


def _doubt_experimenters(values: dict[str, Any], told: Facts) -> tuple[Finding, ...]:
    if told.get("experimenters"):
        return ()
    who = values["experimenters"]
    what = f'full names of experimenters (there is "{who[0]}")' if who else "any names"
    mend = mend_of("experimenters")
    return (leaves_out("experimenters", what, mend),)
