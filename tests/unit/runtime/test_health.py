from __future__ import annotations

import pytest

from ranvier.core import RunError, rebuild_error
from ranvier.links import NodeField
from ranvier.runtime._health import Health, describe_unrecorded
from ranvier.runtime._status import NodeStatus, StatusTracker


def test_a_step_that_hangs_is_told_as_an_error_with_its_mend(rehearsal) -> None:
    rehearsal.begin()
    stage, member = rehearsal.stage, rehearsal.member("brain")
    streams = stage.blueprint.streams
    health = Health(
        stage.board, streams, stage.keeper, StatusTracker(stage.board, streams)
    )
    member.plan = member.plan._replace(step_limit_s=1e-9)
    row = stage.board.node_row(member.plan.nodes[0].index)
    stage.board.values[row + NodeField.STEP_SINCE] = 1
    (found,) = health.look([member])

    error = rebuild_error(found.fields["error"])
    assert type(error) is RunError
    assert error.problem == found.why
    assert (error.code, "step_limit" in error.mend) == ("RV-R20", True)


def test_a_full_disk_is_mended_by_space() -> None:
    error = describe_unrecorded("eye.frame", 0, 7)

    assert error.problem == 'the recording lacks 7 messages of "eye.frame".'
    assert error.found == "7 were refused by the disk"
    assert error.mend == "make space on the disk"


def test_a_recorder_that_fell_behind_is_not_blamed_on_the_disk_alone() -> None:
    error = describe_unrecorded("eye.frame", 7, 0)

    assert error.found == "7 did not reach the recorder"
    assert "keep up" in error.mend
    assert "less to do" in error.mend


def test_both_causes_are_counted() -> None:
    error = describe_unrecorded("eye.frame", 2, 5)

    assert error.problem.startswith("the recording lacks 7 messages of")
    assert "2 did not reach" in error.found
    assert "5 were refused" in error.found


@pytest.mark.parametrize(
    ("steps", "faults", "has_finished", "expected"),
    [
        (100, 3, False, 0),  # 97 went well, 48 at the last look
        (62, 14, False, 12),
        (63, 14, True, 12),  # the last of them was `finish`
        (63, 14, False, 0),
        (50, 2, False, 0),
    ],
)
def test_faults_since_a_step_that_went_well_are_counted(
    rehearsal, steps, faults, has_finished, expected
) -> None:
    rehearsal.begin()
    stage = rehearsal.stage
    streams = stage.blueprint.streams
    tracker = StatusTracker(stage.board, streams)
    health = Health(stage.board, streams, stage.keeper, tracker)
    row = rehearsal.member("brain").plan.nodes[0].index
    for field, count in ((NodeField.STEPS, 50), (NodeField.FAULTS, 2)):
        stage.board.values[stage.board.node_row(row) + field] = count
    health.look(stage.crew)
    if has_finished:  # and was looked at before the node was known to have ended
        for field, count in ((NodeField.STEPS, steps), (NodeField.FAULTS, faults)):
            stage.board.values[stage.board.node_row(row) + field] = count
        health.look(stage.crew)
    node = NodeStatus("brain", "running", steps=steps, faults=faults)

    assert health.count_failing(node, has_finished=has_finished) == expected


def test_a_recorder_that_died_is_not_told_to_take_a_quicker_disk() -> None:
    error = describe_unrecorded("eye.frame", 7, 0, has_died=True)

    assert "what ended the recorder" in error.mend
    assert "disk" not in error.mend
