"""The life of a run: every pair of state and event, and random walks through it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.runtime._lifecycle import (
    FINAL,
    Act,
    FinishReason,
    RunEvent,
    RunMachine,
    RunState,
    explain_refusal,
)

S, E, A, R = RunState, RunEvent, Act, FinishReason

# state: {event: (next state, acts, reason after it)}; all other events do nothing.
FOLLOWS = {
    S.CREATED: {
        E.START: (S.STARTING, [A.SPAWN_ALL], None),
        E.STOP: (S.STOPPING, [A.EXIT_ALL], R.STOPPED),
        E.ABORT: (S.STOPPING, [A.KILL_ALL], R.STOPPED),
    },
    S.STARTING: {
        E.ALL_DESCRIBED: (S.STARTING, [A.SET_UP_ALL], None),
        E.ALL_READY: (S.READY, [A.BEGIN_ALL], None),
        E.START_FAILED: (S.STOPPING, [A.EXIT_ALL], R.FAILED),
        E.FAIL: (S.STOPPING, [A.EXIT_ALL], R.FAILED),
        E.STOP: (S.STOPPING, [A.EXIT_ALL], R.STOPPED),
        E.ABORT: (S.STOPPING, [A.KILL_ALL], R.STOPPED),
        E.ALL_GONE: (S.FAILED, [A.CLOSE], R.FAILED),
    },
    S.READY: {
        E.BEGUN: (S.RUNNING, [], None),
        E.STOP: (S.STOPPING, [A.FINISH_SOURCES], R.STOPPED),
        E.FAIL: (S.STOPPING, [A.FINISH_SOURCES], R.FAILED),
        E.ABORT: (S.STOPPING, [A.KILL_ALL], R.STOPPED),
        E.ALL_GONE: (S.FAILED, [A.CLOSE], R.FAILED),
    },
    S.RUNNING: {
        E.PAUSE: (S.PAUSED, [A.PAUSE_SOURCES], None),
        E.STOP: (S.STOPPING, [A.FINISH_SOURCES], R.STOPPED),
        E.FAIL: (S.STOPPING, [A.FINISH_SOURCES], R.FAILED),
        E.ABORT: (S.STOPPING, [A.KILL_ALL], R.STOPPED),
        E.ALL_ENDED: (S.STOPPING, [A.EXIT_ALL], R.COMPLETED),
        E.ALL_GONE: (S.FAILED, [A.CLOSE], R.FAILED),
    },
    S.PAUSED: {
        E.RESUME: (S.RUNNING, [A.RESUME_SOURCES], None),
        E.STOP: (S.STOPPING, [A.FINISH_SOURCES], R.STOPPED),
        E.FAIL: (S.STOPPING, [A.FINISH_SOURCES], R.FAILED),
        E.ABORT: (S.STOPPING, [A.KILL_ALL], R.STOPPED),
        E.ALL_ENDED: (S.STOPPING, [A.EXIT_ALL], R.COMPLETED),
        E.ALL_GONE: (S.FAILED, [A.CLOSE], R.FAILED),
    },
    S.STOPPING: {
        E.FAIL: (S.STOPPING, [], R.FAILED),
        E.ALL_ENDED: (S.STOPPING, [A.EXIT_ALL], None),
        E.DRAIN_OVER: (S.STOPPING, [A.EXIT_ALL], None),
        E.EXIT_OVER: (S.STOPPING, [A.KILL_ALL], None),
        E.ABORT: (S.STOPPING, [A.KILL_ALL], None),
        E.ALL_GONE: (S.STOPPED, [A.CLOSE], None),
    },
    S.STOPPED: {E.FAIL: (S.FAILED, [], R.FAILED)},
    S.FAILED: {},
}


def test_the_table_above_knows_all_states():
    assert list(FOLLOWS) == list(RunState)


@pytest.mark.parametrize("event", RunEvent, ids=lambda event: event.name)
@pytest.mark.parametrize("state", RunState)
def test_every_event_in_every_state(state, event):
    machine = RunMachine()
    machine.state = state
    acts = machine.handle(event)
    after, expected, reason = FOLLOWS[state].get(event, (state, None, None))

    assert (machine.state, machine.reason) == (after, reason)
    assert acts == (None if expected is None else tuple(expected))


events = st.sampled_from(RunEvent)
# Nobody but the supervisor's own book-keeping says these; the rest is by chance.
LEGAL_STEPS = {
    (state, after): event
    for state, row in FOLLOWS.items()
    for event, (after, _, _) in row.items()
}


@given(st.lists(events, max_size=40))
def test_no_sequence_of_events_leaves_the_known_steps(sequence):
    machine = RunMachine()
    for event in sequence:
        before = machine.state
        acts = machine.handle(event)
        step = (before, machine.state)
        legal = step in LEGAL_STEPS or step == (S.STOPPING, S.FAILED)

        assert acts is None or legal
        assert (acts is None) == (event not in FOLLOWS[before])


@given(st.lists(events, max_size=40))
def test_an_abort_ends_every_run(sequence):
    machine = RunMachine()
    for event in [*sequence, E.ABORT, E.ALL_GONE]:
        machine.handle(event)

    assert machine.state in FINAL
    assert machine.reason is not None


@given(st.lists(events, max_size=40))
def test_a_final_state_is_final_and_says_what_the_reason_says(sequence):
    machine = RunMachine()
    closed = 0
    for event in sequence:
        before = machine.state, machine.reason
        acts = machine.handle(event) or ()
        closed += acts.count(A.CLOSE)
        if before[0] in FINAL and event is not E.FAIL:
            assert (machine.state, machine.reason) == before

    assert closed == (machine.state in FINAL)
    if closed:
        assert (machine.state is S.FAILED) == (machine.reason is R.FAILED)


def test_a_failure_after_all_have_gone_is_what_the_run_ended_with():
    machine = RunMachine()
    for event in (E.START, E.ALL_READY, E.BEGUN, E.ALL_ENDED, E.ALL_GONE, E.FAIL):
        machine.handle(event)

    assert (machine.state, machine.reason) == (S.FAILED, R.FAILED)


def test_a_failure_while_stopping_is_what_the_run_ended_with():
    machine = RunMachine()
    for event in (E.START, E.ALL_READY, E.BEGUN, E.STOP, E.FAIL, E.ALL_GONE):
        machine.handle(event)

    assert (machine.state, machine.reason) == (S.FAILED, R.FAILED)


def test_a_whole_life():
    machine = RunMachine()
    acts = [
        machine.handle(event)
        for event in (
            E.START, E.ALL_DESCRIBED, E.ALL_READY, E.BEGUN, E.PAUSE, E.RESUME,
            E.ALL_ENDED, E.ALL_GONE,
        )
    ]  # fmt: skip

    assert [act.name for step in acts for act in step] == [
        "SPAWN_ALL",
        "SET_UP_ALL",
        "BEGIN_ALL",
        "PAUSE_SOURCES",
        "RESUME_SOURCES",
        "EXIT_ALL",
        "CLOSE",
    ]
    assert (machine.state, machine.reason) == (S.STOPPED, R.COMPLETED)


@pytest.mark.parametrize("event", [E.PAUSE, E.RESUME, E.STOP, E.ABORT, E.START])
@pytest.mark.parametrize("state", RunState)
def test_a_refusal_is_a_sentence(state, event):
    sentence = explain_refusal(state, event)

    assert state.value in sentence
    assert sentence.endswith(".")
