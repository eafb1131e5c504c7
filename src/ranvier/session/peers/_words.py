"""What machines say to each other, as lines of JSON; nothing here knows a socket.

The words `ready`, `announce`, `ack`, `complete` and `error` are those of the older
launcher. It reads the fields that it knows and no others, so ours stand beside them:
`protocol` above all. All other words are for machines that said `protocol: 2`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.session.peers._settings import PeerSettings

PROTOCOL = 2
LONGEST_LINE = 1 << 16

# Reasons of an `error`. The first two are the older launcher's, word for word.
KEY_MISMATCH = "session_key_mismatch"
INVALID_STATE = "invalid_state"
SECRET_REQUIRED = "secret_required"  # noqa: S105 - a word, no secret
SECRET_WRONG = "secret_wrong"  # noqa: S105
SECRET_MISSING = "secret_missing"  # noqa: S105
SESSION_FULL = "session_full"
SESSION_UNKNOWN = "session_unknown"

_IN_WORDS = {
    KEY_MISMATCH: "the session keys differ",
    INVALID_STATE: 'the first word was not "ready"',
    SECRET_REQUIRED: "the master wants a shared secret, and protocol 2",
    SECRET_WRONG: "the shared secrets differ",
    SECRET_MISSING: "this machine has no shared secret",
    SESSION_FULL: "all machines that the master expects are there",
    SESSION_UNKNOWN: "the master knows nothing of this session",
}


class NoWordError(ValueError):
    """What came is no word: too long, not JSON, not an object."""


class LineReader:
    r"""Cuts what comes in into words.

    Examples
    --------
    >>> reader = LineReader()
    >>> list(reader.feed(b'{"status": "beat"}\n{"sta'))
    [{'status': 'beat'}]
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Take some bytes, give the words that are complete with them.

        Yields
        ------
        dict
            One word.

        Raises
        ------
        NoWordError
            If what came is none; nothing more can be read then.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield _parse(line)
        if len(self._rest) > LONGEST_LINE:
            raise NoWordError(f"a line of more than {LONGEST_LINE} bytes")


def format_word(word: dict[str, Any]) -> bytes:
    """Write a word as a line.

    Returns
    -------
    bytes
        JSON and the end of the line.
    """
    return json.dumps(word, separators=(",", ":")).encode() + b"\n"


def text_of(word: dict[str, Any], name: str) -> str:
    """Give a text that another machine said, short enough to be shown.

    Returns
    -------
    str
        Empty if it said none, or something else.
    """
    value = word.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(each for each in value[:200] if each.isprintable())


def speaks_protocol_2(word: dict[str, Any]) -> bool:
    """Say whether who said this word knows the words of protocol 2.

    Returns
    -------
    bool
        False for an older launcher.
    """
    protocol = word.get("protocol")
    return type(protocol) is int and protocol >= PROTOCOL


def put_reason(word: dict[str, Any]) -> str:
    """Say in words why another machine refused.

    Returns
    -------
    str
        Its own words, if it is none of the reasons known here.
    """
    reason = text_of(word, "reason") or "it gave no reason"
    return _IN_WORDS.get(reason, reason)


def build_error(reason: str) -> dict[str, Any]:
    """Make the word that refuses.

    Returns
    -------
    dict
        With the reason for the other machine, and in words for who reads its log.
    """
    words = _IN_WORDS.get(reason, reason)
    return {"status": "error", "reason": reason, "words": words, "protocol": PROTOCOL}


def build_ready(
    settings: PeerSettings, nonce: str, instance: str, session: str
) -> dict[str, Any]:
    """Make a slave's first word.

    Returns
    -------
    dict
        With the name of a session that it was in before, if it comes back.
    """
    word = {
        "session_key": settings.key,
        "state": "ready",
        "role": "slave",
        "node_name": settings.node,
        "protocol": PROTOCOL,
        "nonce": nonce,
        "instance": instance,
    }
    return {**word, "session_name": session} if session else word


def build_announce(settings: PeerSettings) -> dict[str, Any]:
    """Make the master's word that names the session.

    Returns
    -------
    dict
        For old and new slaves alike.
    """
    return {
        "status": "announce",
        "session_key": settings.key,
        "session_name": settings.session,
        "expected_slaves": settings.n_expected,
        "master": settings.node,
        "protocol": PROTOCOL,
    }


def build_ack(settings: PeerSettings, session: str) -> dict[str, Any]:
    """Make a slave's word that it took the name.

    Returns
    -------
    dict
        For old and new masters alike.
    """
    node = settings.node
    return {"status": "ack", "session_name": session, "node_name": node}


def _parse(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise NoWordError(f"a line of more than {LONGEST_LINE} bytes")
    try:
        word = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NoWordError(f"no JSON: {line[:40]!r}") from error
    if not isinstance(word, dict):
        raise NoWordError(f"no JSON object: {line[:40]!r}")
    return cast("dict[str, Any]", word)
