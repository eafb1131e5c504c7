import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.responses import (
    mask_subsequent_events,
    normalise_responses,
    subtract_baseline,
)
from ranvier.core import AnalysisError

T = np.arange(-30, 30) / 30
ORDER = ["stim", "move", "feedback"]


@pytest.fixture
def rows():
    values = np.random.default_rng(1).normal(2, 1, (2, 5, 60))
    values[0, 1, 28] = np.nan
    return values


def test_the_baseline_is_the_mean_of_its_three_samples(rows):
    found = subtract_baseline(rows, T)
    plain = [[row - np.nanmean(row[27:30]) for row in channel] for channel in rows]

    np.testing.assert_allclose(found, plain, atol=1e-12, rtol=0)


def test_change_from_baseline_is_a_fraction_of_it(rows):
    found = normalise_responses(rows, T, (-0.2, 0))
    base = np.nanmean(rows[..., 24:30], axis=-1, keepdims=True)

    np.testing.assert_allclose(found, (rows - base) / base, atol=1e-12, rtol=0)
    np.testing.assert_array_equal(
        normalise_responses(rows, T, divide=False), subtract_baseline(rows, T)
    )


def test_a_row_without_baseline_is_nan_and_a_zero_one_divides_nothing():
    values = np.vstack([np.where(T < 0, np.nan, 1.0), np.where(T < 0, 0.0, 1.0)])

    assert np.isnan(subtract_baseline(values, T)[0]).all()
    assert np.isnan(normalise_responses(values, T)).all()


def test_what_follows_the_next_event_is_masked_as_by_a_plain_loop():
    rng = np.random.default_rng(2)
    times = pd.DataFrame({"stim": rng.uniform(0, 100, 8)})
    times["move"] = times["stim"] + rng.uniform(-0.1, 0.8, 8)
    times["feedback"] = times["move"] + rng.uniform(0.1, 0.8, 8)
    times.loc[3, "move"] = np.nan
    values = {name: rng.normal(size=(8, 60)) for name in (*ORDER, "other")}
    found = mask_subsequent_events(values, T, times, ORDER)

    for one, following in (("stim", "move"), ("move", "feedback")):
        for trial in range(8):
            for sample in range(60):
                late = T[sample] > times[following][trial] - times[one][trial]
                kept = found[one][trial, sample] == values[one][trial, sample]
                assert kept != late
    np.testing.assert_array_equal(found["feedback"], values["feedback"])
    np.testing.assert_array_equal(found["other"], values["other"])


def test_masking_leaves_what_it_was_given():
    values = {name: np.ones((1, 60)) for name in ORDER}
    mask_subsequent_events(values, T, {name: np.zeros(1) for name in ORDER}, ORDER)

    assert not any(np.isnan(v).any() for v in values.values())


def test_an_event_without_responses_or_times_is_named():
    with pytest.raises(AnalysisError, match="not there") as caught:
        mask_subsequent_events({"stim": np.ones((1, 60))}, T, {"stim": [0.0]}, ORDER)

    assert caught.value.wanted == "move, feedback"


@pytest.mark.parametrize(
    "call",
    [
        lambda: subtract_baseline(np.ones((2, 60)), T, (2.0, 3.0)),
        lambda: subtract_baseline(np.ones((2, 59)), T),
        lambda: subtract_baseline(np.ones((2, 0)), []),
        lambda: mask_subsequent_events(
            {n: np.ones((2, 60)) for n in ORDER}, T, {n: [0.0] for n in ORDER}, ORDER
        ),
    ],
)
def test_windows_and_shapes_that_do_not_fit_are_said(call):
    with pytest.raises(AnalysisError) as caught:
        call()

    assert caught.value.mend
