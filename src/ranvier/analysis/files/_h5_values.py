"""Values in an HDF5 file as the IBL's pipeline writes and reads them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import InvalidBrainRegion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

NONE = "__none__"
"""What stands for None."""

# Float noise does not get smaller: packing signals and responses as well takes three
# times as long for 6 % of the size (measured; 3 regions, 1 h, 700 trials).
PLAIN: Mapping[str, Any] = {"fletcher32": True}
"""How noise is written: as it is, with a checksum."""

PACKED: Mapping[str, Any] = {
    "compression": "gzip",
    "compression_opts": 1,
    "shuffle": True,
    "fletcher32": True,
}
"""How what repeats itself is written."""

_CHUNK_BYTES = 1 << 18
_PADDED = (32, 256)


def in_order(
    group: Any, attribute: str, usual: Sequence[str] = (), skip: Sequence[str] = ()
) -> list[str]:
    """List the members of a group in the order that an attribute says, then others."""
    present = [name for name in group if name not in skip]
    said = [from_attribute(name) for name in group.attrs.get(attribute, usual)]
    return [
        *(name for name in said if name in present),
        *(name for name in present if name not in said),
    ]


def write_frame(group: Any, frame: pd.DataFrame) -> None:
    """Write a frame, one dataset a column; text is of fixed length."""
    group.attrs["columns"] = np.array([str(name) for name in frame], dtype=object)
    for name in map(str, frame):
        check_name(name)
        values = frame[name]
        if pd.api.types.is_bool_dtype(values.dtype):
            group.create_dataset(name, data=values.to_numpy(bool))
        elif pd.api.types.is_numeric_dtype(values.dtype):
            numbers = (
                values.to_numpy(na_value=np.nan)
                if values.hasnans
                else values.to_numpy()
            )
            write_numbers(group, name, np.asarray(numbers), {})
        else:
            # Of fixed length, as the pipeline that this layout comes from reads them.
            words = ["" if is_nothing(word) else str(word) for word in values]
            data = np.array([word.encode() for word in words], dtype=np.bytes_)
            group.create_dataset(name, data=data)


def read_frame(group: Any) -> pd.DataFrame:
    """Read a frame."""
    names = in_order(group, "columns")
    return pd.DataFrame({name: read_array(group[name]) for name in names})


def read_array(dataset: Any) -> Any:
    """Read a dataset; text as an array of strings."""
    values = dataset[()]
    if values.dtype.kind in "SO":
        return np.array([from_attribute(word) for word in values], dtype=object)
    return values


def write_numbers(
    group: Any, name: str, values: NDArray[Any], options: Mapping[str, Any]
) -> None:
    """Write an array of numbers in chunks along its first axis."""
    if not values.size:
        group.create_dataset(name, data=values)
        return
    chunks = None
    if options:
        # Of equal size: HDF5 fills up the last chunk.
        n_chunks = -(-values.nbytes // _CHUNK_BYTES)
        chunks = (-(-len(values) // n_chunks), *values.shape[1:])
    group.create_dataset(name, data=values, chunks=chunks, **options)


def write_padded(
    group: Any, name: str, values: NDArray[Any], options: Mapping[str, Any]
) -> None:
    """Write rows that end in NaN: chunks of nothing else take no room and no time."""
    if not values.size:
        group.create_dataset(name, data=values)
        return
    n_rows, n_columns = min(len(values), _PADDED[0]), min(values.shape[1], _PADDED[1])
    dataset = group.create_dataset(
        name,
        shape=values.shape,
        dtype=values.dtype,
        chunks=(n_rows, n_columns),
        fillvalue=np.nan,
        **options,
    )
    known = ~np.isnan(values)
    for first in range(0, len(values), n_rows):
        rows = slice(first, first + n_rows)
        used = np.flatnonzero(known[rows].any(axis=0))
        if used.size:
            width = int(used[-1]) + 1
            dataset[rows, :width] = values[rows, :width]


def write_words(group: Any, name: str, values: Sequence[Any]) -> None:
    """Write a list of text."""
    h5py: Any = importlib.import_module("h5py")
    check_name(name)
    words = np.array(["" if is_nothing(v) else str(v) for v in values], dtype=object)
    group.create_dataset(name, data=words, dtype=h5py.string_dtype())


def read_words(dataset: Any) -> list[Any]:
    """Read a list of text."""
    return [from_attribute(value) for value in dataset[()]]


def to_attribute(value: Any) -> Any:
    """Give a value as an attribute: nothing as a word that stands for it."""
    if is_nothing(value):
        return NONE
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value if isinstance(value, int | float | np.number) else str(value)


def from_attribute(value: Any) -> Any:
    """Give the value of an attribute."""
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str):
        return None if value == NONE else str(value)
    return value.item() if isinstance(value, np.generic) else value


def is_nothing(value: Any) -> bool:
    """Tell whether a value is missing; NaN is a number."""
    if value is None:
        return True
    is_single = pd.api.types.is_scalar(value)
    return is_single and not isinstance(value, float) and bool(pd.isna(value))


def check_name(name: str) -> None:
    """Refuse a name that HDF5 would take for a path."""
    if name and name not in {".", ".."} and "/" not in name and "\0" not in name:
        return
    raise InvalidBrainRegion(
        "a brain region, event or column has a name that no HDF5 group can have.",
        found=repr(name),
        wanted='a name without "/"',
    )
