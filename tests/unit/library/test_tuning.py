"""Tuning curves on responses that are known."""

import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.library._response_statistics import ResponseStatistics
from ranvier.library.tuning import TuningCurves

RATE = 10
ON, OFF = 5, 5


def play(node, trials, respond, n_cells=2, late=None, seed=None):
    """Run trials of 5 frames on and 5 off after 5 frames of grey; give the results."""
    rng = np.random.default_rng(seed)
    results = []
    for frame in range(5 + len(trials) * (ON + OFF)):
        trial, phase = divmod(frame - 5, ON + OFF)
        if frame >= 5 and phase in (0, ON):
            node.on_stimulus(
                {
                    "trial": trial,
                    "direction_deg": float(trials[trial]),
                    "on": phase == 0,
                    "frame": frame,
                }
            )
        is_on = frame >= 5 and phase < ON
        row = respond(trials[trial]) if is_on else np.zeros(n_cells)
        row = row + (rng.normal(0, 0.1, n_cells) if seed is not None else 0.0)
        if late and frame < late[1]:
            row = row[: late[0]]
        result = node.process({"frame": frame, "dff": row.astype(np.float32)})
        if result is not None:
            results.append((frame, result))
    return results


def settings(**more):
    return {"rate_hz": RATE, "response_stop": 0.5, "baseline": 0.5, **more}


def test_curves_are_the_truth_and_come_at_the_end_of_each_window():
    truth = {0: np.array([1.0, 0.0]), 90: np.array([3.0, 5.0])}
    results = play(TuningCurves(**settings()), [90, 0, 90, 0], truth.__getitem__)
    last = results[-1][1]

    assert [frame for frame, _ in results] == [9, 19, 29, 39]
    np.testing.assert_array_equal([0.0, 90.0], last["directions"])
    np.testing.assert_allclose([[1, 3], [0, 5]], last["mean"], atol=1e-6)
    np.testing.assert_allclose(np.zeros((2, 2)), last["sem"], atol=1e-6)
    np.testing.assert_array_equal([2, 2], last["n_trials"])
    np.testing.assert_array_equal([90.0, 90.0], last["preferred"])
    assert (last["trial"], last["direction_deg"]) == (3, 0.0)


def test_a_baseline_is_taken_away_and_may_be_left():
    def shifted(_):
        return np.array([2.0, 2.0])

    for baseline, expected in ((0.5, 1.0), (0.0, 3.0)):
        node = TuningCurves(**settings(baseline=baseline))
        for frame in range(10):
            if frame == 5:
                node.on_stimulus({"trial": 0, "direction_deg": 0.0, "frame": 5})
            level = 2.0 + (frame >= 5)
            result = node.process({"frame": frame, "dff": np.float32([level])})

        np.testing.assert_allclose([expected], result["response"])


def test_noisy_trials_give_the_standard_error_of_the_mean():
    node = TuningCurves(**settings(baseline=0.0))
    results = play(node, [0] * 40, lambda _: np.ones(2), seed=1)
    responses = np.array([r["response"] for _, r in results])
    last = results[-1][1]

    np.testing.assert_allclose(responses.mean(axis=0), last["mean"][:, 0])
    sem = responses.std(axis=0, ddof=1) / np.sqrt(40)
    np.testing.assert_allclose(sem, last["sem"][:, 0])


def test_a_late_cell_has_no_part_in_trials_before_it():
    results = play(
        TuningCurves(**settings()),
        [0, 90, 0, 90],
        lambda d: np.array([1.0, 2.0 + d]),
        late=(1, 22),
    )
    first, last = results[0][1], results[-1][1]

    assert first["mean"].shape == (1, 1)
    np.testing.assert_array_equal([[2, 2], [1, 1]], last["counts"])
    np.testing.assert_allclose([[1, 1], [2, 92]], last["mean"])
    assert np.isnan(last["sem"][1]).all()


def test_a_cell_that_joins_within_a_window_without_baseline_is_not_judged():
    results = play(
        TuningCurves(**settings()), [0, 0], lambda _: np.ones(2), late=(1, 6)
    )

    assert np.isnan(results[0][1]["mean"]).tolist() == [[False], [True]]
    np.testing.assert_allclose([1, 1], results[1][1]["response"])


def test_a_nan_frame_is_left_out_of_the_mean():
    node = TuningCurves(**settings(baseline=0.0))
    node.on_stimulus({"trial": 0, "direction_deg": 0.0, "frame": 0})
    for frame, level in enumerate([4.0, np.nan, 4.0, np.nan, 4.0]):
        result = node.process({"frame": frame, "dff": np.float32([level])})

    np.testing.assert_allclose([4.0], result["response"])


