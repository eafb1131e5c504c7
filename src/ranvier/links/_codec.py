"""Messages to bytes and back, alike on links and in recordings. No pickle.

A message is a header of 64 bytes, then metadata, then buffers that begin at multiples
of 64 bytes, so that arrays are views of the bytes. The layout is specified in
docs/reference/message-format.md.
"""

from __future__ import annotations

import functools
import struct
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import msgspec
import numpy as np

from ranvier.core import LinkError
from ranvier.links._dtypes import check_sizes, describe_dtype, restore_dtype
from ranvier.links._message import END, Header, Message, Origin
from ranvier.links._tables import decode_table, encode_table, is_table

HEADER_SIZE = 64
_MAGIC = 0x5652
_VERSION = 1
# magic, version, kind, flags, dtype, ndim, -, epoch, origin stream, sequence, time,
# origin sequence, origin time, metadata length, stream, data length
_HEADER = struct.Struct("<HBBBBBxIIQqQqIIQ")
_ALIGN = 64

_ARRAY, _SCALAR, _STRUCTURE, _BYTES, _TEXT, _TABLE = 1, 2, 3, 4, 5, 6
_IN_METADATA = 255
_DTYPES: Tuple[np.dtype[Any], ...] = tuple(
    np.dtype(name)
    for name in (
        "?", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8",
        "<f2", "<f4", "<f8", "<c8", "<c16",
    )
)  # fmt: skip
_CODES: Dict[np.dtype[Any], int] = {dtype: code for code, dtype in enumerate(_DTYPES)}
_PADDING = bytes(_ALIGN)
# Small messages are quicker written as one piece than part by part.
_JOIN_BELOW = 8192
_SHAPES = tuple(struct.Struct(f"<{ndim}Q") for ndim in range(33))

# extension types inside a structure
_EXT_ARRAY, _EXT_SCALAR, _EXT_COMPLEX = 1, 2, 3
_encode_metadata = msgspec.msgpack.Encoder().encode
_decode_metadata = msgspec.msgpack.Decoder().decode

Buffer = Union[bytes, bytearray, memoryview]

# What reading bytes that are no message, or a torn one, may end in.
_TORN = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError,
    RecursionError, NotImplementedError, OSError, struct.error, msgspec.MsgspecError,
)  # fmt: skip


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


def data_start(metadata_length: int) -> int:
    """Give where the first buffer of a message begins.

    Returns
    -------
    int
        Offset from the start of the message, a multiple of 64.
    """
    return (HEADER_SIZE + metadata_length + _ALIGN - 1) & -_ALIGN


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
        return encode_array(array.dtype, (), array)._replace(kind=_SCALAR)
    if isinstance(payload, (bytes, bytearray, memoryview)):
        view = _flatten(payload)
        return _assemble(_BYTES, b"", [(0, view)], len(view))
    if isinstance(payload, str):
        data = payload.encode("utf-8", "surrogatepass")
        return _assemble(_TEXT, b"", [(0, data)], len(data))
    if is_table(payload):
        try:
            data = encode_table(payload)
        except (ValueError, TypeError, NotImplementedError) as error:
            raise _refuse(f"this table ({error})") from None
        return _assemble(_TABLE, b"", [(0, data)], len(data))
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
    return Encoded(_ARRAY, code, len(shape), metadata, buffers, n_bytes, length)


@functools.lru_cache(maxsize=256)
def _layout(
    dtype: np.dtype[Any], shape: Tuple[int, ...]
) -> Tuple[int, bytes, int, int]:
    code = _CODES.get(dtype, _IN_METADATA)
    if len(shape) >= len(_SHAPES):
        code = _IN_METADATA
    if code == _IN_METADATA:
        if dtype.hasobject:
            raise _refuse(f"an array of dtype {dtype}")
        metadata = _encode_metadata({"dtype": describe_dtype(dtype), "shape": shape})
    else:
        metadata = _SHAPES[len(shape)].pack(*shape)
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
    head = _pack_head(encoded, header, flags)
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
    if encoded.length > _JOIN_BELOW:
        return None
    parts = [_pack_head(encoded, header, 0)]
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
    if length > _JOIN_BELOW or type(array) is not np.ndarray:
        return None
    stream, sequence, epoch, time_ns, origin = header
    head = _HEADER.pack(
        _MAGIC, _VERSION, _ARRAY, 0, code, len(array.shape), epoch, origin[0],
        sequence, time_ns, origin[1], origin[2], len(metadata), stream, n_bytes,
    )  # fmt: skip
    gap = _PADDING[: -len(metadata) % _ALIGN]
    return b"".join((head, metadata, gap, array.tobytes()))


