"""What a trail itself tells against a session: it was changed, its launcher died."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.audit import AUDIT_FILE
from ranvier.session.faults import Finding, Severity
from ranvier.session.record._model import SessionState

if TYPE_CHECKING:
    from ranvier.session.record._model import SessionRecord

_MOST_BREAKS = 10


def find_breaks(record: SessionRecord) -> tuple[Finding, ...]:
    """Find out whether the chain of the session's trail is broken.

    Parameters
    ----------
    record
        As `read_record` gives it; one of lines alone knows nothing of their chain.

    Returns
    -------
    tuple of Finding
        One error with the first of the breaks, or nothing. A last line that a kill cut
        short is none.
    """
    if not record.breaks:
        return ()
    shown = [f"line {each.line}: {each.problem}" for each in record.breaks]
    n_more = len(shown) - _MOST_BREAKS
    more = [f"and {n_more} more"] if n_more > 0 else []
    return (
        Finding(
            Severity.ERROR,
            "audit trail",
            "someone changed the audit trail: its chain is broken.",
            code="RV-D47",
            where=AUDIT_FILE,
            found="; ".join([*shown[:_MOST_BREAKS], *more]),
            wanted="each line as it was written, and all of them",
            mend="do not rely on what it says; compare it with an archived copy",
        ),
    )


def find_death(record: SessionRecord) -> tuple[Finding, ...]:
    """Find out whether the session's launcher died before its end.

    Parameters
    ----------
    record
        Of the session.

    Returns
    -------
    tuple of Finding
        One error, or nothing. It stays after the session was finalised.
    """
    was_closed = record.finalised is not None and record.finished is None
    if not was_closed and record.state is not SessionState.LOST:
        return ()
    seen = record.last_seen.isoformat() if record.last_seen else "never"
    return (
        Finding(
            Severity.ERROR,
            "session",
            f"its launcher died; it was last seen {seen}.",
            code="RV-S05",
            found="a trail without a last word of the launcher",
            wanted="the end of the session, as its launcher writes it",
            mend="what it was doing then may lack its end; see the system's log for "
            "who ended it, or whether power or memory failed",
        ),
    )
