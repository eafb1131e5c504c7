"""What can be wrong when machines agree, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.faults import Finding, PeerError, Severity
from ranvier.session.peers._settings import CHECK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.session.peers._settings import PeerSettings


def cannot_listen(settings: PeerSettings, error: OSError) -> PeerError:
    """Give the error of a master that can't open its port."""
    return PeerError(
        "this machine can't listen for the others.",
        code="RV-S51",
        where=settings.place,
        found=str(error),
        mend="end what uses the port, take another one on all machines, or correct the "
        "address of the interface",
    )


def not_together(settings: PeerSettings, found: str) -> PeerError:
    """Give the error of a machine that waited in vain for others."""
    return PeerError(
        f"the machines were not together after {settings.timeout_s:g} s.",
        code="RV-S52",
        where=settings.place,
        found=found,
        mend="start the launcher on all machines; compare address, port and "
        f'"{settings.key_param}"; see what a firewall says',
    )


def refused(settings: PeerSettings, reason: str) -> PeerError:
    """Give the error of a slave that the master, or that itself, refused."""
    return PeerError(
        "the master and this machine do not go together.",
        code="RV-S53",
        where=settings.place,
        found=reason,
        mend=f'compare "{settings.key_param}", the number of slaves, and the secret, '
        "on both",
    )


def not_confirmed(settings: PeerSettings, who: Sequence[str], found: str) -> PeerError:
    """Give the error of an agreement that broke off after the name was said."""
    names = ", ".join(f'"{name}"' for name in who)
    return PeerError(
        f"{names} did not confirm the session's name.",
        code="RV-S54",
        where=settings.place,
        found=found,
        mend="see what that machine says, and start all of them again",
    )


def not_usable(settings: PeerSettings, found: str, wanted: str) -> PeerError:
    """Give the error of a name that can't be taken."""
    return PeerError(
        "the master announced a session that can't be taken.",
        code="RV-S55",
        where=settings.place,
        found=found,
        wanted=wanted,
        mend="correct the parameters of the master",
    )


def given_up(settings: PeerSettings) -> PeerError:
    """Give the error of a wait that a stop ended."""
    return PeerError(
        "the wait for the other machines was ended by a stop.",
        code="RV-S56",
        where=settings.place,
        mend="start all machines again",
    )


def not_at_start(settings: PeerSettings, missing: Sequence[str]) -> PeerError:
    """Give the error of a start that not all came to."""
    return PeerError(
        f"not all machines were at the start after {settings.start_timeout_s:g} s.",
        code="RV-S57",
        where=settings.place,
        found=f"missing: {', '.join(missing)}",
        mend="see what keeps them; or raise `session_sync_start_timeout_sec`",
    )


def is_lost(name: str, limit_s: float) -> Finding:
    """Give the finding that a machine is not heard of any more."""
    return Finding(
        Severity.WARNING,
        CHECK,
        f'"{name}" was lost: nothing was heard of it for {limit_s:g} s.',
        code="RV-S58",
        where=name,
        mend="see whether its launcher still runs, and the network between the two",
    )
