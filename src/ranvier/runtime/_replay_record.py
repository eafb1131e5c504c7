"""What a recording says of one node: what it took in, gave out, and how it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ranvier.audit import WITHHELD, AuditKind
from ranvier.core import RanvierError
from ranvier.recording import Severity, find_gaps
from ranvier.runtime._status import read_status
from ranvier.spec import INTAKE
from ranvier.worker import ENTRY, PARAMETER, RESTART_CODE, TOLD_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from ranvier.audit import AuditLine
    from ranvier.links import Message
    from ranvier.recording import NodeEntry, Recording, Stream

_STEPS = ("process", "produce", "finish")


RECORD_MORE = "record inputs and outputs of a deterministic node: see `record:`"
"""What helps where a recording holds too little to be checked."""
SEE_DAMAGE = "`ranvier verify` says what is damaged"
"""What helps where a recording can't be read."""


class NotThere(Exception):  # noqa: N818 - a reason, told in the report
    """What a check needs was not recorded, or is not there any more.

    Parameters
    ----------
    reason
        What is missing.
    mend
        What helps; "" if nothing does.
    """

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.mend = mend


class Life(NamedTuple):
    """What a node took in from one start of its process to its end.

    Parameters
    ----------
    epoch
        How often it had been started before.
    entries
        Of the intake, and for a parameter its name and value.
    is_whole
        False if what it took in last may be missing, as after a kill.
    """

    epoch: int
    entries: list[tuple[np.void, Any]]
    is_whole: bool


class FaultsThen(NamedTuple):
    """Exceptions in the steps of a node, as the run counted them.

    Parameters
    ----------
    n_faults
        How many are known.
    is_exact
        False if there may have been more.
    places
        Stream and sequence number of the messages concerned, where told.
    """

    n_faults: int
    is_exact: bool
    places: set[tuple[str, int]]


