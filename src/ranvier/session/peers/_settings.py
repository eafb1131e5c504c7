"""What is asked for when machines agree on one session, and whether it can be had."""

from __future__ import annotations

import enum
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ranvier.session.faults import Finding, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CHECK = "other machines"

BEATS_UNTIL_LOST = 4
"""Signs of life in the time after which a machine that gives none is lost."""

# What a person can correct is the parameter, not the field that it gave.
_KEYS = {
    "node": "session_sync_node_name",
    "bind": "session_sync_bind_host",
    "host": "session_sync_master_host",
    "session": "session_sync_session_name",
    "port": "session_sync_port",
    "n_expected": "session_sync_expected_slaves",
    "secret_env": "session_sync_secret_env",
    "timeout_s": "session_sync_timeout_sec",
    "ack_timeout_s": "session_sync_ack_timeout_sec",
    "retry_delay_s": "session_sync_retry_delay_sec",
    "lost_after_s": "session_sync_lost_after_sec",
    "start_timeout_s": "session_sync_start_timeout_sec",
}
_LONGEST_NAME = 200
_NO_PART_OF_A_NAME = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


class PeerRole(enum.StrEnum):
    """Who names the session, and who takes the name. The older launcher's words."""

    MASTER = "master"
    SLAVE = "slave"


class OnPeerLost(enum.StrEnum):
    """What follows if a machine is lost during the session."""

    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True)
class PeerSettings:
    """One machine's part in an agreement.

    Parameters
    ----------
    role
        One machine is the master, all others are slaves.
    port
        TCP port of the master.
    key
        What the machines must have in common: the subject, as a rule. No secret: it
        crosses the network as it is.
    node
        Name of this machine.
    bind
        Of a master: address of the interface at which it listens. It has no default,
        for whoever reaches it may name and stop a session.
    host
        Of a slave: where the master is.
    n_expected
        Of a master: how many slaves.
    session
        Of a master: the session's name. It becomes the name of a folder.
    key_param
        Which parameter `key` was taken from, for messages.
    secret_env
        Environment variable that holds a secret shared by all machines; empty if
        there is none.
    timeout_s
        By then all are together.
    ack_timeout_s
        By then each has answered what it was told.
    retry_delay_s
        Of a slave: between two tries to reach the master.
    lost_after_s
        A machine not heard of for so long is lost.
    start_timeout_s
        By then all are at the start, from when this machine is.
    on_peer_lost
        What follows if one is lost during the session.
    """

    role: PeerRole
    port: int
    key: str
    node: str
    bind: str = ""
    host: str = ""
    n_expected: int = 0
    session: str = ""
    key_param: str = "subject_id"
    secret_env: str = ""
    timeout_s: float = 300.0
    ack_timeout_s: float = 300.0
    retry_delay_s: float = 1.0
    lost_after_s: float = 10.0
    start_timeout_s: float = 300.0
    on_peer_lost: OnPeerLost = OnPeerLost.WARN

    @property
    def is_master(self) -> bool:
        """True if this machine names the session."""
        return self.role is PeerRole.MASTER

    @property
    def place(self) -> str:
        """Address and port of the master, as this machine knows it."""
        return f"{self.bind if self.is_master else self.host}:{self.port}"


def to_ns(seconds: float) -> int:
    """Give a time of the settings in whole nanoseconds."""
    return round(seconds * 1e9)


def check_peer_settings(
    settings: PeerSettings, environment: Mapping[str, str]
) -> Report:
    """Look whether an agreement can be made as it is set.

    Parameters
    ----------
    settings
        Of this machine.
    environment
        In which the secret is.

    Returns
    -------
    Report
        Every fault at once; a warning if anyone in the network may take part.
    """
    findings = [
        _not_right(_KEYS.get(field, field), found, wanted)
        for field, found, wanted in (
            *_find_bad_texts(settings),
            *_find_bad_numbers(settings),
            *_find_bad_secret(settings, environment),
        )
    ]
    place = settings.bind if settings.is_master else settings.host
    if place and not settings.secret_env and not is_loopback(place):
        findings.append(_is_open(settings))
    return Report.of(findings)


def is_session_name(name: object) -> bool:
    """Say whether a name can be that of a session, and so of a folder on any system.

    Parameters
    ----------
    name
        Whatever another machine said.

    Returns
    -------
    bool
        False for all that is no single, plain part of a path.

    Examples
    --------
    >>> is_session_name("mouse7_2026-11-20_14-03-22"), is_session_name("../other")
    (True, False)
    """
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        return False
    return not _NO_PART_OF_A_NAME.search(name) and name == name.strip(" .")


def is_loopback(place: str) -> bool:
    """Say whether only this computer reaches an address.

    Parameters
    ----------
    place
        Address, or name, of an interface or of a computer.

    Returns
    -------
    bool
        False for a name, other than "localhost".

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    try:
        return ipaddress.ip_address(place).is_loopback
    except ValueError:
        return place == "localhost"


def _find_bad_texts(settings: PeerSettings) -> Iterator[tuple[str, str, str]]:
    if not settings.key:
        yield settings.key_param, "nothing", "what all machines have in common"
    if not settings.node:
        yield "node", "nothing", "a name of this machine"
    if settings.is_master and not settings.bind:
        wanted = "the address of one interface: 127.0.0.1, or that of the rig's network"
        yield "bind", "nothing", wanted
    if settings.is_master and not is_session_name(settings.session):
        yield "session", repr(settings.session), "a name that a folder can have"
    if not settings.is_master and not settings.host:
        yield "host", "nothing", "name or address of the master"


def _find_bad_numbers(settings: PeerSettings) -> Iterator[tuple[str, str, str]]:
    if not 0 < settings.port < 65536:
        yield "port", str(settings.port), "1 to 65535"
    if settings.is_master and settings.n_expected < 1:
        yield "n_expected", str(settings.n_expected), "at least one slave"
    for name in (
        "timeout_s",
        "ack_timeout_s",
        "retry_delay_s",
        "lost_after_s",
        "start_timeout_s",
    ):
        seconds = getattr(settings, name)
        # So written, it is true for a NaN too.
        if not 0 < seconds < 1e6:
            yield name, str(seconds), "more than 0 s"


def _find_bad_secret(
    settings: PeerSettings, environment: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    name = settings.secret_env
    if name and not environment.get(name):
        yield "secret_env", f"{name} is not set", "the secret in this variable"


def _not_right(where: str, found: str, wanted: str) -> Finding:
    return Finding(
        Severity.ERROR,
        CHECK,
        "the agreement between machines can't be made as it is set.",
        code="RV-S50",
        where=where,
        found=found,
        wanted=wanted,
        mend="correct it in the parameter file or the rig file",
    )


def _is_open(settings: PeerSettings) -> Finding:
    return Finding(
        Severity.WARNING,
        CHECK,
        "anyone who reaches this port can take part in the session, and stop it.",
        code="RV-S59",
        where=settings.place,
        found="no shared secret",
        wanted="a secret, or an interface that only this computer reaches",
        mend="put a secret into the same environment variable on all machines, and "
        "name the variable in `session_sync_secret_env`",
    )
