"""Nodes of the benchmarks: they stamp items as they leave and when they arrive."""

import struct
import time
from typing import Any, ClassVar

import numpy as np

from ranvier.node import (
    Input,
    Output,
    Parameter,
    Sink,
    Source,
    StopProducing,
    Transform,
)

STAMP = struct.Struct("<q")
"""How the time of leaving stands in the first 8 bytes of an item, ns."""


class StampedSource(Source):
    """Send `count` arrays, each with the time at which it left `produce`."""

    deterministic: ClassVar[bool] = False

    item = Output("array", help="The time of leaving, then noise.")

    shape = Parameter(type="list", help="Of an item.")
    dtype = Parameter("uint8", help="Of an item.")
    rate_hz = Parameter(0.0, unit="Hz", help="Items a second; 0 for flat out.")
    count = Parameter(1000, help="Items sent before the end.")
    in_place = Parameter(False, help="Whether to write into the memory of the link.")

    def setup(self) -> None:
        """Make the frame that is sent again and again."""
        sizes = [int(size) for size in self.shape]
        noise = np.random.default_rng(0).integers(0, 200, size=sizes)
        self._frame = noise.astype(self.dtype)
        self._n = 0
        self._began_ns = 0

    def pace_hz(self) -> float | None:
        """Give the rate."""
        return self.rate_hz or None

    def produce(self) -> Any:
        """Give the next item, stamped last of all."""
        if self._n >= self.count:
            raise StopProducing
        self._n += 1
        item = self._frame
        if self.in_place:
            item = self.context.loan("item", item.shape, item.dtype)
            item[...] = self._frame
        now = time.monotonic_ns()
        STAMP.pack_into(item, 0, now)
        self._began_ns = self._began_ns or now
        return item

    def teardown(self) -> None:
        """Keep how many were sent, and from when."""
        np.save(self.context.folder / "sent.npy", [self._n, self._began_ns])


class DelaySink(Sink):
    """Keep how old each item was when `process` began, and when that was."""

    deterministic: ClassVar[bool] = False

    item = Input("array", help="Items of a StampedSource.")

    capacity = Parameter(1_000_000, help="Items kept at most.")
    work = Parameter(0.0, unit="s", help="How long each step sleeps.")

    def setup(self) -> None:
        """Make room, so that nothing is allocated while it counts."""
        self._times = np.zeros((self.capacity, 2), np.int64)
        self._n = 0

    def process(self, item: np.ndarray) -> None:
        """Keep the time of arrival and the age."""
        now = time.monotonic_ns()
        if self._n < self.capacity:
            self._times[self._n] = now, now - STAMP.unpack_from(item, 0)[0]
        self._n += 1
        if self.work:
            time.sleep(self.work)

    def teardown(self) -> None:
        """Keep what was measured: rows of arrival and age, ns."""
        np.save(self.context.folder / "arrivals.npy", self._times[: self._n])


class Echo(Transform):
    """Send back what comes."""

    item = Input("array", help="Anything.")
    back = Output("array", help="The same.")

    def process(self, item: np.ndarray) -> np.ndarray:
        """Give it back."""
        return item


class PingSource(StampedSource):
    """A source whose items come back to it: keeps the times of the round trips."""

    back = Input("array", help="The items, on their way back.")

    def setup(self) -> None:
        """Make the frame, and room for the times."""
        super().setup()
        self._times = np.zeros((self.count, 2), np.int64)
        self._n_back = 0

    def on_back(self, item: np.ndarray) -> None:
        """Keep how long the round trip took."""
        now = time.monotonic_ns()
        self._times[self._n_back] = now, now - STAMP.unpack_from(item, 0)[0]
        self._n_back += 1

    def teardown(self) -> None:
        """Keep what was measured: rows of arrival and round trip, ns."""
        super().teardown()
        np.save(self.context.folder / "arrivals.npy", self._times[: self._n_back])
