"""A source that gives a recording again, in place of the nodes that made it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, ClassVar, Dict, List, Mapping, NamedTuple, Optional, Tuple

import numpy as np

from ranvier.core import RecordingError
from ranvier.node import Parameter, Source, Stamped, StopProducing
from ranvier.recording._reader import Recording, open_recording
from ranvier.recording._stream import Stream
from ranvier.spec import PortSpec

# Longest sleep within one call: between calls the worker sees to parameters and stops.
_NAP_S = 0.02
_KINDS = frozenset({"array", "scalar", "text", "bytes", "mapping", "table"})


class _Schedule(NamedTuple):
    """What is given when: the messages of all streams, in order of time.

    Parameters
    ----------
    stream
        Number of the stream of each message, shape (n,).
    place
        Its place in the stream, shape (n,).
    time_ns
        When it was made, shape (n,), ns on the clock of the recorded run.
    """

    stream: np.ndarray
    place: np.ndarray
    time_ns: np.ndarray


class ReplaySource(Source):
    """Give recorded messages again, at their recorded pace or flat out.

    It has one output for each stream, named as it was; where two would be alike, the
    node's name stands before it ("eye__frame"). At recorded pace each message carries
    its recorded time, moved to the start of the replay; else the time of the replay.
    """

    has_dynamic_ports: ClassVar[bool] = True

    recording = Parameter(type="path", help="A session folder or a .mcap file.")
    streams = Parameter(
        list[str](),
        items="str",
        help='Streams to give, "node.output"; a node\'s name gives all of its streams; '
        "none gives all that were recorded.",
    )
    pace = Parameter(
        "real",
        choices=("real", "max"),
        help="real: as recorded, if the run is in real time; max: flat out.",
    )

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        opened = open_recording(Path(self.recording))
        names = _choose(opened, self.streams)
        self._outputs_by_name = _name_outputs(names)
        self._replayed: List[Stream] = [opened[name] for name in names]
        self._schedule: Optional[_Schedule] = None
        self._next = 0
        self._start_ns: Optional[int] = None

    def output_specs(self) -> Tuple[PortSpec, ...]:
        """Give one output for each stream, as the recorded port was declared.

        Returns
        -------
        tuple of PortSpec
            In the order of `streams`.
        """
        return tuple(
            _describe(name, stream)
            for name, stream in zip(self._outputs_by_name, self._replayed)
        )

    def setup(self) -> None:
        """Find out what is to be given when; no message is read yet."""
        self._schedule = _plan(self._replayed)

    def produce(self) -> Any:
        """Give the next message when it is due.

        Returns
        -------
        object
            The payload, or a mapping of the output to it; None if nothing is due yet.

        Raises
        ------
        StopProducing
            After the last message.
        """
        if self._schedule is None:
            self.setup()
        schedule = self._schedule
        if schedule is None or self._next >= len(schedule.place):
            raise StopProducing
        n = self._next
        time_ns = self._wait_for(int(schedule.time_ns[n]), int(schedule.time_ns[0]))
        if time_ns is None:
            return None
        self._next = n + 1
        stream = int(schedule.stream[n])
        value = self._replayed[stream][int(schedule.place[n])]
        if self._is_paced():
            value = Stamped(value, time_ns)
        if len(self._replayed) == 1:
            return value
        return {list(self._outputs_by_name)[stream]: value}

    def checkpoint(self) -> Mapping[str, Any]:
        """Give how far the replay has come.

        Returns
        -------
        mapping
            next: number of the message to be given next.
        """
        return {"next": self._next}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self._next = int(state["next"])

    def _is_paced(self) -> bool:
        return self.pace == "real" and self.context.is_real_time

    def _wait_for(self, time_ns: int, first_ns: int) -> Optional[int]:
        # The time at which a message is due, or None if that is still to come.
        now = self.context.now_ns()
        if self._start_ns is None:
            # After a restart the replay goes on where it was, not from its first time.
            self._start_ns = now - (time_ns - first_ns)
        due = self._start_ns + time_ns - first_ns
        if not self._is_paced():
            return now
        wait_s = (due - now) / 1e9
        if wait_s > 0:
            time.sleep(min(wait_s, _NAP_S))
        return due if wait_s <= _NAP_S else None


def _choose(recording: Recording, wanted: List[Any]) -> List[str]:
    if not wanted:
        return list(recording)
    found: List[str] = []
    for each in map(str, wanted):
        names = [each] if "." in each else _streams_of(recording, each)
        for name in names:
            _ = recording[name]
            found.append(name)
    return list(dict.fromkeys(found))


def _streams_of(recording: Recording, node: str) -> List[str]:
    names = [name for name in recording if name.partition(".")[0] == node]
    if names:
        return names
    raise RecordingError(
        f'the recording has no stream of the node "{node}".',
        code="RV-D26",
        wanted=", ".join(recording),
        mend="name one of its streams, or record the node: see `record:` in the graph",
    )


def _name_outputs(names: List[str]) -> Dict[str, str]:
    ports = [name.partition(".")[2] for name in names]
    return {
        port if ports.count(port) == 1 else name.replace(".", "__"): name
        for port, name in zip(ports, names)
    }


def _describe(output: str, stream: Stream) -> PortSpec:
    info = stream.info
    kind: Any = info.kind if info.kind in _KINDS else "any"
    return PortSpec(
        output,
        "output",
        kind=kind,
        dtype=info.dtype or None,
        unit=info.unit,
        rate_hz=info.rate_hz,
        help=info.help,
    )


def _plan(streams: List[Stream]) -> _Schedule:
    if not streams:
        none = np.empty(0, np.int64)
        return _Schedule(none, none, none)
    # Within a stream the order of recording stands, also where hardware stamps jump
    # back: the time that counts for the order never falls.
    times = [np.maximum.accumulate(stream.times_ns) for stream in streams]
    numbers = [np.full(len(stream), n) for n, stream in enumerate(streams)]
    places = [np.arange(len(stream)) for stream in streams]
    order = np.argsort(np.concatenate(times), kind="stable")
    return _Schedule(
        np.concatenate(numbers)[order],
        np.concatenate(places)[order],
        np.concatenate(times)[order],
    )
