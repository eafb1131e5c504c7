"""Bytes to messages: arrays are views, nothing in the bytes is ever run."""

from __future__ import annotations

import functools
import struct
from typing import Any, Tuple

import msgspec
import numpy as np

from ranvier.core import LinkError
from ranvier.links._dtypes import check_sizes, restore_dtype
from ranvier.links._format import (
    ARRAY,
    BYTES,
    DTYPES,
    EXT_ARRAY,
    EXT_COMPLEX,
    EXT_SCALAR,
    HEADER,
    HEADER_SIZE,
    IN_METADATA,
    MAGIC,
    SCALAR,
    SHAPES,
    STRUCTURE,
    TABLE,
    TEXT,
    VERSION,
    data_start,
)
from ranvier.links._message import END, Message, Origin, make_tuple
from ranvier.links._tables import decode_table

unpack_metadata = msgspec.msgpack.Decoder().decode

# What reading bytes that are no message, or a torn one, may end in.
TORN = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError,
    RecursionError, NotImplementedError, OSError, struct.error, msgspec.MsgspecError,
)  # fmt: skip


def decode(buffer: Any) -> Message:
    """Read a message; arrays are read-only views of the buffer.

    Parameters
    ----------
    buffer
        The bytes of one message, or more than that.

    Returns
    -------
    Message
        Its arrays keep `buffer` alive.

    Raises
    ------
    LinkError
        If the bytes are no message, are cut short or contradict themselves.
    """
    (
        _, _, kind, flags, dtype, ndim, epoch, origin_stream, sequence, time_ns,
        origin_sequence, origin_time_ns, metadata_length, stream, data_length,
    ) = _read_header(buffer)  # fmt: skip
    payload = None
    if not flags & END:
        try:
            payload = _decode_payload(
                buffer, kind, dtype, ndim, metadata_length, data_length
            )
        except TORN as error:
            raise _torn(f"{type(error).__name__}: {error}") from None
    origin = make_tuple(Origin, (origin_stream, origin_sequence, origin_time_ns))
    fields = (payload, stream, sequence, epoch, time_ns, origin, flags & END != 0)
    return make_tuple(Message, fields)


def decode_header(buffer: Any) -> Message:
    """Read a message without its payload.

    Parameters
    ----------
    buffer
        The bytes of one message, or more than that.

    Returns
    -------
    Message
        Its payload is None.

    Raises
    ------
    LinkError
        If the bytes are no message.
    """
    fields = _read_header(buffer)
    origin = Origin(fields[7], fields[10], fields[11])
    is_end = fields[3] & END != 0
    return Message(None, fields[13], fields[8], fields[6], fields[9], origin, is_end)


def payload_bytes(data: bytes) -> bytes:
    """Give what a message carries as bytes: its type, its shape, its values.

    Parameters
    ----------
    data
        The bytes of one message, or more than that.

    Returns
    -------
    bytes
        The same for all messages that carry the same, whenever, by whom and over
        whatever link they were sent.

    Examples
    --------
    >>> from ranvier.links import to_bytes
    >>> one, two = (Message(7, 0, n, 0, 0, Origin(0, n, 0)) for n in (1, 2))
    >>> payload_bytes(to_bytes(one)) == payload_bytes(to_bytes(two))
    True
    """
    # Gaps and what a link adds at the end are no part of it.
    _, _, kind, _, dtype, ndim, *_, metadata, _, length = HEADER.unpack_from(data)
    start = data_start(metadata)
    described = data[HEADER_SIZE : HEADER_SIZE + metadata]
    return bytes((kind, dtype, ndim)) + described + data[start : start + length]


def _read_header(buffer: Any) -> Tuple[Any, ...]:
    try:
        fields = HEADER.unpack_from(buffer)
    except struct.error as error:
        raise _torn(str(error)) from None
    if fields[0] != MAGIC or fields[1] != VERSION:
        raise _torn(f"magic {fields[0]:#06x}, version {fields[1]}")
    return fields