class NodeRecord:
    """Reads what a recording says of one node.

    Parameters
    ----------
    recording
        Of a session folder.
    entry
        The node.
    """

    def __init__(self, recording: Recording, entry: NodeEntry) -> None:
        self._recording, self._name = recording, entry.name
        streams = recording.manifest.streams
        self._links = {
            link.index: (each.plan.stream, link.target_port)
            for each in streams
            for link in each.plan.links
        }
        self.outputs = {
            each.plan.port: each.plan.stream
            for each in streams
            if each.plan.node == entry.name and each.plan.stream in recording
            and each.plan.port != INTAKE
        }  # fmt: skip
        self._places: dict[str, dict[tuple[int, int], int]] = {}
        self._declared: dict[str, set[tuple[int, int]]] = {}
        self._audit = _read_audit(recording)

    @property
    def has_intake(self) -> bool:
        """True if what the node took in was recorded."""
        return f"{self._name}.{INTAKE}" in self._recording

    def iter_lives(self) -> Iterator[Life]:
        """Give what the node took in, one start after another.

        Yields
        ------
        Life
            From start to end of its process.

        Raises
        ------
        NotThere
            At the place from which on something of it is missing.
        """
        stream = self._recording[f"{self._name}.{INTAKE}"]
        epochs = sorted({int(epoch) for epoch in stream.epochs} | self._epochs())
        for epoch in epochs:
            rows = [n for n, each in enumerate(stream.epochs) if each == epoch]
            numbers = [int(stream.sequences[row]) for row in rows]
            if not numbers or sorted(numbers) != list(range(len(numbers))):
                why = f"what it took in after start {epoch} is incomplete"
                raise NotThere(why, "`ranvier verify` says what is missing and why")
            rows.sort(key=lambda row: stream.sequences[row])
            messages = (stream.message(row) for row in rows)
            entries = [entry for each in messages for entry in _iter_entries(each)]
            yield Life(epoch, entries, self._is_whole(epoch, len(numbers)))

    def read_changes_before(self, epoch: int) -> dict[str, Any]:
        """Give the parameters that had been changed live when a life began.

        From the audit trail, as the supervisor set the node up: what was acknowledged
        just before a death may not have come into the intake's last batch.

        Parameters
        ----------
        epoch
            Which life.

        Returns
        -------
        dict
            Values by name.

        Raises
        ------
        NotThere
            If the values are not known.
        """
        if epoch and not self._audit:
            raise NotThere(f"with which parameters start {epoch} was is not known")
        changed: dict[str, Any] = {}
        for now, line in self._iter_audit():
            if line.kind == AuditKind.PARAMETER_CHANGED.value and now < epoch:
                changed[str(line.fields["parameter"])] = line.fields["new"]
        if WITHHELD in changed.values():
            raise NotThere("the value of one of its parameters was withheld")
        return changed

    def find(self, link: int, epoch: int, sequence: int) -> tuple[str, Message]:
        """Give the port and the recorded message that an intake entry names.

        Returns
        -------
        tuple of str and Message
            Input of the node, and what it took there.

        Raises
        ------
        NotThere
            If it was not recorded.
        """
        name, port = self._links[link]
        if name not in self._recording:
            raise NotThere(f"its input {name} was not recorded", RECORD_MORE)
        place = self._index(name).get((epoch, sequence))
        if place is None:
            why = f"message {sequence} of its input {name} was not recorded"
            raise NotThere(why, RECORD_MORE)
        return port, self._recording[name].message(place)

    def name_of(self, link: int) -> str:
        """Give the stream of a link."""
        return self._links[link][0]

    def find_output(self, port: str, epoch: int, sequence: int) -> bytes | None:
        """Give the recorded bytes of an output, or None if they are not there."""
        name = self.outputs.get(port)
        place = None if name is None else self._index(name).get((epoch, sequence))
        if name is None or place is None:
            return None
        try:
            return bytes(self._recording[name].raw(place))
        except RanvierError as error:
            raise NotThere(
                f"{name} can't be read: {error.problem}", SEE_DAMAGE
            ) from error

    def list_recorded(self, port: str, epoch: int) -> set[int]:
        """Give the sequence numbers of an output that were recorded."""
        index = self._index(self.outputs[port])
        return {number for each, number in index if each == epoch}

    def is_declared_lost(self, port: str, epoch: int, sequence: int) -> bool:
        """Say whether the recording itself says why a message is not in it."""
        name = self.outputs[port]
        if name not in self._declared:
            self._declared[name] = {
                (gap.epoch, number)
                for gap in find_gaps(self._recording, name)
                if gap.severity is Severity.EXPLAINED
                and gap.first is not None and gap.last is not None
                for number in range(gap.first, gap.last + 1)
            }  # fmt: skip
        return (epoch, sequence) in self._declared[name]

    def count_sent(self, port: str, epoch: int) -> int | None:
        """Give how many messages an output sent, None if the run does not tell."""
        stream = f"{self._name}.{port}"
        for line in self._audit:
            if line.kind == AuditKind.STREAM_ENDED.value:
                fields = line.fields
                if (fields.get("stream"), fields.get("epoch")) == (stream, epoch):
                    return fields.get("count")
        return None

    def read_faults(self) -> FaultsThen:
        """Give how often the node's steps failed.

        Returns
        -------
        FaultsThen
            From the audit trail, and from the last status where there is one.
        """
        lines = [
            line
            for line in self._audit
            if line.kind == AuditKind.FAULT.value and line.node == self._name
            and line.fields.get("phase") in _STEPS
        ]  # fmt: skip
        counted = max((int(line.fields.get("count") or 1) for line in lines), default=0)
        last = lines[-1].time_ns - 1_000_000_000 if lines else 0
        told = sum(line.time_ns >= last for line in lines)
        status = self._read_status()
        places = {
            (str(line.fields.get("stream")), int(line.fields["sequence"]))
            for line in lines
            if line.fields.get("sequence") is not None
        }
        is_exact = bool(self._audit) and (status is not None or told < TOLD_PER_S)
        return FaultsThen(max(counted, status or 0), is_exact, places)

    def _read_status(self) -> int | None:
        folder = self._recording.folder
        status = read_status(folder) if folder else None
        nodes = status.nodes if status else ()
        return next((n.faults for n in nodes if n.name == self._name), None)

    def _epochs(self) -> set[int]:
        return {epoch for name in self.outputs.values() for epoch, _ in
                self._index(name)}  # fmt: skip

    def _is_whole(self, epoch: int, n_messages: int) -> bool:
        sent = self.count_sent(INTAKE, epoch)
        if sent is not None:
            return sent == n_messages
        # It did not come to its end, but sends all on when it ends in good order.
        for now, line in self._iter_audit():
            if line.kind == AuditKind.NODE_EXITED.value and now == epoch:
                # A node that ends its process itself does not send on what it took.
                code, why = line.fields.get("exit_code"), line.fields.get("why")
                return code == RESTART_CODE or (code == 0 and why != "by itself")
        return False

    def _iter_audit(self) -> Iterator[tuple[int, AuditLine]]:
        # Each line of this node, with the epoch in which it was written.
        epoch = 0
        for line in self._audit:
            if line.node == self._name:
                if line.kind == AuditKind.NODE_RESTARTED.value:
                    epoch = int(line.fields.get("epoch") or 0)
                yield epoch, line

    def _index(self, name: str) -> dict[tuple[int, int], int]:
        if name not in self._places:
            stream: Stream = self._recording[name]
            numbers = zip(
                stream.epochs.tolist(), stream.sequences.tolist(), strict=True
            )
            self._places[name] = {key: place for place, key in enumerate(numbers)}
        return self._places[name]


def _iter_entries(message: Message) -> Iterator[tuple[np.void, Any]]:
    changes = iter(message.payload["parameters"])
    entries: np.ndarray = message.payload["entries"].view(ENTRY)
    for entry in entries:
        yield entry, next(changes) if entry["kind"] == PARAMETER else None


def _read_audit(recording: Recording) -> list[AuditLine]:
    try:
        return recording.audit
    except RanvierError:
        return []  # nothing is then known of faults and ends
