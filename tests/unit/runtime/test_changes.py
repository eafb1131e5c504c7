"""Live changes: whoever asks gets an answer, and the audit trail has it."""

from __future__ import annotations

import asyncio

import pytest

from ranvier.core import RunError
from ranvier.runtime._control import Change
from ranvier.runtime._crew import WorkerState
from ranvier.worker import ParameterRefused, ParameterSet

GAIN = Change("brain", "gain", 2.0, "me")


def ask(rehearsal, then, change=GAIN):
    """Ask for a change, let something happen, give the answer."""

    async def run():
        answer = rehearsal.changes.ask(change)
        then()
        return await asyncio.wait_for(answer, 1.0)

    return asyncio.run(run())


def nothing():
    pass


def test_a_change_that_holds_is_answered_audited_and_kept(rehearsal):
    rehearsal.begin()
    word = ParameterSet(1, "brain", "gain", 1.0, 2.0, 40, 5)
    answer = ask(rehearsal, lambda: rehearsal.changes.hear_set(word))
    plan = rehearsal.member("brain").plan
    blueprint, keeper = rehearsal.stage.blueprint, rehearsal.stage.keeper

    assert answer == {"old": 1.0, "new": 2.0, "from_sequence": 40}
    ((node, fields),) = rehearsal.audit("parameter_changed")
    assert (node, fields["new"], fields["by"]) == ("brain", 2.0, "me")
    assert blueprint.parameters_of(plan, keeper) == {"brain": {"gain": 2.0}}


def test_a_secret_within_a_parameter_is_told_to_nobody(rehearsal):
    rehearsal.begin()
    old, new = {"user": "eve", "password": "oak"}, {"user": "eve", "password": "elm"}
    word = ParameterSet(1, "brain", "login", old, new, 40, 5)
    ask(
        rehearsal,
        lambda: rehearsal.changes.hear_set(word),
        Change("brain", "login", new, "me"),
    )

    (notice,) = rehearsal.stage.keeper.notices
    assert notice.count("'user': 'eve', 'password': '(withheld)'") == 2
    assert "elm" not in rehearsal.stage.keeper.folder.audit.read_text()


def test_a_refusal_is_audited_with_what_was_asked_for(rehearsal):
    rehearsal.begin()
    told = RunError("too high.", code="RV-X", mend="lower it").to_dict()
    word = ParameterRefused(1, "brain", "gain", told)
    with pytest.raises(RunError, match="too high"):
        ask(rehearsal, lambda: rehearsal.changes.hear_refused(word))

    ((node, fields),) = rehearsal.audit("parameter_refused")
    assert (node, fields["value"], fields["by"]) == ("brain", 2.0, "me")


def test_a_node_that_dies_before_it_answers_is_answered_for(rehearsal):
    rehearsal.begin()
    member = rehearsal.member("brain")
    with pytest.raises(RunError, match="died before it answered") as caught:
        ask(rehearsal, lambda: rehearsal.deaths.see_exit(member, -9))

    assert caught.value.code == "RV-R19"
    ((node, fields),) = rehearsal.audit("parameter_refused")
    assert (node, fields["value"], fields["by"]) == ("brain", 2.0, "me")
    assert fields["error"]["code"] == "RV-R19"


def test_what_another_process_was_asked_for_is_not_answered_at_a_death(rehearsal):
    rehearsal.begin()
    word = ParameterSet(1, "brain", "gain", 1.0, 2.0, 40, 5)

    def die_beside():
        rehearsal.changes.answer_for_dead(rehearsal.member("hand"))
        rehearsal.changes.hear_set(word)

    assert ask(rehearsal, die_beside)["new"] == 2.0
    assert rehearsal.audit("parameter_refused") == []


def test_who_has_given_up_is_not_answered_but_the_trail_has_it(rehearsal):
    rehearsal.begin()

    async def run():
        rehearsal.changes.ask(GAIN).cancel()
        rehearsal.changes.answer_for_dead(rehearsal.member("brain"))

    asyncio.run(run())

    assert len(rehearsal.audit("parameter_refused")) == 1


@pytest.mark.parametrize(
    "state", [state for state in WorkerState if state is not WorkerState.RUNNING]
)
def test_a_node_that_does_not_run_is_not_asked(rehearsal, state):
    rehearsal.begin()
    rehearsal.member("brain").state = state
    with pytest.raises(RunError, match=f'"brain" is {state}') as caught:
        ask(rehearsal, nothing)

    assert caught.value.mend
    assert len(rehearsal.audit("parameter_refused")) == 1


def test_a_node_that_is_not_there_is_named_with_those_that_are(rehearsal):
    rehearsal.begin()
    with pytest.raises(RunError, match="no node") as caught:
        ask(rehearsal, nothing, Change("brian", "gain", 2.0, "me"))

    assert caught.value.wanted == "eye, brain, hand"
    assert rehearsal.audit("parameter_refused")[0][0] == "brian"
