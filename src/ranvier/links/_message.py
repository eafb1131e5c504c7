"""A message: a payload with where and when it came from."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

END = 1
"""Flag of the header: the stream ends here, there is no payload."""
make_tuple: Callable[..., Any] = tuple.__new__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
"""Makes a named tuple of (type, fields) without the detour over the type's own
`__new__`: a third of a microsecond on the way of every message."""


class Origin(NamedTuple):
    """The item of a source that a message descends from.

    Parameters
    ----------
    stream
        Number of the source's stream within the run.
    sequence
        Sequence number of the item in that stream.
    time_ns
        Its time of origin, ns on the monotonic clock of its host.
    """

    stream: int
    sequence: int
    time_ns: int


class Header(NamedTuple):
    """The fields that a writer gives to each message; see `Message`."""

    stream: int
    sequence: int
    epoch: int
    time_ns: int
    origin: Origin


class Message(NamedTuple):
    """One item on a link or in a recording.

    Parameters
    ----------
    payload
        NumPy array (a read-only view), scalar, text, bytes, mapping or table; None at
        the end of a stream.
    stream
        Number of the stream within the run.
    sequence
        Number of the message within its stream and epoch, from 0.
    epoch
        How often the sending process had been started before: a restart begins a new
        sequence and is not taken for a loss.
    time_ns
        Time of origin, ns on the monotonic clock of the sender's host.
    origin
        The source item it descends from.
    is_end
        True for the last word of a stream, which carries no payload.
    """

    payload: Any
    stream: int
    sequence: int
    epoch: int
    time_ns: int
    origin: Origin
    is_end: bool = False
