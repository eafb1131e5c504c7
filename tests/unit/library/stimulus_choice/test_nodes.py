"""The choosers as nodes."""

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.library.stimulus_choice import BayesianChoice, BlockedChoice, UniformChoice
from ranvier.node import NodeDriver


def ended(trial, direction, response):
    return {"trial": trial, "direction_deg": direction, "response": np.array(response)}


@pytest.mark.parametrize("kind", [UniformChoice, BlockedChoice, BayesianChoice])
def test_each_end_of_a_trial_is_answered_with_the_next_stimulus(kind):
    node = kind(seed=1)
    node.setup()
    driver = NodeDriver(node)
    emitted = [
        emission
        for trial in range(5)
        for emission in driver.deliver("tuning", ended(trial, 45.0, [0.5, np.nan]))
        if emission.output == "stimulus"
    ]

    assert [e.value["trial"] for e in emitted] == [1, 2, 3, 4, 5]
    assert all(e.value["direction_deg"] in node.directions for e in emitted)


@pytest.mark.parametrize("kind", [UniformChoice, BlockedChoice, BayesianChoice])
def test_a_restart_changes_no_choice(kind):
    whole, first, second = kind(seed=2), kind(seed=2), kind()
    rng = np.random.default_rng(0)
    trials = [ended(i, 45.0 * rng.integers(8), rng.normal(size=3)) for i in range(14)]
    expected = [whole.process(trial) for trial in trials]
    for trial in trials[:6]:
        first.process(trial)
    second.setup()
    second.restore(first.checkpoint())
    found = [second.process(trial) for trial in trials[6:]]

    assert [_chosen(one) for one in expected[6:]] == [_chosen(one) for one in found]


def _chosen(result):
    return result.get("stimulus", result)


def test_without_a_seed_the_run_gives_one():
    one, same = BayesianChoice(), BayesianChoice()

    first, second = (n.process(ended(0, 0.0, [1.0])) for n in (one, same))
    assert first["stimulus"] == second["stimulus"]


def test_the_belief_goes_out_with_the_choice():
    node = BayesianChoice(seed=1, directions=[0, 120, 240])
    belief = node.process(ended(0, 0.0, [1.0, 2.0]))["belief"]

    np.testing.assert_array_equal([0, 120, 240], belief["direction_deg"])
    assert belief["mean"].shape == belief["sd"].shape == (2, 3)
    assert belief["worth"].shape == (3,)


def test_other_axes_are_chosen_by_name():
    node = BayesianChoice(seed=1, axes={"contrast": [0, 1, 3], "size_deg": [5, 50, 4]})
    node.setup()
    trial = {"trial": 3, "contrast": 0.5, "size_deg": 20.0, "response": np.ones(2)}
    result = node.process(trial)

    assert set(result["stimulus"]) == {"trial", "contrast", "size_deg"}
    assert result["stimulus"]["contrast"] in (0.0, 0.5, 1.0)
    assert result["belief"]["mean"].shape == (2, 12)


def test_what_is_sought_changes_live():
    node = BayesianChoice(seed=1)
    node.process(ended(0, 0.0, [1.0]))
    node.acquisition = "improvement"
    node.cells = [0]
    node.process(ended(1, 180.0, [0.0]))

    assert node.chooser.acquisition == "improvement"
    assert node.chooser.cells == [0]


@pytest.mark.parametrize("axis", [3, [0, 1], [0, 0, 5], [0, 1, 1], ["a", 1, 2]])
def test_an_axis_that_is_no_range_stops_the_start(axis):
    with pytest.raises(NodeError, match="contrast"):
        UniformChoice(axes={"contrast": axis}).setup()


def test_no_directions_stop_the_start():
    with pytest.raises(NodeError):
        UniformChoice(directions=[]).setup()
