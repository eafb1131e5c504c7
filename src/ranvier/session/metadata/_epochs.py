"""Which stimulus epochs of a session can be written, and which can't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ranvier.session.metadata._facts import mend_of
from ranvier.session.metadata._plain import to_plain, to_text
from ranvier.session.metadata._software import list_programs, read_script, refine_script
from ranvier.session.metadata._terms import find_stimulus_modality
from ranvier.session.metadata._wording import drops_epoch, leaves_out, misfits
from ranvier.session.record import Epoch

if TYPE_CHECKING:
    import datetime as dt

    from ranvier.session.faults import Finding
    from ranvier.session.metadata._facts import Facts
    from ranvier.session.metadata._software import Program, Script
    from ranvier.session.record import SessionRecord

_TRIALS = ("total", "finished", "rewarded")
_MEND_TIMES = (
    "close a session that was lost with `ranvier session finalise`; else let the step "
    "that told the epoch give both times, in ISO 8601 with offset"
)
_DIRTY = (
    "The script's repository differed from its commit: see "
    "launcher_metadata/repository.diff."
)


class ToldEpoch(NamedTuple):
    """A stimulus epoch that can be written.

    Parameters
    ----------
    start, end
        Aware.
    modalities
        Words of 1.x and 2.x, in pairs.
    script, program
        What ran, and what ran it; None is not known.
    facts
        Of the field tables, but for what the versions say differently.
    """

    start: dt.datetime
    end: dt.datetime
    modalities: tuple[tuple[str, str], ...]
    script: Script
    program: Program | None
    facts: dict[str, Any]


def read_epochs(
    record: SessionRecord, facts: Facts
) -> tuple[tuple[ToldEpoch, ...], tuple[Finding, ...]]:
    """Read the epochs of a session.

    If no step told one, but an acquisition ran and `stimulus_name` is set, there is one
    from its start to its end.

    Parameters
    ----------
    record
        Of the session.
    facts
        That it told.

    Returns
    -------
    tuple of ToldEpoch
        Those with a start and an end in the session.
    tuple of Finding
        Why others are left out.
    """
    findings: list[Finding] = []
    told: list[ToldEpoch] = []
    programs = list_programs(record, facts)
    for epoch in record.epochs or _default_epochs(record, facts):
        reason = _why_not(epoch, record.start)
        if reason:
            findings.append(drops_epoch(epoch.name, reason, _MEND_TIMES))
            continue
        words, doubts = _read_modalities(epoch)
        findings += doubts
        script = refine_script(read_script(record, facts), epoch.script)
        told.append(_tell(epoch, words, script, programs[0] if programs else None))
    return tuple(told), tuple(findings)


def _default_epochs(record: SessionRecord, facts: Facts) -> tuple[Epoch, ...]:
    name = facts.get("stimulus_name")
    if not name or record.acquisition_start is None:
        return ()
    modalities = tuple(facts.get("stimulus_modalities") or ())
    start, end = record.acquisition_start, record.acquisition_end
    return (Epoch(name, start, end, modalities),)


def _why_not(epoch: Epoch, session_start: dt.datetime) -> str:
    if epoch.end is None:
        return "it was not seen to end"
    if epoch.start.utcoffset() is None or epoch.end.utcoffset() is None:
        return "its times have no offset from UTC"
    if epoch.start < session_start:
        return f"it starts at {epoch.start}, before the session at {session_start}"
    if epoch.end < epoch.start:
        return f"it ends at {epoch.end}, before it starts at {epoch.start}"
    return ""


def _read_modalities(
    epoch: Epoch,
) -> tuple[tuple[tuple[str, str], ...], list[Finding]]:
    where = f'stimulus epoch "{epoch.name}"'
    found = [(word, find_stimulus_modality(word)) for word in epoch.modalities]
    mend = f"{mend_of('stimulus_modalities')}, or let the step that told the epoch do"
    findings = [
        misfits(f"{where}: modality", word, "a stimulus modality of the schema", mend)
        for word, row in found
        if row is None
    ]
    words = tuple(dict.fromkeys(row for _, row in found if row))
    if not words:
        findings.append(leaves_out(where, "its modalities (Visual, Auditory, …)", mend))
    return words, findings


def _tell(
    epoch: Epoch,
    modalities: tuple[tuple[str, str], ...],
    script: Script,
    program: Program | None,
) -> ToldEpoch:
    assert epoch.end is not None  # noqa: S101 - `_why_not` has looked
    trials = {f"trials_{key}": epoch.trials.get(key) for key in _TRIALS}
    facts: dict[str, Any] = {
        "start": to_text(epoch.start),
        "end": to_text(epoch.end),
        "name": epoch.name,
        "parameters": to_plain(epoch.parameters) or None,
        "reward_ul": epoch.reward_ul,
        "notes": _DIRTY if script.is_dirty else None,
        **trials,
    }
    return ToldEpoch(epoch.start, epoch.end, modalities, script, program, facts)
