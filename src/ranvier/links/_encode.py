"""Messages to bytes, alike on links and in recordings. No pickle.

A message is a header of 64 bytes, then metadata, then buffers that begin at multiples
of 64 bytes, so that arrays are views of the bytes; see `_format`.
"""

from __future__ import annotations

import functools
from typing import Any, List, NamedTuple, Optional, Tuple

import msgspec
import numpy as np

from ranvier.core import LinkError
from ranvier.links._dtypes import describe_dtype
from ranvier.links._format import (
    ALIGN,
    ARRAY,
    BYTES,
    CODES,
    EXT_ARRAY,
    EXT_COMPLEX,
    EXT_SCALAR,
    HEADER,
    IN_METADATA,
    MAGIC,
    PADDING,
    SCALAR,
    SHAPES,
    STRUCTURE,
    TABLE,
    TEXT,
    VERSION,
    data_start,
)
from ranvier.links._message import END, Header, Message
from ranvier.links._tables import encode_table, is_table

pack_metadata = msgspec.msgpack.Encoder().encode
# Small messages are quicker written as one piece than part by part.
JOIN_BELOW = 8192


class Encoded(NamedTuple):
    """A payload ready to be written behind a header.

    Parameters
    ----------
    kind, dtype, ndim
        What the header says of the payload.
    metadata
        Bytes between header and buffers.
    buffers
        Offset from the start of the first buffer, and the bytes there.
    data_length
        Length of the buffers with the gaps between them, bytes.
    length
        Length of the whole message, bytes.
    """

    kind: int
    dtype: int
    ndim: int
    metadata: bytes
    buffers: List[Tuple[int, Any]]
    data_length: int
    length: int


def encode(payload: Any) -> Encoded:
    """Turn a payload into metadata and buffers, without copying large arrays.

    Parameters
    ----------
    payload
        NumPy array, scalar, text, bytes, mapping or list of these, Arrow table or
        data frame.

    Returns
    -------
    Encoded
        What `write_message` needs.

    Raises
    ------
    LinkError
        If the payload, or a part of it, is of a type that can't cross a link.

    Examples
    --------
    >>> encode(np.zeros((2, 3), np.uint16)).length
    140
    """
    if isinstance(payload, np.ndarray):
        _refuse_mask(payload)  # pyright: ignore[reportUnknownArgumentType]
        return encode_array(payload.dtype, payload.shape, payload)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    if isinstance(payload, np.generic):
        array: Any = np.asarray(payload)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return encode_array(array.dtype, (), array)._replace(kind=SCALAR)
    if isinstance(payload, (bytes, bytearray, memoryview)):
        view = _flatten(payload)
        return _assemble(BYTES, b"", [(0, view)], len(view))
    if isinstance(payload, str):
        data = payload.encode("utf-8", "surrogatepass")
        return _assemble(TEXT, b"", [(0, data)], len(data))
    if is_table(payload):
        try:
            data = encode_table(payload)
        except (ValueError, TypeError, NotImplementedError) as error:
            raise _refuse(f"this table ({error})") from None
        return _assemble(TABLE, b"", [(0, data)], len(data))
    return _encode_structure(payload)


def encode_array(
    dtype: np.dtype[Any], shape: Tuple[int, ...], values: Optional[np.ndarray]
) -> Encoded:
    """Describe an array, whose values may be written in place later.

    Parameters
    ----------
    dtype, shape
        Type and sizes of the array.
    values
        The array, or None if it will be written into the message itself.

    Returns
    -------
    Encoded
        With one buffer if there are values.

    Raises
    ------
    LinkError
        If the elements are Python objects.
    """
    code, metadata, n_bytes, length = _layout(dtype, shape)
    buffers: List[Tuple[int, Any]] = [] if values is None else [(0, values)]
    return Encoded(ARRAY, code, len(shape), metadata, buffers, n_bytes, length)


@functools.lru_cache(maxsize=256)
def _layout(
    dtype: np.dtype[Any], shape: Tuple[int, ...]
) -> Tuple[int, bytes, int, int]:
    code = CODES.get(dtype, IN_METADATA)
    if len(shape) >= len(SHAPES):
        code = IN_METADATA
    if code == IN_METADATA:
        if dtype.hasobject:
            raise _refuse(f"an array of dtype {dtype}")
        metadata = pack_metadata({"dtype": describe_dtype(dtype), "shape": shape})
    else:
        metadata = SHAPES[len(shape)].pack(*shape)
    n_bytes = dtype.itemsize
    for size in shape:
        n_bytes *= size
    return code, metadata, n_bytes, data_start(len(metadata)) + n_bytes


def write_message(
    target: Any, encoded: Encoded, header: Header, flags: int = 0
) -> None:
    """Write header, metadata and buffers into writable memory.

    Parameters
    ----------
    target
        Writable buffer of at least `encoded.length` bytes, aligned to 64.
    encoded
        The payload.
    header
        Stream, sequence, epoch, time and origin.
    flags
        `END` for the last word of a stream.
    """
    head = pack_head(encoded, header, flags)
    view = memoryview(target).cast("B")
    start = len(head)
    view[:start] = head
    end = 0
    for offset, values in encoded.buffers:
        if offset != end:
            # What lay there before must not cross the link, nor differ in a replay.
            view[start + end : start + offset] = bytes(offset - end)
        _copy_into(view, start + offset, values)
        end = offset + _count_bytes(values)


def _count_bytes(values: Any) -> int:
    return values.nbytes if isinstance(values, np.ndarray) else len(values)


