"""The words between supervisor and worker, and how they are framed on a socket.

Each word is a msgpack map with its name in the field "word", after four bytes of
length, little endian. Both sides are ours; nothing in it is ever run.
"""

from __future__ import annotations

import socket
import struct
import threading
from typing import Any, Dict, Generic, List, Optional, Tuple, TypeVar, Union

import msgspec

from ranvier.core import RunError
from ranvier.spec import NodeSpec, StreamPlan

_LENGTH = struct.Struct("<I")
_LONGEST = 1 << 28


class Word(msgspec.Struct, tag_field="word", frozen=True):
    """One word on a control connection."""


class NodeAssignment(msgspec.Struct, frozen=True):
    """Which node a worker is to be.

    Parameters
    ----------
    name
        Of the node in its graph.
    index
        Its row on the board.
    reference
        Where its class is.
    folder
        Of the graph file: what a "file.py:Class" is relative to.
    on_error
        "skip", "restart" or "stop_run".
    checkpoint_s
        How often its state is kept, s; None for never.
    watchdog_s
        Silence on its inputs after which it is made safe, s; None for never.
    parameters
        Values that the graph gives.
    """

    name: str
    index: int
    reference: str
    folder: str
    on_error: str = "skip"
    checkpoint_s: Optional[float] = None
    watchdog_s: Optional[float] = None
    parameters: Dict[str, Any] = {}


class Assign(Word, tag="assign", frozen=True):
    """First word to a worker: who it is. It loads its nodes and describes them."""

    run_id: str
    run_folder: str
    session_folder: str
    process: int
    name: str
    nodes: Tuple[NodeAssignment, ...]
    epoch: int = 0
    seed: int = 0
    is_real_time: bool = True
    cores: Tuple[int, ...] = ()
    nice: int = 0
    freezes_garbage: bool = False
    counters: Tuple[int, ...] = ()


class Setup(Word, tag="setup", frozen=True):
    """Second word to a worker: the links. It opens them and sets its nodes up."""

    streams: Tuple[StreamPlan, ...]
    parameters: Dict[str, Dict[str, Any]]
    intake: Tuple[str, ...] = ()


class Begin(Word, tag="begin", frozen=True):
    """The run begins, for all at the same instant of the monotonic clock."""

    start_ns: int


class Pause(Word, tag="pause", frozen=True):
    """Sources hold; what is on the links is still worked off."""


class Resume(Word, tag="resume", frozen=True):
    """Sources go on."""


class Finish(Word, tag="finish", frozen=True):
    """Sources end their streams; others end as their inputs do."""


class Exit(Word, tag="exit", frozen=True):
    """Make safe, tear down and end the process."""


class MakeSafe(Word, tag="make_safe", frozen=True):
    """Set up, make safe, tear down: for a node whose process died."""

    parameters: Dict[str, Dict[str, Any]]


class SetParameter(Word, tag="set_parameter", frozen=True):
    """Change a live parameter between two messages."""

    request: int
    node: str
    name: str
    value: Any


class Described(Word, tag="described", frozen=True):
    """A worker's nodes are loaded; what they are, and which code they come from."""

    specs: Dict[str, NodeSpec]
    code: Dict[str, Dict[str, Any]]
    python: str


class Ready(Word, tag="ready", frozen=True):
    """All nodes of the worker are set up and all its links are open."""

    took_s: float


class Failed(Word, tag="failed", frozen=True):
    """A node can't be loaded or set up; the worker ends."""

    node: str
    phase: str
    error: Dict[str, str]
    traceback: str


class Fault(Word, tag="fault", frozen=True):
    """An exception in a node, during a run, and what the worker did about it.

    `answer` is "skip", "restart" or "stop_run", as `on_error` says; "end" of a
    generator, which can't go on; "none" outside the steps, where nothing follows.
    """

    node: str
    phase: str
    error: Dict[str, str]
    traceback: str
    count: int
    answer: str
    message: Optional[Dict[str, Any]] = None


class ParameterSet(Word, tag="parameter_set", frozen=True):
    """A change holds from a sequence number of the node's first output on.

    For a sink it is the number of its next step.
    """

    request: int
    node: str
    name: str
    old: Any
    new: Any
    from_sequence: int
    time_ns: int


class ParameterRefused(Word, tag="parameter_refused", frozen=True):
    """A change was refused; the old value stands."""

    request: int
    node: str
    name: str
    error: Dict[str, str]


class Ended(Word, tag="ended", frozen=True):
    """A node has sent its last message; `failed`: for a fault, not in its time."""

    node: str
    failed: bool = False