def write_metadata(target: Any, encoded: Encoded) -> None:
    """Write what lies between the header and the first buffer."""
    view = memoryview(target).cast("B")
    gap = _PADDING[: -len(encoded.metadata) % _ALIGN]
    between = encoded.metadata + gap
    view[HEADER_SIZE : HEADER_SIZE + len(between)] = between


def pack_array_head(target: Any, encoded: Encoded, header: Header) -> None:
    """Write the header of an array alone, in place."""
    stream, sequence, epoch, time_ns, origin = header
    _HEADER.pack_into(
        target, 0, _MAGIC, _VERSION, _ARRAY, 0, encoded.dtype, encoded.ndim, epoch,
        origin[0], sequence, time_ns, origin[1], origin[2], len(encoded.metadata),
        stream, encoded.data_length,
    )  # fmt: skip


def _pack_head(encoded: Encoded, header: Header, flags: int) -> bytes:
    stream, sequence, epoch, time_ns, origin = header
    kind, dtype, ndim, metadata, _, data_length, _ = encoded
    length = len(metadata)
    head = _HEADER.pack(
        _MAGIC, _VERSION, kind, flags, dtype, ndim, epoch, origin[0], sequence,
        time_ns, origin[1], origin[2], length, stream, data_length,
    )  # fmt: skip
    return head + metadata + _PADDING[: -length % _ALIGN]


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
    try:
        (
            magic, version, kind, flags, dtype, ndim, epoch, origin_stream, sequence,
            time_ns, origin_sequence, origin_time_ns, metadata_length, stream,
            data_length,
        ) = _HEADER.unpack_from(buffer)  # fmt: skip
    except struct.error as error:
        raise _torn(str(error)) from None
    if magic != _MAGIC or version != _VERSION:
        raise _torn(f"magic {magic:#06x}, version {version}")
    payload = None
    if not flags & END:
        try:
            payload = _decode_payload(
                buffer, kind, dtype, ndim, metadata_length, data_length
            )
        except _TORN as error:
            raise _torn(f"{type(error).__name__}: {error}") from None
    return Message(
        payload,
        stream,
        sequence,
        epoch,
        time_ns,
        Origin(origin_stream, origin_sequence, origin_time_ns),
        flags & END != 0,
    )


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
    try:
        fields = _HEADER.unpack_from(buffer)
    except struct.error as error:
        raise _torn(str(error)) from None
    if fields[0] != _MAGIC or fields[1] != _VERSION:
        raise _torn(f"magic {fields[0]:#06x}, version {fields[1]}")
    origin = Origin(fields[7], fields[10], fields[11])
    is_end = fields[3] & END != 0
    return Message(None, fields[13], fields[8], fields[6], fields[9], origin, is_end)


def _decode_payload(
    buffer: Any, kind: int, dtype: int, ndim: int, metadata_length: int, length: int
) -> Any:
    start = (HEADER_SIZE + metadata_length + _ALIGN - 1) & -_ALIGN
    if kind == _ARRAY and type(buffer) is bytes:
        end = HEADER_SIZE + metadata_length
        element, shape, count = _recall_array(dtype, ndim, buffer[HEADER_SIZE:end])
        if count:
            array = np.frombuffer(buffer, element, count, start)
            return array if ndim == 1 else array.reshape(shape)
    if kind in (_ARRAY, _SCALAR):
        element, shape = _read_array_type(buffer, dtype, ndim, metadata_length)
        array = _view(buffer, element, shape, start)
        return array[()] if kind == _SCALAR else array
    view = memoryview(buffer).cast("B")
    if start + length > len(view):
        raise ValueError(f"{start + length} bytes announced, {len(view)} there")
    if kind == _STRUCTURE:
        metadata = view[HEADER_SIZE : HEADER_SIZE + metadata_length]
        return _decode_structure(metadata, buffer, start)
    data = view[start : start + length]
    if kind == _BYTES:
        return bytes(data)
    if kind == _TEXT:
        return str(data, "utf-8", "surrogatepass")
    if kind == _TABLE:
        return decode_table(bytes(data))
    raise ValueError(f"payload of the unknown kind {kind}")


