import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.qc import (
    SLIDING_METRICS,
    compute_ar1,
    compute_ar_score,
    compute_median_absolute_deviance,
    compute_percentile_asymmetry,
    compute_percentile_distance,
    compute_sliding_qc,
    compute_unique_fraction,
)
from ranvier.core import AnalysisError

RATE = 10.0


def make_channels(minutes=8, seed=0):
    """Bleaching and coloured noise, as of Neurophotometrics; a clock that jitters."""
    rng = np.random.default_rng(seed)
    n = int(60 * minutes * RATE)
    t = 4000.0 + np.arange(n) / RATE + rng.normal(0, 1e-3, n)
    noise = np.cumsum(rng.normal(0, 1e-5, (n, 3)), axis=0) + rng.normal(0, 2e-5, (n, 3))
    return t, 0.01 + 0.002 * np.exp(-np.arange(n) / 2000.0)[:, np.newaxis] + noise


def zscore(x):
    return (x - np.mean(x)) / np.std(x)


def score_plainly(x):
    design = np.column_stack([x[:-2], x[1:-1]])
    rest = np.linalg.lstsq(design, x[2:])[1]
    return 1.0 - rest[0] / np.sum((x[2:] - x[2:].mean()) ** 2) if rest.size else np.nan


PLAIN = {
    "n_unique_samples": lambda x: np.unique(x).size / x.size,
    "median_absolute_deviance": lambda x: np.median(np.abs(x - np.median(x))),
    "percentile_distance": lambda x: np.diff(np.percentile(zscore(x), [50, 95]))[0],
    "percentile_asymmetry": lambda x: (
        np.diff(np.percentile(zscore(x), [50, 75]))[0]
        / np.diff(np.percentile(zscore(x), [25, 50]))[0]
    ),
    "ar_score": score_plainly,
    "ar1": lambda x: linregress(x[:-1], x[1:]).slope,
}
ONE_BY_ONE = {
    "n_unique_samples": compute_unique_fraction,
    "median_absolute_deviance": compute_median_absolute_deviance,
    "percentile_distance": compute_percentile_distance,
    "percentile_asymmetry": compute_percentile_asymmetry,
    "ar_score": compute_ar_score,
    "ar1": compute_ar1,
}


def slide_plainly(t, x, metric, detrend=True):
    """The definition, said as a loop: the mean of the whole and of all windows."""
    values = [metric(x)]
    for start in np.arange(t[0], t[-1] - 120.0, 60.0):
        chosen = (t >= start) & (t < start + 120.0)
        line = linregress(t[chosen], x[chosen])
        straight = x[chosen] - detrend * (t[chosen] * line.slope + line.intercept)
        values.append(metric(straight))
    return np.nanmean(values)


@pytest.mark.parametrize("name", SLIDING_METRICS[1:])
@pytest.mark.parametrize("detrend", [True, False])
def test_the_table_is_that_of_a_loop(name, detrend):
    t, x = make_channels()
    found = compute_sliding_qc(t, x, detrend=detrend, metrics=[name]).table[name]
    wanted = [slide_plainly(t, column, PLAIN[name], detrend) for column in x.T]

    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_distinct_values_are_counted_before_detrending():
    t, x = make_channels()
    x = x.round(5)
    names = ["n_unique_samples", "n_unique_samples_detrended"]
    found = compute_sliding_qc(t, x, metrics=names).table
    count = PLAIN["n_unique_samples"]

    np.testing.assert_allclose(
        found[names[0]], [slide_plainly(t, c, count, False) for c in x.T], rtol=1e-12
    )
    np.testing.assert_allclose(
        found[names[1]], [slide_plainly(t, c, count) for c in x.T], rtol=1e-12
    )
    assert (found[names[0]] < 0.2).all()
    assert (found[names[1]] > 0.8).all()


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("n", [401, 400])
def test_each_metric_is_a_function_of_its_own(name, n):
    x = make_channels()[1][:n, 0]

    assert ONE_BY_ONE[name](x) == pytest.approx(PLAIN[name](x), rel=1e-11)


@pytest.mark.parametrize("name", [n for n in PLAIN if n not in {"ar_score", "ar1"}])
def test_missing_samples_are_left_out(name):
    x = make_channels()[1][:500, 0].copy()
    x[[3, 77, 78]] = np.nan

    known = x[np.isfinite(x)]
    assert ONE_BY_ONE[name](x) == pytest.approx(PLAIN[name](known), rel=1e-11)


