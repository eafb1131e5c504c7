import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.analysis.behaviour import (
    find_block_lengths,
    find_blocks,
    find_short_blocks,
    fix_block_structure,
    reconstruct_probability_left,
    validate_block_match,
    validate_block_structure,
)
from ranvier.analysis.faults import BlockStructureBug, MissingBlockInfo, TrialFault
from ranvier.core import AnalysisError

PLANNED = [(90, 0.5), (33, 0.2), (86, 0.8), (25, 0.2)]


@pytest.fixture
def plan():
    """Lengths and positions of a planned session, exactly at their probabilities."""
    rng = np.random.default_rng(0)
    positions = np.concatenate(
        [rng.permutation(np.where(np.arange(n) < n * p, -35, 35)) for n, p in PLANNED]
    )
    return [n for n, _ in PLANNED], positions


@given(st.lists(st.sampled_from([0.2, 0.5, 0.8, np.nan])))
def test_blocks_put_together_are_the_trials(trials):
    blocks = find_blocks(trials)

    np.testing.assert_array_equal(
        np.repeat(blocks.probabilities, blocks.lengths), np.array(trials)
    )
    assert blocks.lengths.sum() == len(trials)
    assert (blocks.lengths > 0).all()


def test_lengths_are_those_of_runs():
    assert find_block_lengths([0.5] * 3 + [0.2] * 2 + [0.5]).tolist() == [3, 2, 1]
    assert find_block_lengths([]).tolist() == []


def test_the_last_block_may_be_short():
    assert find_short_blocks([0.5] * 90 + [0.2] * 3).tolist() == []
    assert find_short_blocks([0.5] * 90 + [0.2] * 9 + [0.8] * 10).tolist() == [1]
    assert find_short_blocks([]).tolist() == []


def test_a_training_session_is_50_50_throughout():
    validate_block_structure([0.5] * 10, "training")
    with pytest.raises(BlockStructureBug, match="50"):
        validate_block_structure([0.5] * 10 + [0.9], "training")


@pytest.mark.parametrize("kind", ["biased", "ephys"])
def test_a_biased_session_has_no_short_block(kind):
    validate_block_structure([0.5] * 90 + [0.2] * 20 + [0.8] * 2, kind)
    with pytest.raises(BlockStructureBug, match="shorter") as caught:
        validate_block_structure([0.5, 0.2] * 30, kind, session="s1")

    assert caught.value.where == "session s1"


def test_another_type_of_session_is_refused():
    with pytest.raises(AnalysisError, match="session_type"):
        validate_block_structure([0.5], "histology")


def test_planned_probabilities_come_back_from_the_positions(plan):
    found = reconstruct_probability_left(*plan)

    np.testing.assert_array_equal(
        found, np.repeat(*zip(*[(p, n) for n, p in PLANNED], strict=True))
    )


def test_a_plan_ends_where_its_positions_do(plan):
    lengths, positions = plan

    assert reconstruct_probability_left(lengths, positions[:100]).size == 100
    assert reconstruct_probability_left(lengths[:1], positions).size == 90


@pytest.mark.parametrize("plan", [([], [1.0]), ([2], []), ([0, 2], [1.0, 2.0])])
def test_no_plan_is_a_fault(plan):
    with pytest.raises(MissingBlockInfo):
        reconstruct_probability_left(*plan)


def test_trials_that_match_pass_and_others_are_repaired(plan):
    planned = reconstruct_probability_left(*plan)
    trials = pd.DataFrame({"probabilityLeft": planned[:200].copy(), "choice": 1})
    validate_block_match(trials["probabilityLeft"], planned)
    broken = trials.assign(
        probabilityLeft=trials["probabilityLeft"].where(trials.index != 120, 0.8)
    )
    with pytest.raises(BlockStructureBug) as caught:
        validate_block_match(broken["probabilityLeft"], planned)
    assert "first is 120" in caught.value.found

    pd.testing.assert_frame_equal(fix_block_structure(broken, planned), trials)
    assert broken["probabilityLeft"][120] == 0.8


def test_a_plan_that_is_too_short_is_a_fault():
    trials = pd.DataFrame({"probabilityLeft": [0.5, 0.5]})
    with pytest.raises(MissingBlockInfo):
        fix_block_structure(trials, [0.5])
    with pytest.raises(MissingBlockInfo):
        validate_block_match([0.5, 0.5], [0.5])
    with pytest.raises(TrialFault, match="probabilityLeft"):
        fix_block_structure(pd.DataFrame({"choice": [1]}), [0.5])