@functools.lru_cache(maxsize=256)
def _recall_array(
    code: int, ndim: int, metadata: bytes
) -> Tuple[np.dtype[Any], Tuple[int, ...], int]:
    # Message after message has the same type: what it means is looked up, not read.
    head = bytes(HEADER_SIZE) + metadata
    element, shape = _read_array_type(head, code, ndim, len(metadata))
    count = 1
    for size in shape:
        count *= size
    return element, shape, count


def _read_array_type(
    buffer: Any, code: int, ndim: int, metadata_length: int
) -> Tuple[np.dtype[Any], Tuple[int, ...]]:
    if code != _IN_METADATA:
        return _DTYPES[code], _SHAPES[ndim].unpack_from(buffer, HEADER_SIZE)
    view = memoryview(buffer).cast("B")[HEADER_SIZE : HEADER_SIZE + metadata_length]
    described = _decode_metadata(view)
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


def _assemble(
    kind: int, metadata: bytes, buffers: List[Tuple[int, Any]], data_length: int
) -> Encoded:
    length = data_start(len(metadata)) + data_length
    return Encoded(kind, 0, 0, metadata, buffers, data_length, length)


EMPTY = _assemble(_STRUCTURE, b"\xc0", [], 0)
"""The payload None; also what stands behind the header of an end."""


def _encode_structure(payload: Any) -> Encoded:
    buffers: List[Tuple[int, Any]] = []
    length = 0

    def place(array: np.ndarray) -> Any:
        nonlocal length
        _refuse_mask(array)
        if array.dtype.hasobject:
            raise _refuse(f"an array of dtype {array.dtype}")
        offset = (length + _ALIGN - 1) & -_ALIGN
        buffers.append((offset, array))
        length = offset + array.nbytes
        described = (describe_dtype(array.dtype), array.shape, offset)
        return msgspec.msgpack.Ext(_EXT_ARRAY, _encode_metadata(described))

    def replace(part: Any) -> Any:
        if isinstance(part, np.ndarray):
            return place(part)  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(part, np.generic):
            return _extend_scalar(np.asarray(part))  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(part, complex):
            described = (part.real, part.imag)
            return msgspec.msgpack.Ext(_EXT_COMPLEX, _encode_metadata(described))
        raise _refuse(f"a value of type {type(part).__name__}")

    try:
        metadata = msgspec.msgpack.encode(payload, enc_hook=replace)
    except (TypeError, OverflowError, RecursionError, ValueError) as error:
        raise _refuse(str(error)) from None
    return _assemble(_STRUCTURE, metadata, buffers, length)


def _extend_scalar(value: np.ndarray) -> Any:
    described = (describe_dtype(value.dtype), value.tobytes())
    return msgspec.msgpack.Ext(_EXT_SCALAR, _encode_metadata(described))


def _decode_structure(metadata: memoryview, buffer: Any, start: int) -> Any:
    def restore(code: int, data: memoryview) -> Any:
        described = _decode_metadata(data)
        if code == _EXT_ARRAY:
            dtype, shape, offset = described
            at = start + check_sizes([offset])[0]
            return _view(buffer, restore_dtype(dtype), check_sizes(shape), at)
        if code == _EXT_SCALAR:
            return _view(described[1], restore_dtype(described[0]), (), 0)[()]
        if code == _EXT_COMPLEX:
            return complex(*described)
        raise ValueError(f"unknown extension {code}")

    return msgspec.msgpack.decode(metadata, ext_hook=restore)


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


def _torn(why: str) -> LinkError:
    return LinkError(
        "these bytes are not a message of ranvier.",
        code="RV-L03",
        found=why,
        mend="check that both ends use the same version; a recording may be torn here",
    )
