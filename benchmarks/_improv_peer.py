"""improv between two of its actors; run as a program by its own interpreter.

improv 0.2.2 needs Python 3.10 or older and pyarrow 9, so it lives in an environment of
its own and shares no code with ranvier: see `_peers`. The argument is as for ezmsg.
"""

import json
import struct
import sys
import threading
import time
from pathlib import Path

import numpy as np
from improv.actor import ManagedActor

STAMP = struct.Struct("<q")
GIVEN = "given.json"


class Sender(ManagedActor):
    """Puts stamped arrays into the store, and their names on its link."""

    def setup(self):
        """Make the frame."""
        self._getStoreInterface()
        self.given = json.loads(Path(GIVEN).read_text())
        self.frame = np.ones(self.given["shape"], self.given["dtype"])
        self.n = 0
        self.start = None

    def runStep(self):  # noqa: N802 - improv's name
        """Send one at its time."""
        if self.n >= self.given["count"]:
            time.sleep(0.05)
            return
        if self.start is None:
            self.start = time.monotonic_ns() + 500_000_000
        due = self.start + int(self.n * 1e9 / self.given["rate_hz"])
        left_s = (due - time.monotonic_ns()) * 1e-9
        if left_s > 0:
            time.sleep(left_s)
        STAMP.pack_into(self.frame, 0, time.monotonic_ns())
        self.q_out.put(self.client.put(self.frame, f"item{self.n}"))
        self.n += 1


class Receiver(ManagedActor):
    """Gets arrays from the store by the names that come; keeps their ages."""

    def setup(self):
        """Make room."""
        self._getStoreInterface()
        self.given = json.loads(Path(GIVEN).read_text())
        self.times = np.zeros((self.given["count"], 2), np.int64)
        self.n = 0

    def runStep(self):  # noqa: N802 - improv's name
        """Take one; a link that gives nothing for a while has nothing."""
        if self.n >= self.given["count"]:
            time.sleep(0.05)
            return
        item = self.client.getID(self.q_in.get(timeout=1.0))
        now = time.monotonic_ns()
        self.times[self.n] = now, now - STAMP.unpack_from(item, 0)[0]
        self.n += 1
        if self.n == self.given["count"]:
            np.save(self.given["path"], self.times)


CONFIG = """\
actors:
  Sender:
    package: _improv_peer
    class: Sender
  Receiver:
    package: _improv_peer
    class: Receiver
connections:
  Sender.q_out: [Receiver.q_in]
"""


def main(text):
    """Run it: set up, start, and end when the times are there."""
    import zmq
    from improv.nexus import Nexus

    given = json.loads(text)
    Path(GIVEN).write_text(text)
    Path("graph.yaml").write_text(CONFIG)
    n_bytes = int(np.prod(given["shape"])) * np.dtype(given["dtype"]).itemsize
    nexus = Nexus("bench")
    size = max(100_000_000, 3 * n_bytes * min(given["count"], 60))
    control, _ = nexus.createNexus(file="graph.yaml", store_size=size)

    def steer():
        socket = zmq.Context().socket(zmq.REQ)
        socket.connect(f"tcp://localhost:{control}")
        done = Path(given["path"])
        limit = time.monotonic() + 60 + given["count"] / given["rate_hz"]
        for word, wait_s in (("setup", 2.0), ("run", 0.0)):
            time.sleep(0.5)
            socket.send_string(word)
            socket.recv()
            time.sleep(wait_s)
        while not done.exists() and time.monotonic() < limit:
            time.sleep(0.1)
        time.sleep(0.3)
        socket.send_string("quit")

    threading.Thread(target=steer, daemon=True).start()
    nexus.startNexus()


if __name__ == "__main__":
    main(sys.argv[1])
