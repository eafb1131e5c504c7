"""One node in a worker: takes its messages, steps it, sends what it gives out.

The node's faults end here: each is told to the supervisor and answered by the node's
policy. The loop over all nodes of a process is in `_loop`.
"""

from __future__ import annotations

import time
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

from ranvier.core import LinkError, NodeError, RanvierError
from ranvier.links import (
    ROW,
    Board,
    LinkReader,
    Message,
    NodeField,
    Origin,
    OutputWriter,
    decode,
    find_bucket,
    to_bytes,
)
from ranvier.links import Message as LinkMessage
from ranvier.node import Emission, Node, NodeDriver, Source, StopProducing
from ranvier.spec import ParameterSpec
from ranvier.worker._intake import Intake
from ranvier.worker._words import (
    Ended,
    Fault,
    MadeSafe,
    NodeAssignment,
    ParameterRefused,
    ParameterSet,
    SetParameter,
    StopAsked,
)

_FAULTS_TOLD_PER_S = 5


class RestartWanted(Exception):  # noqa: N818 - a signal to the loop, no error
    """A node's policy answers a fault by starting its process again."""


class Port(NamedTuple):
    """An input and the links that feed it."""

    name: str
    readers: List[LinkReader]


class NodeHost:
    """Runs one node between its links.

    Parameters
    ----------
    node
        The node, its context set.
    assignment
        Its name, row and policies.
    readers
        Its links, by input.
    writers
        Its outputs, by name.
    board
        Where its steps are counted.
    tell
        Sends a word to the supervisor.
    intake
        Where what it takes in is recorded, or None.
    state_path
        Where its state is kept for a restart.
    """

    def __init__(  # noqa: PLR0913 - all that a node runs between
        self,
        node: Node,
        assignment: NodeAssignment,
        *,
        readers: Dict[str, List[LinkReader]],
        writers: Dict[str, OutputWriter],
        board: Board,
        tell: Callable[[Any], object],
        intake: Optional[Intake],
        state_path: Path,
    ) -> None:
        self.node, self.name = node, assignment.name
        self._assignment, self._tell = assignment, tell
        self._driver = NodeDriver(node)
        self._links = [(port, each) for port, many in readers.items() for each in many]
        self._open = [each for _, each in self._links if not each.link.feedback]
        self._writers, self._intake = writers, intake
        self._values = board.values
        self._row = row = board.node_row(assignment.index)
        self._step_since = row + NodeField.STEP_SINCE
        self._step_total = row + NodeField.STEP_TOTAL
        self._step_max = row + NodeField.STEP_MAX
        self._steps_at = row + ROW
        self._state_path = state_path
        self._origin: Optional[Origin] = None
        self.is_source = isinstance(node, Source)
        self._makes_items = self.is_source
        self._has_ended = False
        self._is_safe = False
        self._has_safe_state = type(node).safe_state is not Node.safe_state
        self._told_since, self._told = 0, 0
        self._next_checkpoint = 0
        self._last_input = 0
        self._start_ns, self._n_due = 0, 0
        self._pace: Optional[float] = None
        self.is_paused = False
        self._waits_for_input = False

    @property
    def has_ended(self) -> bool:
        """True once the node has sent its last message."""
        return self._has_ended

    def begin(self, start_ns: int, *, is_real_time: bool) -> None:
        """Take the common start of the run; ns on the host's monotonic clock."""
        self._start_ns = self._last_input = start_ns
        if isinstance(self.node, Source) and is_real_time:
            self._pace = self.node.pace_hz()

    def pause(self, now_ns: int) -> None:
        """Hold a source's schedule."""
        if not self.is_paused:
            self.is_paused, self._paused_ns = True, now_ns

    def resume(self, now_ns: int) -> None:
        """Go on with a source's schedule where it was held."""
        if self.is_paused:
            self.is_paused = False
            self._start_ns += now_ns - self._paused_ns

    def turn(self) -> bool:
        """Take at most one message from each link, and produce what is due.

        Returns
        -------
        bool
            False if there was nothing to do.
        """
        did = False
        for port, reader in self._links:
            try:
                message = reader.take()
            except LinkError as error:
                did, message = True, None
                self._answer_fault("take", error, None)
            if message is not None:
                did = True
                self._take(port, reader, message)
        if self._makes_items and not self.is_paused and self._is_due():
            did = self._produce() or did
        return did

    def wait_s(self, now_ns: int) -> Optional[float]:
        """Give how long the loop may sleep for all this node cares, s.

        Returns
        -------
        float or None
            None: until a message comes.
        """
        waits: List[float] = []
        if self._makes_items and not self.is_paused:
            if self._waits_for_input and not self._pace:
                waits.append(0.01)
            else:
                waits.append((self._due_ns() - now_ns) * 1e-9)
        if self._intake and self._intake.is_pending:
            waits.append(Intake.PERIOD_S)
        if self._is_watched():
            silent_s = (now_ns - self._last_input) * 1e-9
            waits.append((self._assignment.watchdog_s or 0.0) - silent_s)
        return max(0.0, min(waits)) if waits else None

    def tick(self, now_ns: int) -> None:
        """Do what is due by time: watchdog, intake, state."""
        watchdog_s = self._assignment.watchdog_s or 0.0
        if self._is_watched() and now_ns - self._last_input > watchdog_s * 1e9:
            self.make_safe(f"the inputs were silent for {watchdog_s:g} s")
        if self._intake:
            self._intake.flush(now_ns)

    def _is_watched(self) -> bool:
        return bool(
            self._assignment.watchdog_s
            and self._has_safe_state
            and not self._is_safe
            and not self._has_ended
        )

    def finish_producing(self) -> None:
        """End a source's stream as if it had come to its end."""
        if self._makes_items:
            self._makes_items = False
            self._end()

    def set_parameter(self, word: SetParameter) -> None:
        """Change a live parameter, between two messages, and answer."""
        spec = next(
            (s for s in self.node.parameter_specs() if s.name == word.name), None
        )
        try:
            _refuse_fixed(spec, self.name)
            old = self.node.parameters.get(word.name)
            new = self.node.set_parameter(word.name, word.value)
        except RanvierError as error:
            self._refuse(word, error.to_dict())
        except Exception as error:  # noqa: BLE001 - the node's own refusal, of any type
            self._refuse(word, _describe_error(error))
        else:
            sequence = self._next_sequence()
            if self._intake:
                self._intake.parameter(word.name, new)
            self._tell(
                ParameterSet(
                    word.request,
                    self.name,
                    word.name,
                    old,
                    new,
                    sequence,
                    time.monotonic_ns(),
                )
            )

    def _next_sequence(self) -> int:
        # The first message that the change can show in; a sink has only its steps.
        for writer in self._writers.values():
            return writer.sequence
        return self._values[self._row]

    def make_safe(self, reason: str) -> None:
        """Call the node's `safe_state`, if it declares one, and tell."""
        if not self._has_safe_state:
            return
        self._is_safe = True
        problem = ""
        try:
            self.node.safe_state()
        except Exception as error:  # noqa: BLE001 - must never keep the others unsafe
            problem = traceback.format_exc()
            del error
        self._tell(MadeSafe(self.name, reason, problem))

    def teardown(self) -> None:
        """End the generator, tear the node down, let the links go."""
        for act, phase in (
            (self._driver.close, "produce"),
            (self.node.teardown, "teardown"),
        ):
            try:
                act()
            except Exception as error:  # noqa: BLE001 - told; the process ends anyway
                self._tell_fault(phase, error, None)
        if self._intake:
            self._intake.flush(None)

    def restore(self) -> bool:
        """Take up the state that the process before this one kept.

        Returns
        -------
        bool
            False if there is none, or it can't be taken up.
        """
        if not self._state_path.exists():
            return False
        try:
            self.node.restore(decode(self._state_path.read_bytes()).payload)
        except Exception as error:  # noqa: BLE001 - told; the node then starts afresh
            self._tell_fault("restore", error, None)
            return False
        return True

    def close(self) -> None:
        """Let all links go."""
        for _, reader in self._links:
            reader.close()
        for writer in self._writers.values():
            writer.close()

    def _take(self, port: str, reader: LinkReader, message: Message) -> None:
        now = self._last_input = time.monotonic_ns()
        self._is_safe = False
        if message.is_end:
            reader.account(message, now)
            self._take_end(reader)
            return
        if self._intake:
            self._intake.message(reader.link.index, message)
        self._waits_for_input = False
        if reader.is_raw:
            self._step("process", self._process_raw, (port, message), message, now)
        else:
            self.node.context.message = message
            arguments = (port, message.payload)
            self._step("process", self._driver.deliver, arguments, message, now)
        reader.account(message, now)

    def _process_raw(self, port: str, message: Message) -> None:
        self.node.process_raw(port, message.payload, message)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    def _take_end(self, reader: LinkReader) -> None:
        if reader in self._open:
            self._open.remove(reader)
        if not self._open and not self.is_source:
            if self._intake:
                self._intake.finish()
            self._step("finish", self._driver.finish, (), None, time.monotonic_ns())
            self._end()

    def _end(self) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        if self._intake:
            self._intake.flush(None)
            self._intake.end()
            # What a loop still brings to a source that has ended changes nothing.
            self._intake = None
        for writer in self._writers.values():
            writer.end()
        self._tell(Ended(self.name))

    def _due_ns(self) -> int:
        if not self._pace:
            return self._start_ns
        return self._start_ns + int(self._n_due * 1e9 / self._pace)

    def _is_due(self) -> bool:
        if self._waits_for_input and not self._pace:
            self._waits_for_input = False
            return True
        return time.monotonic_ns() >= self._due_ns()

    def _produce(self) -> bool:
        now = time.monotonic_ns()
        if self._pace:
            if now - self._due_ns() > 1e9 / self._pace:
                self._values[self._row + NodeField.LATE] += 1
            self._n_due += 1
        if self._intake:
            self._intake.produce()
        self.node.context.message = None
        sent = self._step("produce", self._driver.produce, (), None, now)
        self._waits_for_input = not sent
        return sent

    def _step(
        self,
        phase: str,
        act: Callable[..., Optional[Iterable[Emission]]],
        arguments: Tuple[Any, ...],
        message: Optional[Message],
        now_ns: int,
    ) -> bool:
        values, row = self._values, self._row
        values[self._step_since] = now_ns
        sent = False
        try:
            emissions = act(*arguments)
            if emissions:
                origin = message.origin if message is not None else None
                for output, value, time_ns in emissions:
                    self._writers[output].write(value, time_ns or 0, origin)
                    sent = True
        except StopProducing:
            self._makes_items = False
            self._end()
        except Exception as error:  # noqa: BLE001 - faults of nodes stay here
            self._answer_fault(phase, error, message)
        done = time.monotonic_ns()
        took = done - now_ns
        values[self._step_since] = 0
        values[row] += 1
        values[self._step_total] += took
        if took > values[self._step_max]:
            values[self._step_max] = took
        values[self._steps_at + find_bucket(took)] += 1
        period_s = self._assignment.checkpoint_s
        if period_s and done >= self._next_checkpoint:
            self._keep_state(done, period_s)
        return sent

    def _keep_state(self, now_ns: int, period_s: float) -> None:
        self._next_checkpoint = now_ns + round(period_s * 1e9)
        try:
            state = self.node.checkpoint()
            data = to_bytes(LinkMessage(state, 0, 0, 0, now_ns, Origin(0, 0, now_ns)))
            beside = self._state_path.with_suffix(".new")
            beside.write_bytes(data)
            beside.replace(self._state_path)
        except Exception as error:  # noqa: BLE001 - told; the run goes on without
            self._tell_fault("checkpoint", error, None)

    def _answer_fault(
        self, phase: str, error: Exception, message: Optional[Message]
    ) -> None:
        self._values[self._row + NodeField.FAULTS] += 1
        self._tell_fault(phase, error, message)
        if self._assignment.on_error == "stop_run":
            problem = f"{type(error).__name__}: {error}"
            self._tell(StopAsked(self.name, problem, failed=True))
        elif self._assignment.on_error == "restart":
            raise RestartWanted(self.name)
        elif phase == "produce" and self._driver.is_generator:
            # A generator can't go on after an exception: the source has ended.
            self._makes_items = False
            self._end()

    def _tell_fault(
        self, phase: str, error: Exception, message: Optional[Message]
    ) -> None:
        second = time.monotonic_ns() // 1_000_000_000
        if second != self._told_since:
            self._told_since, self._told = second, 0
        self._told += 1
        if self._told > _FAULTS_TOLD_PER_S:
            return  # counted on the board; the traceback is known by now
        cause = None
        if message is not None:
            cause = {
                "stream": message.stream,
                "sequence": message.sequence,
                "time_ns": message.time_ns,
            }
        self._tell(
            Fault(
                self.name,
                phase,
                _describe_error(error),
                "".join(
                    traceback.format_exception(type(error), error, error.__traceback__)
                ),
                self._values[self._row + NodeField.FAULTS],
                cause,
            )
        )

    def _refuse(self, word: SetParameter, error: Dict[str, str]) -> None:
        self._tell(ParameterRefused(word.request, self.name, word.name, error))


def _describe_error(error: Exception) -> Dict[str, str]:
    if isinstance(error, RanvierError):
        return {"type": type(error).__name__, **error.to_dict()}
    return {
        "type": type(error).__name__,
        "problem": f"{type(error).__name__}: {error}",
        "code": "RV-N20",
        "where": "",
        "found": "",
        "wanted": "",
        "mend": "see the traceback",
    }


def _refuse_fixed(spec: Optional[ParameterSpec], node: str) -> None:
    if spec is None or spec.live:
        return  # an unknown name is refused by the node itself
    raise NodeError(
        f'the parameter "{node}.{spec.name}" can\'t change during a run.',
        code="RV-N24",
        mend="stop the run and change it in the graph, or declare it live",
    )
