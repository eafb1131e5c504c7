"""What the state machines of both sides want done, and what they tell of; data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ranvier.session.faults import Finding, PeerError


@dataclass(frozen=True)
class Peer:
    """Another machine of the session.

    Parameters
    ----------
    name
        That it gave itself; made different from others by a number where need be.
    address
        From which it came, as the master sees it.
    protocol
        1: an older launcher, which knows the session's name and nothing more.
    offset_ns, error_ns
        Its monotonic clock minus ours, and how far that may be off; None if not known.
        Since the last time they were measured the clocks may have drifted.
    """

    name: str
    address: str
    protocol: int
    offset_ns: int | None = None
    error_ns: int | None = None


@dataclass(frozen=True)
class StopCall:
    """That another machine wants the session to stop.

    Parameters
    ----------
    by
        Its name.
    reason
        In words; may be empty.
    is_abort
        True if at once, without an orderly end.
    """

    by: str
    reason: str
    is_abort: bool = False


@dataclass(frozen=True)
class Send:
    """Say a word on a link."""

    link: int
    word: dict[str, Any]


@dataclass(frozen=True)
class HangUp:
    """Close a link, once all is said."""

    link: int


@dataclass(frozen=True)
class Connect:
    """Try to reach the master."""


@dataclass(frozen=True)
class Tell:
    """Tell the operator."""

    text: str
    is_warning: bool = False


@dataclass(frozen=True)
class Find:
    """Keep a finding, and tell it."""

    finding: Finding


@dataclass(frozen=True)
class Agreed:
    """All machines have the session's name."""

    session_name: str


@dataclass(frozen=True)
class Failed:
    """What was waited for will not come."""

    error: PeerError


@dataclass(frozen=True)
class Going:
    """The start, on our monotonic clock."""

    at_ns: int


@dataclass(frozen=True)
class StopHeard:
    """Another machine wants to stop."""

    call: StopCall


@dataclass(frozen=True)
class Over:
    """Nothing more will be said."""


Act: TypeAlias = (
    Send | HangUp | Connect | Tell | Find | Agreed | Failed | Going | StopHeard | Over
)
