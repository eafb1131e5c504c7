"""What is sent: a small message, and frames of three cameras."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Item(NamedTuple):
    """A kind of item.

    Parameters
    ----------
    name
        As the tables call it.
    shape, dtype
        Of its array.
    rate_hz
        How often it is sent.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    rate_hz: float

    def frame(self) -> np.ndarray:
        """Give one."""
        return np.ones(self.shape, self.dtype)


SMALL = Item("100 B", (100,), "uint8", 1000.0)
HALF_MB = Item("0.5 MB", (512, 512), "uint16", 100.0)
FOUR_MB = Item("4.1 MB", (1000, 2048), "uint16", 100.0)
SEVEN_MB = Item("6.9 MB", (1200, 1920, 3), "uint8", 100.0)
FRAMES = (HALF_MB, FOUR_MB, SEVEN_MB)