class Noted(Word, tag="noted", frozen=True):
    """A node's line for the audit trail."""

    node: str
    text: str
    kind: str = "note"
    fields: Dict[str, Any] = {}


class Showed(Word, tag="showed", frozen=True):
    """A value that a node shows to the operator."""

    node: str
    name: str
    text: str


class ParameterAsked(Word, tag="parameter_asked", frozen=True):
    """A node asks for a change of another node's parameter."""

    by: str
    node: str
    name: str
    value: Any


class StopAsked(Word, tag="stop_asked", frozen=True):
    """A node asks for the end of the run."""

    node: str
    reason: str
    failed: bool = False


class MadeSafe(Word, tag="made_safe", frozen=True):
    """A node's `safe_state` was called, and why; `ends`: its process does no more."""

    node: str
    reason: str
    error: str = ""
    ends: bool = False


ToWorker = Union[
    Assign, Setup, Begin, Pause, Resume, Finish, Exit, MakeSafe, SetParameter
]
FromWorker = Union[
    Described, Ready, Failed, Fault, ParameterSet, ParameterRefused, Ended, Noted,
    Showed, ParameterAsked, StopAsked, MadeSafe,
]  # fmt: skip

W = TypeVar("W")


def pack_word(word: Any) -> bytes:
    """Frame a word.

    Returns
    -------
    bytes
        Length and msgpack.

    Raises
    ------
    RunError
        If a value in it has no form on the wire.
    """
    try:
        body = msgspec.msgpack.encode(word, enc_hook=_replace)
    except (OverflowError, RecursionError, ValueError) as error:
        raise RunError(
            "a value can't be sent between processes.",
            code="RV-R02",
            found=str(error),
            mend="give a number of at most 64 bits, and no deeper nesting",
        ) from error
    return _LENGTH.pack(len(body)) + body


def _replace(part: Any) -> Any:
    # A parameter may be a NumPy number, a path, or anything with a plain form.
    for method in ("tolist", "__fspath__", "isoformat"):
        if hasattr(part, method):
            return getattr(part, method)()
    return repr(part)


class WordReader(Generic[W]):
    """Cuts a stream of bytes into words.

    Parameters
    ----------
    kinds
        The words that may come, as a union of structs.
    """

    def __init__(self, kinds: Any) -> None:
        self._decode = msgspec.msgpack.Decoder(kinds).decode
        self._rest = bytearray()

    def feed(self, data: bytes) -> List[W]:
        """Add bytes and give the words that are whole.

        Parameters
        ----------
        data
            What came.

        Returns
        -------
        list
            In order; empty if none is whole yet.

        Raises
        ------
        RunError
            If a word is not one of the kinds, or absurdly long.
        """
        rest = self._rest
        rest += data
        words: List[W] = []
        start = 0
        while len(rest) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(rest, start)
            if length > _LONGEST:
                raise _not_a_word(f"{length} bytes announced")
            end = start + _LENGTH.size + length
            if len(rest) < end:
                break
            try:
                words.append(self._decode(bytes(rest[start + _LENGTH.size : end])))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise _not_a_word(str(error)) from None
            start = end
        del rest[:start]
        return words


def _not_a_word(why: str) -> RunError:
    return RunError(
        "what came on a control connection is no word of ranvier.",
        code="RV-R01",
        found=why,
        mend="use the same version of ranvier in all environments of a graph",
    )


class WordSocket(Generic[W]):
    """Words over a blocking socket, for a thread that waits for them.

    Parameters
    ----------
    connection
        The socket.
    kinds
        The words that may come.
    """

    def __init__(self, connection: socket.socket, kinds: Any) -> None:
        self._socket = connection
        self._sending = threading.Lock()
        self._reader: WordReader[W] = WordReader(kinds)

    def send(self, word: Any) -> bool:
        """Send a word.

        Returns
        -------
        bool
            False if the other side is gone.
        """
        data = pack_word(word)
        try:
            with self._sending:  # a node may note things from threads of its own
                self._socket.sendall(data)
        except OSError:
            return False
        return True

    def receive(self) -> Optional[List[W]]:
        """Wait for the next words.

        Returns
        -------
        list or None
            None when the other side is gone.

        Raises
        ------
        RunError
            If what came is no word.
        """
        words: List[W] = []
        while not words:
            try:
                data = self._socket.recv(65536)
            except OSError:
                return None
            if not data:
                return None
            words = self._reader.feed(data)
        return words

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
