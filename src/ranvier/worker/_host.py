"""One node in a worker: takes its messages, steps it, sends what it gives out.

The node's faults end here: each is told to the supervisor and answered by the node's
policy. The loop over all nodes of a process is in `_loop`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from ranvier.core import LinkError, NodeError, describe_error, format_error
from ranvier.links import LinkReader, Message, OutputWriter
from ranvier.node import (
    Emission,
    Node,
    NodeDriver,
    Source,
    StopProducing,
    check_pace,
)
from ranvier.spec import ParameterSpec
from ranvier.worker._checkpoint import Checkpoint
from ranvier.worker._faults import FaultTeller
from ranvier.worker._intake import Intake
from ranvier.worker._safety import Safety
from ranvier.worker._schedule import Schedule
from ranvier.worker._step_clock import StepClock
from ranvier.worker._words import (
    Ended,
    NodeAssignment,
    ParameterRefused,
    ParameterSet,
    SetParameter,
    StopAsked,
)


class RestartWanted(Exception):  # noqa: N818 - a signal to the loop, no error
    """A node's policy answers a fault by starting its process again."""


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
    clock
        Counts and times its steps.
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
        clock: StepClock,
        tell: Callable[[Any], object],
        intake: Optional[Intake],
        state_path: Path,
    ) -> None:
        self.node, self.name = node, assignment.name
        self._on_error, self._tell = assignment.on_error, tell
        self._driver = NodeDriver(node)
        self._links = [(port, each) for port, many in readers.items() for each in many]
        self._open = [each for _, each in self._links if not each.link.feedback]
        self._writers, self._intake = writers, intake
        self._clock = clock
        self._tell_fault = FaultTeller(self.name, tell, lambda: clock.n_faults)
        # Without links there is nobody whose silence would mean anything.
        watchdog_s = assignment.watchdog_s if self._links else None
        self._safety = Safety(node, self.name, watchdog_s, tell)
        self._checkpoint = Checkpoint(
            node, state_path, assignment.checkpoint_s, self._tell_fault
        )
        # Asked for here, so that one that is no rate fails the start, in words.
        self._schedule = (
            Schedule(check_pace(node.pace_hz(), type(node).__name__))
            if isinstance(node, Source)
            else None
        )
        self._has_ended = False

    @property
    def has_ended(self) -> bool:
        """True once the node has sent its last message."""
        return self._has_ended

    def begin(self, start_ns: int, *, is_real_time: bool) -> None:
        """Take the common start of the run; ns on the host's monotonic clock."""
        self._safety.hear(start_ns)
        if self._schedule:
            self._schedule.begin(start_ns, is_real_time=is_real_time)

    def pause(self, now_ns: int) -> None:
        """Hold a source's schedule."""
        if self._schedule:
            self._schedule.pause(now_ns)

    def resume(self, now_ns: int) -> None:
        """Go on with a source's schedule where it was held."""
        if self._schedule:
            self._schedule.resume(now_ns)

    def turn(self) -> bool:
        """Take at most one message from each link, and produce what is due.

        Returns
        -------
        bool
            False if there is nothing more to do for now.
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
        if self._schedule is not None and not self._has_ended:
            now = time.monotonic_ns()
            if self._schedule.is_due(now):
                did = self._produce(self._schedule, now) or did
        return did

    def wait_s(self, now_ns: int) -> Optional[float]:
        """Give how long the loop may sleep for all this node cares, s.

        Returns
        -------
        float or None
            None: until a message comes.
        """
        waits = [self._safety.wait_s(now_ns)]
        if self._schedule and not self._has_ended:
            waits.append(self._schedule.wait_s(now_ns))
        if self._intake and self._intake.is_pending:
            waits.append(Intake.PERIOD_S)
        known = [wait for wait in waits if wait is not None]
        return max(0.0, min(known)) if known else None

    def tick(self, now_ns: int) -> None:
        """Do what is due by time: watchdog, intake."""
        self._safety.look(now_ns)
        if self._intake:
            self._intake.flush(now_ns)

    def finish_producing(self) -> None:
        """End a source's stream as if it had come to its end."""
        if self._schedule:
            self._end()

    def set_parameter(self, word: SetParameter) -> None:
        """Change a live parameter, between two messages, and answer."""
        spec = next(
            (s for s in self.node.parameter_specs() if s.name == word.name), None
        )
        request, name = word.request, word.name
        try:
            _refuse_fixed(spec, self.name)
            old = self.node.parameters.get(name)
            new = self.node.set_parameter(name, word.value)
        except Exception as error:  # noqa: BLE001 - the node's own refusal, of any type
            refusal = describe_error(error)
            self._tell(ParameterRefused(request, self.name, name, refusal))
            return
        first, now = self._next_sequence(), time.monotonic_ns()
        if self._intake:
            self._intake.parameter(name, new)
        self._tell(ParameterSet(request, self.name, name, old, new, first, now))

    def _next_sequence(self) -> int:
        # The first message that the change can show in; a sink has only its steps.
        for writer in self._writers.values():
            return writer.sequence
        return self._clock.n_steps

    def make_safe(self, reason: str, *, ends: bool = False) -> None:
        """Call the node's `safe_state`, if it declares one, and tell."""
        self._safety.make_safe(reason, ends=ends)

    def restore(self) -> bool:
        """Take up the state that the process before this one kept.

        Returns
        -------
        bool
            False if there is none, or it can't be taken up.
        """
        return self._checkpoint.restore()

    def teardown(self) -> None:
        """End the generator, tear the node down, let the links go."""
        for act, phase in (
            (self._driver.close, "produce"),
            (self.node.teardown, "teardown"),
        ):
            try:
                act()
            except Exception as error:  # noqa: BLE001 - told; the process ends anyway
                self._tell_fault(phase, error)
        if self._intake:
            self._intake.flush(None)

    def close(self) -> None:
        """Let all links go."""
        for _, reader in self._links:
            reader.close()
        for writer in self._writers.values():
            writer.close()

    def _take(self, port: str, reader: LinkReader, message: Message) -> None:
        now = time.monotonic_ns()
        self._safety.hear(now)
        if message.is_end:
            reader.account(message, now)
            self._take_end(reader)
            return
        if self._intake:
            self._intake.message(reader.link.index, message)
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
        if not self._open and not self._schedule:
            if self._intake:
                self._intake.finish()
            self._step("finish", self._driver.finish, (), None, time.monotonic_ns())
            self._end()

    def _end(self, *, failed: bool = False) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._safety.end()
        if self._intake:
            self._intake.flush(None)
            self._intake.end()
            # What a loop still brings to a source that has ended changes nothing.
            self._intake = None
        for writer in self._writers.values():
            writer.end()
        self._tell(Ended(self.name, failed))

    def _produce(self, schedule: Schedule, now_ns: int) -> bool:
        if schedule.take(now_ns):
            self._clock.count_late()
        if self._intake:
            self._intake.produce()
        self.node.context.message = None
        if self._step("produce", self._driver.produce, (), None, now_ns):
            return schedule.is_due(time.monotonic_ns())
        schedule.rest()
        return False

    def _step(
        self,
        phase: str,
        act: Callable[..., Optional[Iterable[Emission]]],
        arguments: Tuple[Any, ...],
        message: Optional[Message],
        now_ns: int,
    ) -> bool:
        self._clock.begin(now_ns)
        sent = False
        try:
            emissions = act(*arguments)
            if emissions:
                origin = message.origin if message is not None else None
                for output, value, time_ns in emissions:
                    self._writers[output].write(value, time_ns or 0, origin)
                    sent = True
        except StopProducing:
            self._end()
        except Exception as error:  # noqa: BLE001 - faults of nodes stay here
            self._answer_fault(phase, error, message)
        self._checkpoint.look(self._clock.end())
        return sent

    def _answer_fault(
        self, phase: str, error: Exception, message: Optional[Message]
    ) -> None:
        answer = self._on_error
        if answer == "skip" and phase == "produce" and self._driver.is_generator:
            answer = "end"  # a generator can't go on after an exception
        self._clock.count_fault()
        self._tell_fault(phase, error, message, answer)
        if answer == "stop_run":
            self._tell(StopAsked(self.name, format_error(error), failed=True))
        elif answer == "restart":
            raise RestartWanted(self.name)
        elif answer == "end":
            self._end(failed=True)


def _refuse_fixed(spec: Optional[ParameterSpec], node: str) -> None:
    if spec is None or spec.live:
        return  # an unknown name is refused by the node itself
    raise NodeError(
        f'the parameter "{node}.{spec.name}" can\'t change during a run.',
        code="RV-N24",
        mend="stop the run and change it in the graph, or declare it live",
    )
