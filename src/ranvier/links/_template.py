"""A small array's message made ready while its writer is idle.

What a process does first after a sleep it does with cold caches: there the memory of
the message, its type and its shape cost more than its values. A writer that has just
sent a small array therefore prepares the next one of its kind before it sleeps.
"""

from __future__ import annotations

import math
from typing import Any, Optional, Tuple

import numpy as np

from ranvier.links._encode import encode_array, pack_array_head, write_metadata
from ranvier.links._interface import Lane
from ranvier.links._message import Header

MOST_BYTES = 8192


class Template:
    """Memory of a lane that lacks only its header's numbers and its values.

    Parameters
    ----------
    lane
        Which carries it.
    dtype, shape
        Of the array.
    """

    def __init__(
        self, lane: Lane, dtype: np.dtype[Any], shape: Tuple[int, ...]
    ) -> None:
        self.dtype, self.shape = dtype, shape
        self._lane = lane
        self._encoded = encode_array(dtype, shape, None)
        self.length = self._encoded.length
        self._loan = lane.loan(self.length)
        write_metadata(self._loan.target, self._encoded)
        start = self.length - self._encoded.data_length
        count = self._encoded.data_length // max(dtype.itemsize, 1)
        flat = np.frombuffer(self._loan.target, dtype, count, start)
        self._values = flat.reshape(shape)

    def send(self, array: np.ndarray, header: Header) -> None:
        """Fill in and send.

        Parameters
        ----------
        array
            Of this dtype and shape.
        header
            Stream, sequence, epoch, time and origin.
        """
        pack_array_head(self._loan.target, self._encoded, header)
        self._values[...] = array
        self._lane.send(self._loan)

    def drop(self) -> None:
        """Give the memory back unsent."""
        self._lane.drop(self._loan)


def make_template(
    lane: Lane, dtype: np.dtype[Any], shape: Tuple[int, ...]
) -> Optional[Template]:
    """Make an array's message ready.

    Returns
    -------
    Template or None
        None if it is too large to gain, or empty.
    """
    n_bytes = dtype.itemsize * math.prod(shape)
    if not n_bytes or n_bytes > MOST_BYTES:
        return None
    return Template(lane, dtype, shape)
