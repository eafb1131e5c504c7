"""A recorded stream as named arrays and texts, for formats that know nothing else.

Payloads of one shape become one array. Arrays of differing sizes are laid end to end,
with their shapes beside them. Mappings become one column a field.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Tuple, Union

import msgspec
import numpy as np

from ranvier.recording._stream import Stream


class Column(NamedTuple):
    """One named part of a stream.

    Parameters
    ----------
    name
        "data", or "data/<field>" for a field of mappings; with "_shapes", "_rows"
        or "_ends" behind it for what says how to read it.
    values
        An array, or texts.
    """

    name: str
    values: Union[np.ndarray, List[str]]


def iter_columns(stream: Stream) -> Iterator[Column]:
    """Turn a stream into columns; all of it is read into memory.

    Parameters
    ----------
    stream
        A stream, or a part of one.

    Yields
    ------
    Column
        time_ns, sequence, epoch, origin_sequence, origin_time_ns, then the payloads.
    """
    headers = stream.headers
    yield Column("time_ns", stream.times_ns)
    for name in ("sequence", "epoch", "origin_sequence", "origin_time_ns"):
        yield Column(name, np.ascontiguousarray(headers[name]))
    yield from split_values("data", list(stream.payloads))


def has_one_shape(stream: Stream) -> bool:
    """Say whether all payloads are arrays of one type and shape.

    Parameters
    ----------
    stream
        Its headers are read, and of each array its shape, not its values.

    Returns
    -------
    bool
        False if there is no message.
    """
    headers = stream.headers
    alike = ["kind", "dtype", "ndim", "metadata_length", "data_length"]
    if not len(headers) or np.any(headers[alike] != headers[alike][:1]):
        return False
    shapes = {getattr(payload, "shape", None) for payload in stream.payloads}
    return len(shapes) == 1 and isinstance(stream[0], np.ndarray)


def split_values(name: str, values: List[Any]) -> Iterator[Column]:
    """Turn values into columns.

    Parameters
    ----------
    name
        Name of the first column.
    values
        Payloads, or one field of them.

    Yields
    ------
    Column
        None holds Python objects.

    Examples
    --------
    >>> [c.name for c in split_values("data", [{"x": 1}, {"x": 2, "y": "a"}])]
    ['data/x', 'data/y', 'data/y_rows']
    """
    if values and all(isinstance(value, dict) for value in values):
        yield from _split_mappings(name, values)
    elif values and all(isinstance(value, str) for value in values):
        yield Column(name, values)
    elif values and all(isinstance(value, bytes) for value in values):
        yield from _lay_end_to_end(name, [np.frombuffer(v, np.uint8) for v in values])
    elif _are_numbers(values):
        yield Column(name, np.array(values))
    elif values and all(isinstance(value, np.ndarray) for value in values):
        yield from _split_arrays(name, values)
    else:
        yield Column(name, [_to_json(value) for value in values])


def _are_numbers(values: List[Any]) -> bool:
    types = (bool, int, float, complex, np.generic)
    if not all(isinstance(value, types) for value in values):
        return False
    return bool(values) and np.array(values).dtype.kind in "biufc"


def _split_mappings(name: str, values: List[Dict[Any, Any]]) -> Iterator[Column]:
    keys = list(dict.fromkeys(key for value in values for key in value))
    for key in keys:
        rows = [row for row, value in enumerate(values) if key in value]
        # A slash would be taken for a folder.
        field = f"{name}/{str(key).replace('/', '_')}"
        yield from split_values(field, [values[row][key] for row in rows])
        if len(rows) < len(values):
            yield Column(f"{field}_rows", np.array(rows, np.int64))


def _split_arrays(name: str, values: List[np.ndarray]) -> Iterator[Column]:
    first = values[0]
    if all((v.dtype, v.shape) == (first.dtype, first.shape) for v in values):
        yield Column(name, np.stack(values))
    elif len({v.ndim for v in values}) == 1:
        yield from _lay_end_to_end(name, values)
    else:
        yield Column(name, [_to_json(value) for value in values])


def _lay_end_to_end(name: str, values: List[np.ndarray]) -> Iterator[Column]:
    flat = np.concatenate([value.ravel() for value in values])
    yield Column(name, flat)
    yield Column(
        f"{name}_shapes", np.array([value.shape for value in values], np.int64)
    )
    ends = np.cumsum([value.size for value in values], dtype=np.int64)
    yield Column(f"{name}_ends", ends)


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=_as_json).decode()


def _as_json(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def count_blocks(
    n: int, bytes_each: int, block: int = 64 << 20
) -> List[Tuple[int, int]]:
    """Cut a row of messages into blocks that fit into memory.

    Parameters
    ----------
    n
        Messages.
    bytes_each
        Size of one.
    block
        Size of a block, bytes.

    Returns
    -------
    list of (int, int)
        Start and stop of each block.

    Examples
    --------
    >>> count_blocks(5, 10, block=20)
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, block // max(bytes_each, 1))
    return [(start, min(start + step, n)) for start in range(0, n, step)]
