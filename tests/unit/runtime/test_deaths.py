"""What follows from the end of a process, decided without one."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ranvier.links import Board, NodeField
from ranvier.runtime._crew import AT_ONCE, WorkerState
from ranvier.runtime._lifecycle import FinishReason, RunState
from ranvier.worker import FAILED_CODE, RESTART_CODE, MadeSafe


def die(rehearsal, name, code, *more):
    """Let processes of a node end, one after another."""

    async def run():
        member = rehearsal.member(name)
        for each in (code, *more):
            rehearsal.deaths.see_exit(member, each)
        await rehearsal.stage.wait_for_kept()
        rehearsal.stage.cancel()
        return member

    return asyncio.run(run())


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
    assert rehearsal.problems() == ["brain stays down after 1 restart."]


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
        (WorkerState.STARTING, True, True),  # its second, not yet ready
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


SAFE = MadeSafe("hand", "its process died", ends=True)
STUCK = MadeSafe("hand", "its process died", "OSError: valve stuck", ends=True)


def give_safe_state(rehearsal, code=0, words=(SAFE,)):
    """Let the hand have a safe state, and say how the process ends that calls it."""
    specs = rehearsal.stage.blueprint.specs
    specs["hand"] = msgspec.structs.replace(specs["hand"], has_safe_state=True)
    rehearsal.words, rehearsal.code = words, code


@pytest.mark.parametrize("was_told", [False, True])
def test_one_that_is_killed_in_its_setup_is_made_safe(rehearsal, was_told):
    rehearsal.describe()
    stage = rehearsal.stage
    stage.board, stage.machine.state = Board.in_memory(3, 0, 0), RunState.STARTING
    rehearsal.member("hand").was_told_to_exit = was_told
    give_safe_state(rehearsal)
    die(rehearsal, "hand", -9)

    assert rehearsal.spawned == ["hand"]
    assert len(rehearsal.audit("safe_state_called")) == 1


def test_one_that_had_not_come_to_its_setup_is_left_alone(rehearsal):
    rehearsal.describe()
    stage = rehearsal.stage
    stage.board, stage.machine.state = Board.in_memory(3, 0, 0), RunState.STARTING
    stage.board.values[stage.board.node_row(2) + NodeField.PID] = 4121
    give_safe_state(rehearsal)
    die(rehearsal, "hand", -9)

    assert rehearsal.spawned == []


@pytest.mark.parametrize(
    ("word", "n_helpers"),
    [
        (SAFE, 0),
        (STUCK, 1),
        (MadeSafe("hand", "the inputs were silent for 1 s"), 1),
    ],
)
def test_one_that_was_safe_before_it_died_needs_no_other(rehearsal, word, n_helpers):
    rehearsal.begin(RunState.STOPPING)
    give_safe_state(rehearsal)
    member = rehearsal.member("hand")
    member.was_told_to_exit = True
    rehearsal.hearing.hear(member, word)
    die(rehearsal, "hand", -9)

    assert len(rehearsal.spawned) == n_helpers


@pytest.mark.parametrize(
    ("words", "code", "problems"),
    [
        ((SAFE,), 0, []),
        ((SAFE,), -9, []),  # its teardown hung: it is safe all the same
        ((STUCK,), 0, ["OSError: valve stuck"]),
        ((STUCK,), -9, ["OSError: valve stuck"]),
        ((), -11, ["SIGSEGV"]),
        ((), 0, ["exit code 0"]),
    ],
)
def test_what_could_not_be_made_safe_is_told_once(rehearsal, words, code, problems):
    rehearsal.begin(RunState.STOPPING)
    give_safe_state(rehearsal, code, words)
    member = rehearsal.member("hand")
    member.was_told_to_exit = True
    die(rehearsal, "hand", -9)

    assert rehearsal.problems() == [
        f'the node "hand" could not be made safe: {why}' for why in problems
    ]


def test_a_run_whose_node_was_left_unsafe_after_all_had_gone_has_failed(rehearsal):
    rehearsal.begin(RunState.STOPPED)
    rehearsal.stage.machine.reason = FinishReason.COMPLETED
    give_safe_state(rehearsal, 0, (STUCK,))
    member = rehearsal.member("hand")
    member.was_told_to_exit = True
    die(rehearsal, "hand", -9)

    assert rehearsal.stage.machine.reason is FinishReason.FAILED
    assert rehearsal.stage.machine.state is RunState.FAILED


class FakeGuard:
    """Knows which processes it is told of."""

    def __init__(self):
        self.removed = []

    def remove(self, pid):
        self.removed.append(pid)


def test_the_guard_forgets_the_process_that_made_safe(rehearsal):
    rehearsal.begin(RunState.STOPPING)
    guard = rehearsal.stage.guard = FakeGuard()
    give_safe_state(rehearsal)
    rehearsal.member("hand").was_told_to_exit = True
    die(rehearsal, "hand", -9)

    assert len(guard.removed) == 2


def test_an_interpreter_without_ranvier_is_called_that(rehearsal):
    rehearsal.describe()
    member = rehearsal.member("brain")
    member.state = WorkerState.STARTING
    log = rehearsal.stage.keeper.folder.log("brain")
    log.parent.mkdir(exist_ok=True)
    log.write_text("Traceback:\nModuleNotFoundError: No module named 'ranvier'\n")
    rehearsal.deaths.see_exit(member, 1)

    (error,) = rehearsal.stage.errors
    assert error["found"].startswith("its interpreter has no ranvier: ")
    assert error["mend"] == "install ranvier there too, or correct python"