def test_regressions_leave_out_triples_with_a_missing_sample():
    x = make_channels()[1][:500, 0].copy()
    x[[3, 77, 78]] = np.nan
    design = np.column_stack([x[:-2], x[1:-1], x[2:]])
    design = design[np.isfinite(design).all(axis=1)]
    rest = np.linalg.lstsq(design[:, :2], design[:, 2])[1][0]
    spread = np.sum((design[:, 2] - design[:, 2].mean()) ** 2)

    assert compute_ar_score(x) == pytest.approx(1 - rest / spread, rel=1e-11)


def test_windows_are_where_they_are_said_to_be():
    t, x = make_channels()
    result = compute_sliding_qc(t, x)

    np.testing.assert_allclose(result.t, np.arange(t[0], t[-1] - 120, 60) + 60)
    assert result.windows.shape == (result.t.size, 3, 5)
    assert result.whole[0, 1] == PLAIN["median_absolute_deviance"](x[:, 0])
    both = np.concatenate([result.whole[np.newaxis], result.windows])
    np.testing.assert_allclose(result.table.to_numpy(), both.mean(axis=0))


def test_a_frame_names_the_channels():
    t, x = make_channels()
    frame = pd.DataFrame(x, columns=["VTA", "DR", "LC"])

    assert list(compute_sliding_qc(t, frame).table.index) == ["VTA", "DR", "LC"]


def test_windows_half_missing_are_left_out():
    t, x = make_channels()
    x[1000:3000, 0] = np.nan
    result = compute_sliding_qc(t, x)
    holed = np.isnan(result.windows[:, 0, 1])

    assert 0 < holed.sum() < holed.size
    assert np.isfinite(result.table.to_numpy()).all()
    assert np.isfinite(result.windows[:, 1]).all()


def test_a_pause_in_the_times_leaves_windows_empty():
    t, x = make_channels()
    result = compute_sliding_qc(t + 600.0 * (np.arange(t.size) > 2000), x)

    assert np.isnan(result.windows).all(axis=(1, 2)).any()
    assert np.isfinite(result.table.to_numpy()).all()


@pytest.mark.parametrize("value", [0.0, 0.0039215686274509])
def test_a_constant_channel_has_no_shape(value):
    t, x = make_channels()
    x[:, 1] = value
    row = compute_sliding_qc(t, x).table.iloc[1]

    assert row.n_unique_samples < 0.001
    assert row.median_absolute_deviance == 0.0
    assert row[["percentile_distance", "percentile_asymmetry", "ar_score"]].isna().all()


def test_an_empty_channel_is_missing_throughout():
    t, x = make_channels()
    x[:, 1] = np.nan

    assert compute_sliding_qc(t, x).table.iloc[1].isna().all()
    assert np.isnan(compute_ar_score(np.full(9, np.nan)))


def test_a_short_signal_is_taken_whole():
    t, x = make_channels()
    result = compute_sliding_qc(t[:200], x[:200])

    assert result.windows.shape[0] == 0
    np.testing.assert_array_equal(result.table.to_numpy(), result.whole)


def test_the_lower_quartile_at_the_median_makes_an_infinite_asymmetry():
    assert compute_percentile_asymmetry([0.0] * 6 + [1.0] * 4) == np.inf


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_handful_of_samples_breaks_nothing(n):
    values = [metric(np.arange(n) ** 2.0) for metric in ONE_BY_ONE.values()]

    assert len(values) == 6


def test_what_is_asked_wrongly_is_refused():
    t, x = make_channels()

    with pytest.raises(AnalysisError, match="metric"):
        compute_sliding_qc(t, x, metrics=["bleaching_tau"])
    with pytest.raises(AnalysisError, match="window"):
        compute_sliding_qc(t, x, window_s=0.0)
    with pytest.raises(AnalysisError, match="shape"):
        compute_sliding_qc(t[1:], x)
    with pytest.raises(AnalysisError, match="shape"):
        compute_ar1(x)
    with pytest.raises(SignalFault, match="times"):
        compute_sliding_qc(t[::-1], x)
    with pytest.raises(SignalFault, match="empty"):
        compute_ar1([])
