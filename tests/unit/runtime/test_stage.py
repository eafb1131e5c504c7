"""What the parts of a supervisor share: nothing that goes wrong there is silent."""

from __future__ import annotations

import asyncio

from ranvier.core import RunError
from ranvier.runtime._lifecycle import FinishReason


async def go_wrong():
    raise LookupError("nobody home")


def test_what_fails_beside_the_rest_fails_the_run(rehearsal):
    rehearsal.begin()
    stage = rehearsal.stage

    async def run():
        stage.keep(go_wrong())
        await stage.wait_for_kept()

    asyncio.run(run())

    assert stage.machine.reason is FinishReason.FAILED
    assert rehearsal.problems() == ["the supervisor failed: LookupError('nobody home')"]


def test_a_failure_that_comes_again_is_told_once(rehearsal):
    rehearsal.begin()
    stage = rehearsal.stage
    for _ in range(3):
        stage.fail("the lamp is out")
        stage.fail_for(LookupError("nobody home"), ' at "brain"')
        stage.note_failure(RunError("no light", code="RV-R16", mend="wait"))

    told = [
        "the lamp is out",
        "the supervisor failed at \"brain\": LookupError('nobody home')",
        "no light",
    ]
    assert rehearsal.problems() == stage.keeper.notices == told
    assert stage.machine.reason is FinishReason.FAILED


def test_an_error_that_comes_again_is_kept_once(rehearsal):
    for problem in ("no", "no", "never"):
        rehearsal.stage.add_error(RunError(problem, code="RV-R16", mend="rest"))

    assert rehearsal.problems() == ["no", "never"]
