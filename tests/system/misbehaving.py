"""Nodes that misbehave in every way that the fault tests need."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from ranvier.node import Input, Output, Parameter, Sink, Source, Transform


class Ticks(Source):
    """Count at a rate."""

    tick = Output("int64", shape=())
    rate_hz = Parameter(200.0, unit="Hz")
    n = Parameter(0, help="How many; 0 for no end.")

    def pace_hz(self):
        return self.rate_hz

    def produce(self):
        k = 0
        while not self.n or k < self.n:
            yield k
            k += 1


class Frames(Source):
    """Frames of noise, written in place."""

    frame = Output("uint16", shape=(None, None))
    rate_hz = Parameter(100.0, unit="Hz")
    n = Parameter(0)
    size = Parameter(256)

    def pace_hz(self):
        return self.rate_hz

    def produce(self):
        k = 0
        while not self.n or k < self.n:
            frame = self.context.loan("frame", (self.size, self.size), np.uint16)
            frame[:] = k
            yield frame
            k += 1


class Pass(Transform):
    """Give on what comes."""

    x = Input()
    y = Output()
    gain = Parameter(1, live=True, minimum=0, maximum=10)

    def process(self, x):
        return x * self.gain


class Count(Sink):
    """Count what comes, and write it down at the end."""

    x = Input()

    def setup(self):
        self.values = 0
        self.last = -1

    def process(self, x):
        self.values += 1
        self.last = int(np.asarray(x).flat[0])

    def teardown(self):
        self.context.note(f"counted {self.values}, last {self.last}")


class RaisesOnFifth(Transform):
    """Raise on the fifth message."""

    x = Input()
    y = Output()

    def setup(self):
        self.n = 0

    def process(self, x):
        self.n += 1
        if self.n == 5:
            raise ValueError("the fifth")
        return x


class AlwaysRaises(Transform):
    """Raise on every message."""

    x = Input()
    y = Output()

    def process(self, x):
        raise ValueError(f"not {int(x)}")


class BreaksOff(Source):
    """Raise after ten items."""

    tick = Output("int64", shape=())
    rate_hz = Parameter(200.0, unit="Hz")

    def pace_hz(self):
        return self.rate_hz

    def produce(self):
        yield from range(10)
        raise OSError("unplugged")


class RaisesAtTheEnd(Transform):
    """Raise when it is torn down."""

    x = Input()
    y = Output()

    def process(self, x):
        return x

    def teardown(self):
        raise OSError("the shutter is stuck")


class Segfaults(Transform):
    """Read memory that is not there, on message number `at`, once."""

    x = Input()
    y = Output()
    at = Parameter(20)

    def process(self, x):
        mark = self.context.folder / "done"
        if int(x) >= self.at and not mark.exists():
            mark.touch()
            ctypes.string_at(0)
        return x


class KeepsCount(Transform):
    """Hand over its count to the process after it."""

    x = Input()
    y = Output("int64", shape=())

    def setup(self):
        self.count = 0

    def process(self, x):
        self.count += 1
        return self.count

    def checkpoint(self):
        return {"count": self.count}

    def restore(self, state):
        self.count = state["count"]


class Hangs(Transform):
    """Hang in the phase that is named."""

    x = Input()
    y = Output()
    phase = Parameter("process")
    hold_gil = Parameter(False)

    def _hang(self, phase):
        if self.phase == phase:
            if self.hold_gil:
                ctypes.PyDLL(None).sleep(3600)
            time.sleep(3600)

    def setup(self):
        self._hang("setup")

    def process(self, x):
        if int(x) == 10:
            self._hang("process")
        return x

    def teardown(self):
        self._hang("teardown")


class EatsMemory(Transform):
    """Take 20 MB more with each message."""

    x = Input()
    y = Output()

    def setup(self):
        self.eaten = []

    def process(self, x):
        self.eaten.append(np.ones(2_500_000))
        return x


class HasChildren(Transform):
    """Start a process of its own that would live for an hour."""

    x = Input()
    y = Output()

    def setup(self):
        command = [sys.executable, "-c", "import time; time.sleep(3600)"]
        self.child = subprocess.Popen(command)
        Path(self.context.folder, "pid").write_text(str(self.child.pid))

    def process(self, x):
        return x


class Laser(Sink):
    """Write down that it was made safe."""

    x = Input()

    def process(self, x):
        Path(self.context.folder, "on").touch()

    def safe_state(self):
        place = os.environ.get("RANVIER_TEST_LASER")
        if place:
            with Path(place).open("a") as file:
                file.write("off\n")


class NeverThere(Sink):
    """Find nothing to open, after a while."""

    x = Input()

    def setup(self):
        time.sleep(0.3)
        raise OSError("no camera")

    def process(self, x):
        pass


class Exits(Sink):
    """End the process in setup, as some drivers do, and call it a success."""

    x = Input()

    def setup(self):
        sys.exit()

    def process(self, x):
        pass


class HangsOn(Laser):
    """Hang in setup, with the laser on; its next process does not."""

    def setup(self):
        mark = Path(os.environ["RANVIER_TEST_LASER"] + ".on")
        if not mark.exists():
            mark.touch()
            time.sleep(3600)


class HangsWhenSafe(Laser):
    """Hang in teardown, after it was made safe."""

    def teardown(self):
        time.sleep(3600)


class Slow(Sink):
    """Take 50 ms a message, and keep how old each was."""

    x = Input()
    step_s = Parameter(0.05, unit="s")

    def setup(self):
        self.ages_ms = []

    def process(self, x):
        age = self.context.now_ns() - self.context.message.time_ns
        self.ages_ms.append(age * 1e-6)
        time.sleep(self.step_s)

    def teardown(self):
        text = ",".join(f"{age:.3f}" for age in self.ages_ms)
        Path(self.context.folder, "ages.txt").write_text(text)


class Forks(Transform):
    """Fork a process that keeps all descriptors, as multiprocessing may."""

    x = Input()
    y = Output()

    def setup(self):
        if os.fork() == 0:
            time.sleep(3600)
            os._exit(0)

    def process(self, x):
        return x


class SpeaksFromThreads(Transform):
    """Write notes from eight threads at once."""

    x = Input()
    y = Output()

    def process(self, x):
        if int(x) == 5:
            threads = [threading.Thread(target=self._speak) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return x

    def _speak(self):
        for n in range(50):
            self.context.note("x" * 500 + str(n))
