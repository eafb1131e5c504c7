"""The layout of a message in bytes: header, kinds, types, alignment.

It is specified in docs/reference/message-format.md.
"""

from __future__ import annotations

import struct
from typing import Any, Dict, Tuple

import numpy as np

HEADER_SIZE = 64
MAGIC = 0x5652
VERSION = 1
# magic, version, kind, flags, dtype, ndim, -, epoch, origin stream, sequence, time,
# origin sequence, origin time, metadata length, stream, data length
HEADER = struct.Struct("<HBBBBBxIIQqQqIIQ")
ALIGN = 64

ARRAY, SCALAR, STRUCTURE, BYTES, TEXT, TABLE = 1, 2, 3, 4, 5, 6
IN_METADATA = 255
DTYPES: Tuple[np.dtype[Any], ...] = tuple(
    np.dtype(name)
    for name in (
        "?", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8",
        "<f2", "<f4", "<f8", "<c8", "<c16",
    )
)  # fmt: skip
CODES: Dict[np.dtype[Any], int] = {dtype: code for code, dtype in enumerate(DTYPES)}
PADDING = bytes(ALIGN)
SHAPES = tuple(struct.Struct(f"<{ndim}Q") for ndim in range(33))

# extension types inside a structure
EXT_ARRAY, EXT_SCALAR, EXT_COMPLEX = 1, 2, 3


def data_start(metadata_length: int) -> int:
    """Give where the first buffer of a message begins.

    Returns
    -------
    int
        Offset from the start of the message, a multiple of 64.
    """
    return (HEADER_SIZE + metadata_length + ALIGN - 1) & -ALIGN