def _decode_payload(
    buffer: Any, kind: int, dtype: int, ndim: int, metadata_length: int, length: int
) -> Any:
    start = data_start(metadata_length)
    if kind == ARRAY:
        metadata = bytes(buffer[HEADER_SIZE : HEADER_SIZE + metadata_length])
        element, shape, count = _recall_array(dtype, ndim, metadata)
        if count:
            array = np.frombuffer(buffer, element, count, start)
            if type(buffer) is not bytes:
                array.setflags(write=False)
            return array if ndim == 1 else array.reshape(shape)
    if kind in (ARRAY, SCALAR):
        element, shape = _read_array_type(buffer, dtype, ndim, metadata_length)
        array = _view(buffer, element, shape, start)
        return array[()] if kind == SCALAR else array
    view = memoryview(buffer).cast("B")
    if start + length > len(view):
        raise ValueError(f"{start + length} bytes announced, {len(view)} there")
    if kind == STRUCTURE:
        metadata = view[HEADER_SIZE : HEADER_SIZE + metadata_length]
        return _decode_structure(metadata, buffer, start)
    data = view[start : start + length]
    if kind == BYTES:
        return bytes(data)
    if kind == TEXT:
        return str(data, "utf-8", "surrogatepass")
    if kind == TABLE:
        return decode_table(bytes(data))
    raise ValueError(f"payload of the unknown kind {kind}")


@functools.lru_cache(maxsize=256)
def _recall_array(
    code: int, ndim: int, metadata: bytes
) -> Tuple[np.dtype[Any], Tuple[int, ...], int]:
    # Message after message has the same type: what it means is looked up, not read.
    head = bytes(HEADER_SIZE) + metadata
    element, shape = _read_array_type(head, code, ndim, len(metadata))
    count = 1 if element.itemsize else 0
    for size in shape:
        count *= size
    return element, shape, count


def _read_array_type(
    buffer: Any, code: int, ndim: int, metadata_length: int
) -> Tuple[np.dtype[Any], Tuple[int, ...]]:
    if code != IN_METADATA:
        return DTYPES[code], SHAPES[ndim].unpack_from(buffer, HEADER_SIZE)
    view = memoryview(buffer).cast("B")[HEADER_SIZE : HEADER_SIZE + metadata_length]
    described = unpack_metadata(view)
    return restore_dtype(described["dtype"]), check_sizes(described["shape"])


def _view(
    buffer: Any, dtype: np.dtype[Any], shape: Tuple[int, ...], start: int
) -> np.ndarray:
    count = 1
    for size in shape:
        count *= size
    if count == 0 or dtype.itemsize == 0:
        array = np.zeros(shape, dtype)
        array.setflags(write=False)
    elif len(shape) == 1:
        array = np.frombuffer(buffer, dtype, count, start)
    else:
        array = np.frombuffer(buffer, dtype, count, start).reshape(shape)
    if type(buffer) is not bytes:
        array.setflags(write=False)
    return array


def _decode_structure(metadata: memoryview, buffer: Any, start: int) -> Any:
    def restore(code: int, data: memoryview) -> Any:
        described = unpack_metadata(data)
        if code == EXT_ARRAY:
            dtype, shape, offset = described
            at = start + check_sizes([offset])[0]
            return _view(buffer, restore_dtype(dtype), check_sizes(shape), at)
        if code == EXT_SCALAR:
            return _view(described[1], restore_dtype(described[0]), (), 0)[()]
        if code == EXT_COMPLEX:
            return complex(*described)
        raise ValueError(f"unknown extension {code}")

    return msgspec.msgpack.decode(metadata, ext_hook=restore)


def _torn(why: str) -> LinkError:
    return LinkError(
        "these bytes are not a message of ranvier.",
        code="RV-L03",
        found=why,
        mend="check that both ends use the same version; a recording may be torn here",
    )
