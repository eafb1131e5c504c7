"""What follows from the words of workers, decided without one."""

from __future__ import annotations

import pytest

from ranvier.runtime._crew import WorkerState
from ranvier.runtime._hearing import _last_place
from ranvier.runtime._lifecycle import FinishReason, RunState
from ranvier.worker import (
    Ended,
    Failed,
    Fault,
    MadeSafe,
    Noted,
    Ready,
    Showed,
    StopAsked,
    Word,
)

ERROR = {"type": "ValueError", "problem": "ValueError: no", "code": "RV-N20"}
TRACE = """\
Traceback (most recent call last):
  File "/rig/nodes.py", line 7, in setup
    self.open()
ValueError: no
"""


def hear(rehearsal, *words, member="brain"):
    for word in words:
        rehearsal.hearing.hear(rehearsal.member(member), word)


def test_the_run_is_ready_when_the_last_worker_is(rehearsal):
    rehearsal.describe()
    stage = rehearsal.stage
    stage.machine.state = RunState.STARTING
    states = []
    for member in stage.crew:
        rehearsal.hearing.hear(member, Ready(0.1))
        states.append(stage.machine.state)

    assert states == [RunState.STARTING, RunState.STARTING, RunState.READY]
    assert len(rehearsal.audit("node_ready")) == 3


def test_one_that_was_started_again_runs_at_once(rehearsal):
    rehearsal.begin()
    rehearsal.member("brain").state = WorkerState.DESCRIBED
    hear(rehearsal, Ready(0.1))

    assert rehearsal.member("brain").state is WorkerState.RUNNING


def test_a_fault_is_written_with_its_answer_and_stays_the_last(rehearsal):
    rehearsal.begin()
    cause = {"stream": 0, "sequence": 4, "time_ns": 1}
    hear(rehearsal, Fault("brain", "process", ERROR, TRACE, 1, "end", cause))

    ((node, fields),) = rehearsal.audit("fault")
    assert (node, fields["stream"], fields["sequence"]) == ("brain", "eye.o", 4)
    assert fields["answer"] == "end"
    assert rehearsal.stage.last_faults == {"brain": "ValueError: no (process)"}


def test_a_source_that_ended_at_its_fault_fails_the_run(rehearsal):
    rehearsal.begin()
    words = (Fault("eye", "produce", ERROR, TRACE, 1, "end"), Ended("eye", failed=True))
    hear(rehearsal, *words, member="eye")
    (error,) = rehearsal.stage.errors

    assert rehearsal.stage.machine.reason is FinishReason.FAILED
    assert rehearsal.stage.machine.state is RunState.RUNNING
    assert error["found"] == "ValueError: no (produce)"
    assert rehearsal.stage.ended == {"eye"}


def test_a_source_that_ends_in_its_time_is_no_failure(rehearsal):
    rehearsal.begin()
    hear(rehearsal, Ended("eye"), member="eye")

    assert rehearsal.stage.errors == []
    assert rehearsal.audit("stream_ended")[0][1]["stream"] == "eye.o"
    assert rehearsal.looks


def test_a_node_that_can_not_start_says_where(rehearsal):
    rehearsal.describe()
    rehearsal.stage.machine.state = RunState.STARTING
    hear(rehearsal, Failed("brain", "setup", ERROR, TRACE))
    (error,) = rehearsal.stage.errors

    assert rehearsal.stage.machine.reason is FinishReason.FAILED
    assert error["where"] == 'File "/rig/nodes.py", line 7, in setup'
    assert "setup failed: ValueError: no" in error["problem"]


def test_a_restart_that_fails_does_not_fail_the_run(rehearsal):
    rehearsal.begin()
    hear(rehearsal, Failed("brain", "setup", ERROR, TRACE))

    assert rehearsal.stage.errors == []
    assert rehearsal.stage.last_faults == {"brain": "setup failed: ValueError: no"}
    assert len(rehearsal.audit("node_failed")) == 1


@pytest.mark.parametrize(
    ("failed", "reason"), [(False, FinishReason.STOPPED), (True, FinishReason.FAILED)]
)
def test_a_node_may_ask_for_the_end(rehearsal, failed, reason):
    rehearsal.begin()
    hear(rehearsal, StopAsked("brain", "enough", failed=failed))

    assert rehearsal.stage.machine.state is RunState.STOPPING
    assert rehearsal.stage.machine.reason is reason


def test_a_node_that_could_not_be_made_safe_fails_the_run(rehearsal):
    rehearsal.begin()
    hear(rehearsal, MadeSafe("brain", "the node ended", TRACE))

    assert rehearsal.problems() == [
        'the node "brain" could not be made safe: ValueError: no'
    ]


def test_a_node_can_not_write_lines_of_the_supervisor(rehearsal):
    rehearsal.begin()
    hear(rehearsal, Noted("brain", "ha", "run_finished", {"reason": "completed"}))

    assert rehearsal.audit("run_finished") == []
    assert rehearsal.audit("note")[0][1]["what"] == "run_finished"


def test_the_newest_value_shown_stands(rehearsal):
    rehearsal.begin()
    hear(rehearsal, Showed("brain", "cells", "3"), Showed("brain", "cells", "4"))

    assert rehearsal.stage.shown == {"brain: cells": "4"}


def test_a_word_that_no_worker_says_is_refused(rehearsal):
    class Strange(Word, tag="strange", frozen=True):
        pass

    with pytest.raises(TypeError, match="Strange"):
        hear(rehearsal, Strange())


def test_without_a_place_of_the_user_none_is_named():
    assert _last_place("ValueError: no") == ""