def test_activity_that_comes_late_is_cut_at_the_frames_of_the_stimulus():
    node = TuningCurves(**settings())
    node.on_stimulus({"trial": 0, "direction_deg": 0.0, "on": True, "frame": 5})
    node.on_stimulus({"trial": 0, "direction_deg": 0.0, "on": False, "frame": 10})
    node.on_stimulus({"trial": 1, "direction_deg": 90.0, "on": True, "frame": 15})
    results = [
        node.process({"frame": f, "dff": np.float32([5 <= f < 10])}) for f in range(22)
    ]
    sent = [r for r in results if r is not None]

    assert [r["trial"] for r in sent] == [0, 1]
    np.testing.assert_allclose([1.0], sent[0]["response"])


def test_word_of_the_onset_may_come_after_its_frames():
    node = TuningCurves(**settings())
    for frame in range(10):
        if frame == 8:
            node.on_stimulus({"trial": 0, "direction_deg": 0.0, "frame": 5})
        result = node.process({"frame": frame, "dff": np.float32([frame >= 5])})

    np.testing.assert_allclose([1.0], result["response"])


def test_lost_frames_do_not_lose_the_trial():
    node = TuningCurves(**settings(baseline=0.0))
    node.on_stimulus({"trial": 0, "direction_deg": 0.0, "frame": 0})
    node.process({"frame": 0, "dff": np.float32([2.0])})
    result = node.process({"frame": 30, "dff": np.float32([9.0])})

    np.testing.assert_allclose([2.0], result["response"])


def test_a_trial_that_another_follows_is_closed():
    node = TuningCurves(**settings(baseline=0.0, response_stop=9.0))
    node.on_stimulus({"trial": 0, "direction_deg": 0.0, "frame": 0})
    node.process({"frame": 0, "dff": np.float32([2.0])})
    node.on_stimulus({"trial": 1, "direction_deg": 0.0, "frame": 1})
    result = node.process({"frame": 1, "dff": np.float32([5.0])})

    assert result["trial"] == 0
    np.testing.assert_allclose([2.0], result["response"])


def test_fewer_cells_begin_the_curves_anew():
    node = TuningCurves(**settings())
    play(node, [0], lambda _: np.ones(2))
    for frame in range(50, 70):
        if frame == 60:
            node.on_stimulus({"trial": 7, "direction_deg": 9.0, "frame": 60})
        result = node.process({"frame": frame, "dff": np.ones(1, np.float32)})
        if result is not None:
            break

    assert result["mean"].shape == (1, 1)
    np.testing.assert_array_equal([9.0], result["directions"])


def test_no_cells_at_all_are_no_fault():
    results = play(TuningCurves(**settings()), [0], lambda _: np.zeros(0), n_cells=0)

    assert results[0][1]["mean"].shape == (0, 1)
    assert results[0][1]["preferred"].shape == (0,)


@pytest.mark.parametrize("cut", [0, 3, 7, 11, 24])
def test_a_restart_at_any_frame_changes_no_result(cut):
    truth = np.random.default_rng(0).normal(size=(40, 2))
    shown = {5: (0, 0.0), 15: (1, 90.0), 25: (2, 0.0)}

    def feed(node, frames):
        sent = []
        for frame in frames:
            if frame in shown:
                trial, direction = shown[frame]
                node.on_stimulus(
                    {"trial": trial, "direction_deg": direction, "frame": frame}
                )
            row = truth[frame, : 1 + (frame > 12)]
            sent.append(node.process({"frame": frame, "dff": row}))
        return [s for s in sent if s is not None]

    whole, first, second = (TuningCurves(**settings()) for _ in range(3))
    expected = feed(whole, range(40))
    found = feed(first, range(cut))
    second.restore(first.checkpoint())
    found += feed(second, range(cut, 40))

    assert len(expected) == len(found) == 3
    for one, other in zip(expected, found, strict=True):
        for key in one:
            np.testing.assert_array_equal(one[key], other[key])


def test_a_missing_signal_or_value_is_named():
    node = TuningCurves(**settings())

    with pytest.raises(NodeError, match="dff"):
        node.process({"trace": np.zeros(3)})
    with pytest.raises(NodeError, match="direction_deg"):
        node.on_stimulus({"trial": 0, "contrast": 1.0})


def test_running_statistics_are_numpys_on_a_large_offset():
    rng = np.random.default_rng(3)
    values = rng.choice([0.0, 45.0, 90.0], 200)
    responses = 1e7 + rng.normal(size=(200, 3))
    responses[rng.random((200, 3)) < 0.2] = np.nan
    statistics = ResponseStatistics()
    for value, response in zip(values, responses, strict=True):
        statistics.add(value, response)

    for column, value in enumerate(statistics.values):
        chosen = responses[values == value]
        mean, variance = np.nanmean(chosen, axis=0), np.nanvar(chosen, axis=0, ddof=1)
        np.testing.assert_allclose(mean, statistics.mean[:, column], rtol=1e-12)
        np.testing.assert_allclose(variance, statistics.variance[:, column], rtol=1e-6)