def join_message(encoded: Encoded, header: Header) -> Optional[bytes]:
    """Give a small message as bytes.

    Returns
    -------
    bytes or None
        The same as `write_message` writes; None if that is the better way.
    """
    if encoded.length > JOIN_BELOW:
        return None
    parts = [pack_head(encoded, header)]
    end = 0
    for offset, values in encoded.buffers:
        if offset != end:
            parts.append(bytes(offset - end))
        data = values.tobytes() if isinstance(values, np.ndarray) else values
        parts.append(data)
        end = offset + len(data)
    return b"".join(parts)


def join_array(array: np.ndarray, header: Header) -> Optional[bytes]:
    """Give a small array's message as bytes, by the shortest way.

    Parameters
    ----------
    array
        The payload.
    header
        Stream, sequence, epoch, time and origin.

    Returns
    -------
    bytes or None
        The same as `write_message` writes; None if that is the better way.
    """
    code, metadata, n_bytes, length = _layout(array.dtype, array.shape)
    if length > JOIN_BELOW or type(array) is not np.ndarray:
        return None
    stream, sequence, epoch, time_ns, origin = header
    head = HEADER.pack(
        MAGIC, VERSION, ARRAY, 0, code, len(array.shape), epoch, origin[0],
        sequence, time_ns, origin[1], origin[2], len(metadata), stream, n_bytes,
    )  # fmt: skip
    gap = PADDING[: -len(metadata) % ALIGN]
    return b"".join((head, metadata, gap, array.tobytes()))


def pack_head(encoded: Encoded, header: Header, flags: int = 0) -> bytes:
    """Give what stands before the first buffer of a message.

    Returns
    -------
    bytes
        Header and metadata, padded to a multiple of 64.
    """
    stream, sequence, epoch, time_ns, origin = header
    kind, dtype, ndim, metadata, _, data_length, _ = encoded
    length = len(metadata)
    head = HEADER.pack(
        MAGIC, VERSION, kind, flags, dtype, ndim, epoch, origin[0], sequence,
        time_ns, origin[1], origin[2], length, stream, data_length,
    )  # fmt: skip
    return head + metadata + PADDING[: -length % ALIGN]


def to_bytes(message: Message) -> bytes:
    """Give a message as bytes of its own.

    Returns
    -------
    bytes
        Header, metadata and buffers.

    Raises
    ------
    LinkError
        If the payload is of a type that can't cross a link.
    """
    encoded = EMPTY if message.is_end else encode(message.payload)
    target = bytearray(encoded.length)
    header = Header(*message[1:6])
    write_message(target, encoded, header, END if message.is_end else 0)
    return bytes(target)


def _assemble(
    kind: int, metadata: bytes, buffers: List[Tuple[int, Any]], data_length: int
) -> Encoded:
    length = data_start(len(metadata)) + data_length
    return Encoded(kind, 0, 0, metadata, buffers, data_length, length)


EMPTY = _assemble(STRUCTURE, b"\xc0", [], 0)
"""The payload None; also what stands behind the header of an end."""


def _encode_structure(payload: Any) -> Encoded:
    buffers: List[Tuple[int, Any]] = []
    length = 0

    def place(array: np.ndarray) -> Any:
        nonlocal length
        _refuse_mask(array)
        if array.dtype.hasobject:
            raise _refuse(f"an array of dtype {array.dtype}")
        offset = (length + ALIGN - 1) & -ALIGN
        buffers.append((offset, array))
        length = offset + array.nbytes
        described = (describe_dtype(array.dtype), array.shape, offset)
        return msgspec.msgpack.Ext(EXT_ARRAY, pack_metadata(described))

    def replace(part: Any) -> Any:
        if isinstance(part, np.ndarray):
            return place(part)  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(part, np.generic):
            return _extend_scalar(np.asarray(part))  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(part, complex):
            described = (part.real, part.imag)
            return msgspec.msgpack.Ext(EXT_COMPLEX, pack_metadata(described))
        raise _refuse(f"a value of type {type(part).__name__}")

    try:
        metadata = msgspec.msgpack.encode(payload, enc_hook=replace)
    except (TypeError, OverflowError, RecursionError, ValueError) as error:
        raise _refuse(str(error)) from None
    return _assemble(STRUCTURE, metadata, buffers, length)


def _extend_scalar(value: np.ndarray) -> Any:
    described = (describe_dtype(value.dtype), value.tobytes())
    return msgspec.msgpack.Ext(EXT_SCALAR, pack_metadata(described))


def _copy_into(view: memoryview, start: int, values: Any) -> None:
    if isinstance(values, np.ndarray):
        if values.nbytes:
            target = np.frombuffer(view, values.dtype, values.size, start)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            target.reshape(values.shape)[...] = values  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    else:
        view[start : start + len(values)] = values


def _flatten(payload: Any) -> memoryview:
    view = memoryview(payload)
    try:
        return view.cast("B")
    except (TypeError, ValueError, NotImplementedError):
        return memoryview(view.tobytes())


def _refuse_mask(array: np.ndarray) -> None:
    # Its mask would be lost without a word.
    if type(array) is not np.ndarray and isinstance(array, np.ma.MaskedArray):
        raise _refuse("a masked array")


def _refuse(what: str) -> LinkError:
    return LinkError(
        f"{what} can't cross a link.",
        code="RV-L01",
        wanted="an array, number, text, bytes, table, or a mapping or list of these",
        mend="send its parts as a mapping",
    )
