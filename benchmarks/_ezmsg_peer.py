"""ezmsg between two processes of its own; run as a program, see `_peers`.

Its runtime starts processes by itself, so it runs apart from the benchmark. Arguments:
shape, dtype, rate (0: flat out), count, "hop" or "trip", and where to put the times.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import ezmsg.core as ez
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.nodes import STAMP


class Plan(ez.Settings):
    """What is sent, and where the times go."""

    shape: tuple[int, ...]
    dtype: str
    rate_hz: float
    count: int
    path: str
    ends: bool


class Sender(ez.Unit):
    """Sends stamped arrays; keeps the round trips of those that come back."""

    SETTINGS = Plan
    BACK = ez.InputStream(Any)
    ITEM = ez.OutputStream(Any)

    async def initialize(self) -> None:
        """Make room."""
        self.times = np.zeros((self.SETTINGS.count, 2), np.int64)
        self.n = 0

    @ez.publisher(ITEM)
    async def send(self) -> AsyncGenerator:
        """Send at the pace."""
        plan = self.SETTINGS
        frame = np.ones(plan.shape, plan.dtype)
        await asyncio.sleep(0.5)
        start = time.monotonic_ns()
        for number in range(plan.count):
            if plan.rate_hz:
                due = start + int(number * 1e9 / plan.rate_hz)
                left_s = (due - time.monotonic_ns()) * 1e-9
                if left_s > 0:
                    await asyncio.sleep(left_s)
            STAMP.pack_into(frame, 0, time.monotonic_ns())
            yield self.ITEM, frame

    @ez.subscriber(BACK)
    async def take(self, item: Any) -> None:
        """Keep the round trip."""
        keep(self, item)


class Receiver(ez.Unit):
    """Keeps the ages of arrays, or sends them back."""

    SETTINGS = Plan
    ITEM = ez.InputStream(Any)
    BACK = ez.OutputStream(Any)

    async def initialize(self) -> None:
        """Make room."""
        self.times = np.zeros((self.SETTINGS.count, 2), np.int64)
        self.n = 0

    @ez.subscriber(ITEM)
    @ez.publisher(BACK)
    async def take(self, item: Any) -> AsyncGenerator:
        """Keep the age; in a round trip send it back."""
        if self.SETTINGS.ends:
            keep(self, item)
        else:
            yield self.BACK, item


class Pair(ez.Collection):
    """The two of them."""

    SENDER = Sender()
    RECEIVER = Receiver()
    SETTINGS = Plan

    def configure(self) -> None:
        """Hand on what is sent."""
        self.SENDER.apply_settings(self.SETTINGS)
        self.RECEIVER.apply_settings(self.SETTINGS)

    def network(self) -> Any:
        """Give the links."""
        links = [(self.SENDER.ITEM, self.RECEIVER.ITEM)]
        if not self.SETTINGS.ends:
            links.append((self.RECEIVER.BACK, self.SENDER.BACK))
        return links

    def process_components(self) -> Any:
        """Give both a process."""
        return (self.SENDER, self.RECEIVER)


def keep(unit: Any, item: Any) -> None:
    """Keep arrival and age; after the last end the run."""
    now = time.monotonic_ns()
    unit.times[unit.n] = now, now - STAMP.unpack_from(item, 0)[0]
    unit.n += 1
    if unit.n == unit.SETTINGS.count:
        np.save(unit.SETTINGS.path, unit.times)
        raise ez.NormalTermination


def main(text: str) -> None:
    """Run it."""
    given = json.loads(text)
    given["shape"] = tuple(given["shape"])
    ez.run(PAIR=Pair(Plan(**given)))


if __name__ == "__main__":
    main(sys.argv[1])
