"""Messages and the links they travel on."""

from __future__ import annotations

from ranvier.links._board import (
    ROW,
    Board,
    LinkField,
    NodeField,
    StreamField,
    find_bucket,
    percentile_ns,
)
from ranvier.links._decode import decode, payload_bytes
from ranvier.links._encode import (
    EMPTY,
    Encoded,
    encode,
    encode_array,
    to_bytes,
    write_message,
)
from ranvier.links._format import HEADER_SIZE
from ranvier.links._input import LinkReader
from ranvier.links._interface import Inlet, Lane, Loan, Transport
from ranvier.links._memory import MemoryTransport
from ranvier.links._message import END, Header, Message, Origin
from ranvier.links._open import RunFolder, open_transport
from ranvier.links._orphans import remove_orphans
from ranvier.links._output import OutputWriter
from ranvier.links._wake import Sleeper, ThreadSleeper, Waker

__all__ = [
    "EMPTY",
    "END",
    "HEADER_SIZE",
    "ROW",
    "Board",
    "Encoded",
    "Header",
    "Inlet",
    "Lane",
    "LinkField",
    "LinkReader",
    "Loan",
    "MemoryTransport",
    "Message",
    "NodeField",
    "Origin",
    "OutputWriter",
    "RunFolder",
    "Sleeper",
    "StreamField",
    "ThreadSleeper",
    "Transport",
    "Waker",
    "decode",
    "encode",
    "encode_array",
    "find_bucket",
    "open_transport",
    "payload_bytes",
    "percentile_ns",
    "remove_orphans",
    "to_bytes",
    "write_message",
]
