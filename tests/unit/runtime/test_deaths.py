"""What follows from the end of a process, decided without one."""

from __future__ import annotations

import asyncio

import pytest

from ranvier.runtime._crew import AT_ONCE, WorkerState
from ranvier.runtime._deaths import describe_code, name_signal, split_code
from ranvier.runtime._lifecycle import FinishReason, RunState
from ranvier.worker import FAILED_CODE, RESTART_CODE


def die(rehearsal, name, code, *more):
    """Let processes of a node end, one after another."""

    async def run():
        member = rehearsal.member(name)
        for each in (code, *more):
            rehearsal.deaths.see_exit(member, each)
        rehearsal.stage.cancel()
        return member

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("code", "words", "fields"),
    [
        (-9, "SIGKILL", {"exit_code": None, "signal": "SIGKILL"}),
        (-40, "signal 40", {"exit_code": None, "signal": "signal 40"}),
        (3, "exit code 3", {"exit_code": 3, "signal": None}),
        (0, "exit code 0", {"exit_code": 0, "signal": None}),
    ],
)
def test_an_exit_code_is_put_into_words(code, words, fields):
    assert describe_code(code) == words
    assert split_code(code) == fields


def test_a_signal_without_a_name_is_a_number():
    assert (name_signal(11), name_signal(199)) == ("SIGSEGV", "signal 199")


def test_a_process_that_dies_waits_for_its_restart(rehearsal):
    rehearsal.begin()
    member = die(rehearsal, "brain", -11)

    assert member.state is WorkerState.WAITING
    assert member.book.total == 1
    assert rehearsal.problems() == []
    assert rehearsal.stage.last_faults == {"brain": "the process died (SIGSEGV)"}
    assert rehearsal.audit("node_exited")[0][1]["why"] == "by itself"


def test_one_that_dies_again_and_again_stays_down_and_fails_the_run(rehearsal):
    rehearsal.begin()
    member = die(rehearsal, "brain", -11, -11)
    stage = rehearsal.stage

    assert member.state is WorkerState.DOWN
    assert stage.machine.reason is FinishReason.FAILED
    assert stage.machine.state is RunState.RUNNING
    assert "brain" in stage.ended
    assert rehearsal.problems() == ["brain stays down after 1 restarts."]


def test_one_that_dies_while_the_run_ends_is_told(rehearsal):
    rehearsal.begin(RunState.STOPPING)
    member = die(rehearsal, "brain", -11)

    assert member.state is WorkerState.DOWN
    assert rehearsal.stage.machine.reason is FinishReason.FAILED
    assert "since the run was ending" in rehearsal.problems()[0]


def test_a_policy_may_end_the_run_with_its_node(rehearsal):
    rehearsal.begin()
    member = die(rehearsal, "hand", -11)
    machine = rehearsal.stage.machine

    assert member.state is WorkerState.DOWN
    assert (machine.state, machine.reason) == (RunState.STOPPING, FinishReason.FAILED)


@pytest.mark.parametrize(
    ("code", "killed_for", "fault"),
    [
        (0, "", None),
        (-11, "", "the process died (SIGSEGV)"),
        (-9, "it did not end when told to", "it did not end when told to"),
        (-9, AT_ONCE, None),
        (RESTART_CODE, "", None),
        (FAILED_CODE, "", None),
    ],
)
def test_the_end_of_one_that_was_told_to_exit(rehearsal, code, killed_for, fault):
    rehearsal.begin(RunState.STOPPING)
    member = rehearsal.member("brain")
    member.was_told_to_exit, member.was_killed_for = True, killed_for
    die(rehearsal, "brain", code)

    assert member.state is WorkerState.EXITED
    assert rehearsal.stage.last_faults.get("brain") == fault
    assert rehearsal.problems() == []
    assert rehearsal.looks


def test_a_death_before_the_begin_fails_the_start(rehearsal):
    rehearsal.describe()
    rehearsal.stage.machine.state = RunState.STARTING
    die(rehearsal, "brain", 3)

    assert rehearsal.stage.machine.reason is FinishReason.FAILED
    (error,) = rehearsal.stage.errors
    assert error["found"].startswith("exit code 3 ")


def test_what_a_start_has_said_itself_is_not_said_twice(rehearsal):
    rehearsal.describe()
    rehearsal.stage.machine.state = RunState.STARTING
    rehearsal.stage.errors.append({"problem": "it can't start"})
    die(rehearsal, "brain", FAILED_CODE)

    assert rehearsal.problems() == ["it can't start"]


def test_an_interpreter_that_is_not_there_fails_the_start(rehearsal):
    rehearsal.stage.machine.state = RunState.STARTING
    member = rehearsal.member("brain")
    rehearsal.deaths.see_failed_spawn(member, FileNotFoundError("no python"))

    assert member.is_gone
    assert rehearsal.stage.errors[0]["code"] == "RV-R12"
    assert rehearsal.stage.errors[0]["found"] == "no python"


@pytest.mark.parametrize(
    ("state", "has_begun", "is_told"),
    [
        (WorkerState.WAITING, True, True),
        (WorkerState.WAITING, False, False),  # its first process, not yet started
        (WorkerState.RUNNING, True, False),
        (WorkerState.DOWN, True, False),  # told when it was given up
    ],
)
def test_one_that_is_dead_when_the_run_ends_fails_it(
    rehearsal, state, has_begun, is_told
):
    rehearsal.begin()
    rehearsal.stage.begin_ns = int(has_begun)
    member = rehearsal.member("brain")
    member.state = state
    rehearsal.deaths.note_dead(member)
    failed = rehearsal.stage.machine.reason is FinishReason.FAILED

    assert failed is is_told
    assert rehearsal.problems() == ["brain was dead when the run ended."] * is_told
