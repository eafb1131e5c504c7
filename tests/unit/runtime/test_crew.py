"""Whom a start that takes too long waits for: those, and nobody who waits as well."""

from __future__ import annotations

import pytest

from ranvier.links import Board, NodeField
from ranvier.runtime._crew import Member, WorkerState, find_late, name_busy
from ranvier.runtime._plan import plan_workers

W = WorkerState


@pytest.mark.parametrize(
    ("states", "phase", "late"),
    [
        ((W.STARTING, W.DESCRIBED, W.DESCRIBED), "load", ["eye"]),
        ((W.DESCRIBED, W.STARTING, W.STARTING), "load", ["brain", "hand"]),
        ((W.READY, W.DESCRIBED, W.READY), "setup", ["brain"]),
        ((W.READY, W.DESCRIBED, W.EXITED), "setup", ["brain"]),
        ((W.READY, W.READY, W.READY), "", []),
    ],
)
def test_only_those_are_late_that_the_others_wait_for(rehearsal, states, phase, late):
    crew = rehearsal.stage.crew
    for member, state in zip(crew, states, strict=True):
        member.state = state
    found, members = find_late(crew)

    assert (found, [member.name for member in members]) == (phase, late)


def test_of_a_group_the_node_is_named_that_is_being_set_up(rehearsal, tmp_path):
    fields = {"group": "fast"}
    nodes = {
        name: node.model_copy(update=fields)
        for name, node in rehearsal.graph.nodes.items()
    }
    graph = rehearsal.graph.model_copy(update={"nodes": nodes})
    (plan,) = plan_workers(graph, tmp_path, record=False)
    member = Member(plan, print, print, print)
    board = Board.in_memory(3, 0, 0)
    before = name_busy(member, None), name_busy(member, board)
    for index in (0, 1):
        board.values[board.node_row(index) + NodeField.PID] = 4121

    assert before == ("group-fast", "group-fast")
    assert name_busy(member, board) == "brain"


def test_one_that_waits_for_its_restart_does_not_start_again(rehearsal):
    member = rehearsal.member("brain")
    member.state = W.WAITING
    member.tell_exit("exit")

    assert member.is_gone
    assert member.was_told_to_exit


def test_words_of_the_process_before_are_not_heard(rehearsal):
    heard = []
    plan = rehearsal.member("brain").plan
    member = Member(plan, lambda _, word: heard.append(word), print, print)
    before = member.process
    member.renew()
    before._on_word("late")
    member.process._on_word("now")

    assert heard == ["now"]
