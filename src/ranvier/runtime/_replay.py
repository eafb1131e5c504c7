"""Repeats what the nodes of a recording did, and compares what they give out.

Runs in a process of its own, see `_replay_check`: nodes are foreign code, and their
numerics must use one thread, as in the run, to give the same bits.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.core import RanvierError, Reporter, RunError
from ranvier.links import HEADER_SIZE, Message, Origin, to_bytes
from ranvier.node import Context, NodeDriver, StopProducing, load
from ranvier.recording import NodeEntry, Recording, SessionFolder, open_recording
from ranvier.runtime._replay_report import NodeReplay, ReplayReport
from ranvier.worker import ENTRY, FINISH, MESSAGE, PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from ranvier.recording import Stream

_INTAKE = "intake"


def repeat(session: Path, nodes: tuple[str, ...], reporter: Reporter) -> ReplayReport:
    """Feed each node what it took in, in the recorded order, and compare.

    A node is checked if it is deterministic, and if all streams it read and some it
    wrote are recorded. It is set up afresh with its parameters and seed; what it gives
    out must be the recorded bytes.

    Parameters
    ----------
    session
        Session folder.
    nodes
        Names of the nodes to check; all of them if empty.
    reporter
        Shown how far it is.

    Returns
    -------
    ReplayReport
        Also which nodes could not be checked, and why.

    Raises
    ------
    RecordingError
        If there is no recording, or it has no manifest.
    RunError
        If a node named is not in it.
    """
    recording = open_recording(session)
    entries = recording.manifest.nodes
    known = {entry.name for entry in entries}
    for name in nodes:
        if name not in known:
            raise RunError(
                f'the recording has no node "{name}".',
                code="RV-R40",
                where=str(session),
                wanted=", ".join(sorted(known)),
                mend="correct the name",
            )
    chosen = [e for e in entries if not nodes or e.name in nodes]
    found: list[NodeReplay] = []
    for n, entry in enumerate(chosen):
        if entry.name == "recorder":
            continue
        reporter.advance(f"replaying {entry.name}", n, len(chosen))
        found.append(_Replayer(recording, entry, session).check())
    reporter.advance("replaying", len(chosen), len(chosen))
    return ReplayReport(tuple(found))


class _Replayer:
    """Repeats what one node did."""

    def __init__(self, recording: Recording, entry: NodeEntry, session: Path) -> None:
        self._recording, self._entry = recording, entry
        self._folder = SessionFolder(session)
        manifest = recording.manifest
        self._links = {
            link.index: (each.plan.stream, link.target_port)
            for each in manifest.streams
            for link in each.plan.links
        }
        self._outputs = {
            each.plan.port: each.plan
            for each in manifest.streams
            if each.plan.node == entry.name and each.plan.stream in recording
            and each.plan.port != _INTAKE
        }  # fmt: skip
        self._places: dict[str, dict[tuple[int, int], int]] = {}

    def check(self) -> NodeReplay:
        name = self._entry.name
        reason = self._why_not()
        if reason:
            return NodeReplay(name, not_checked=reason)
        try:
            return self._replay()
        except _NotThere as missing:
            return NodeReplay(name, not_checked=str(missing))
        except RanvierError as error:
            return NodeReplay(name, first_difference=error.problem)

    def _why_not(self) -> str:
        entry = self._entry
        if not entry.spec.deterministic:
            return "it is not deterministic"
        if f"{entry.name}.{_INTAKE}" not in self._recording:
            return "none of its outputs was recorded"
        if not self._outputs:
            return "none of its outputs was recorded"
        python = Path(entry.python.rpartition(" ")[0])
        # python and python3 of one environment lie in one folder.
        if entry.python and python.parent != Path(sys.executable).parent:
            return f"it ran in another environment ({entry.python})"
        return ""

    def _replay(self) -> NodeReplay:
        n_steps, n_compared, n_equal = 0, 0, 0
        difference, note = "", ""
        parameters = dict(self._entry.parameters)
        for epoch, acts in self._iter_epochs():
            if epoch and self._entry.spec.keeps_state:
                note = "after its restart it went on from a state that is not recorded"
                break
            steps = _Repetition(self, epoch, parameters)
            n_steps += steps.run(acts)
            n_compared += steps.n_compared
            n_equal += steps.n_equal
            difference = difference or steps.difference
            parameters.update(change for _, change in acts if change is not None)
        return NodeReplay(
            self._entry.name, n_steps, n_compared, n_equal, difference, note
        )

    def _iter_epochs(self) -> Iterator[tuple[int, list[tuple[np.void, Any]]]]:
        stream = self._recording[f"{self._entry.name}.{_INTAKE}"]
        acts: dict[int, list[tuple[np.void, Any]]] = {}
        for message in stream.messages():
            changes = iter(message.payload["parameters"])
            entries: np.ndarray = message.payload["entries"].view(ENTRY)
            kept = acts.setdefault(message.epoch, [])
            for entry in entries:
                is_change = entry["kind"] == PARAMETER
                kept.append((entry, next(changes) if is_change else None))
        yield from sorted(acts.items())

    def make_driver(self, parameters: dict[str, Any]) -> NodeDriver:
        """Give a fresh node, set up as its process was."""
        entry, manifest = self._entry, self._recording.manifest
        node = self._load()(**parameters)
        node.context = Context(entry.name, seed=manifest.seed)
        node.context.is_real_time = manifest.speed == "real"
        node.setup()
        return NodeDriver(node)

    def _load(self) -> Any:
        code = self._entry.code
        reference = self._entry.spec.reference
        if code is not None and code.copy:
            copy = self._folder.code / code.copy
            original = str(Path(code.source).parent)
            if original not in sys.path:
                sys.path.append(original)  # for what the node's file imports beside it
            return load(f"{copy.resolve()}:{reference.rpartition(':')[2]}")
        return load(reference)

    def find(self, link: int, epoch: int, sequence: int) -> tuple[str, Message]:
        """Give the port and the recorded message that an intake entry names."""
        name, port = self._links[link]
        if name not in self._recording:
            raise _NotThere(f"its input {name} was not recorded")
        stream = self._recording[name]
        place = self._index(name, stream).get((epoch, sequence))
        if place is None:
            raise _NotThere(f"message {sequence} of its input {name} was not recorded")
        return port, stream.message(place)

    def find_output(self, port: str, epoch: int, sequence: int) -> bytes | None:
        """Give the recorded bytes of an output, or None if they are not there."""
        plan = self._outputs.get(port)
        if plan is None:
            return None
        stream = self._recording[plan.stream]
        place = self._index(plan.stream, stream).get((epoch, sequence))
        return None if place is None else bytes(stream.raw(place))

    def _index(self, name: str, stream: Stream) -> dict[tuple[int, int], int]:
        if name not in self._places:
            numbers = zip(
                stream.epochs.tolist(), stream.sequences.tolist(), strict=True
            )
            self._places[name] = {key: place for place, key in enumerate(numbers)}
        return self._places[name]


class _Repetition:
    """One life of a node's process, repeated."""

    def __init__(
        self, replayer: _Replayer, epoch: int, parameters: dict[str, Any]
    ) -> None:
        self._replayer, self._epoch = replayer, epoch
        self._driver = replayer.make_driver(parameters)
        self._sequences: dict[str, int] = {}
        self.n_compared, self.n_equal = 0, 0
        self.difference = ""

    def run(self, acts: list[tuple[np.void, Any]]) -> int:
        node = self._driver.node
        try:
            for entry, change in acts:
                self._repeat(entry, change)
        finally:
            self._driver.close()
            node.teardown()
        return len(acts)

    def _repeat(self, entry: np.void, change: Any) -> None:
        driver, kind = self._driver, entry["kind"]
        driver.node.context.message = None
        if kind == PARAMETER:
            driver.node.set_parameter(change[0], change[1])
            return
        try:
            if kind == MESSAGE:
                link, epoch = int(entry["link"]), int(entry["epoch"])
                found = self._replayer.find(link, epoch, int(entry["sequence"]))
                driver.node.context.message = found[1]
                emissions = driver.deliver(found[0], found[1].payload)
            else:
                emissions = driver.finish() if kind == FINISH else driver.produce()
            for emission in emissions:
                self._compare(emission.output, emission.value)
        except StopProducing:
            return
        except RanvierError:
            raise
        except Exception as error:  # noqa: BLE001 - the node's own fault, as in the run
            del error

    def _compare(self, port: str, value: Any) -> None:
        skipped = self._driver.node.context.skipped.pop(port, 0)
        sequence = self._sequences.get(port, 0) + skipped
        self._sequences[port] = sequence + 1
        recorded = self._replayer.find_output(port, self._epoch, sequence)
        if recorded is None:
            return
        self.n_compared += 1
        now = to_bytes(Message(value, 0, 0, 0, 0, Origin(0, 0, 0)))
        if _body(now) == _body(recorded):
            self.n_equal += 1
        elif not self.difference:
            self.difference = f"{port}, message {sequence}"


class _NotThere(Exception):  # noqa: N818 - a reason, told in the report
    """What a check needs was not recorded."""


def _body(data: bytes) -> bytes:
    # Kind, dtype and dimensions of the header, then metadata and buffers; not the
    # times and numbers, which belong to the run. A link rounds lengths up to 64.
    kind = data[3:4] + data[5:7]
    metadata = int.from_bytes(data[48:52], "little")
    start = (HEADER_SIZE + metadata + 63) & -64
    length = int.from_bytes(data[56:64], "little")
    head = data[HEADER_SIZE : HEADER_SIZE + metadata]
    return kind + head + data[start : start + length]
