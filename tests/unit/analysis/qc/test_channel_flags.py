import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.qc import (
    QCThresholds,
    compute_channel_qc,
    compute_gap_fraction,
    compute_iso_correlation,
    compute_quantisation_ratio,
    compute_saturation_fraction,
    flag_channels,
)
from ranvier.core import AnalysisError

T = np.arange(0.0, 400.0, 0.1)
NOISE = np.random.default_rng(0).normal(0.01, 1e-4, T.size)


def test_saturation_is_the_share_stuck_at_an_extreme():
    assert compute_saturation_fraction([1, 1, 1, 5, 2, 5, 5, 5, 5, 3]) == 0.7
    assert compute_saturation_fraction(NOISE) == 0.0
    assert compute_saturation_fraction(np.clip(NOISE, 0, 0.01)) == pytest.approx(
        0.25, abs=0.03
    )
    assert compute_saturation_fraction([2.0] * 9) == 1.0
    assert np.isnan(compute_saturation_fraction([np.nan] * 9))


@pytest.mark.parametrize("step", [1e-6, 1e-5, 1e-4, 2e-4])
def test_the_quantisation_is_the_step_over_the_noise(step):
    coarse = np.round(NOISE / step) * step
    ratio = compute_quantisation_ratio(coarse)
    # Rounding adds step²/12 to the variance.
    wanted = step / np.sqrt(1e-8 + step**2 / 12)

    assert ratio == pytest.approx(wanted, rel=0.06)


def test_a_constant_is_infinitely_coarse_and_a_float_not_at_all():
    assert compute_quantisation_ratio([1.0] * 50) == np.inf
    assert compute_quantisation_ratio(NOISE) < 1e-3
    assert np.isnan(compute_quantisation_ratio([1.0, np.nan, 2.0]))


def test_gaps_are_the_share_of_samples_missing():
    assert compute_gap_fraction(T) == 0.0
    assert compute_gap_fraction(np.delete(T, range(100, 500))) == pytest.approx(0.1)


def test_the_iso_correlation_is_the_squared_correlation():
    reference = np.random.default_rng(1).normal(0, 1, T.size)
    signal = 0.3 * reference + np.random.default_rng(2).normal(0, 1, T.size)
    wanted = np.corrcoef(signal, reference)[0, 1] ** 2
    signal[7] = np.nan

    assert compute_iso_correlation(signal, reference) == pytest.approx(wanted, rel=1e-2)
    signal[7] = 0.0
    assert compute_iso_correlation(5 - signal, reference) == pytest.approx(
        np.corrcoef(signal, reference)[0, 1] ** 2, rel=1e-10
    )


def test_the_iso_correlation_of_a_constant_is_told():
    flat = np.full(T.size, 0.0039215686274509)

    assert np.isnan(compute_iso_correlation(flat, NOISE))
    assert np.isnan(compute_iso_correlation(NOISE, flat))
    assert compute_iso_correlation(flat, NOISE, compat="iblnm") == -np.inf
    assert np.isnan(compute_iso_correlation([1.0, 2.0], [1.0, 2.0]))
    with pytest.raises(AnalysisError, match="compat"):
        compute_iso_correlation(flat, NOISE, compat="guppy")


def test_bad_channels_are_flagged_for_what_they_are():
    rng = np.random.default_rng(3)
    channels = pd.DataFrame(
        {
            "good": NOISE,
            "dead": 0.0039215686274509,
            "coarse": np.round(NOISE, 4),
            "clipped": np.minimum(NOISE, 0.01005),
            "blinking": 0.004 + 1e-7 * (rng.random(T.size) < 0.01),
        }
    )
    report = flag_channels(compute_channel_qc(T, channels))
    found = {(flag.channel, flag.flag) for flag in report.flags}

    assert "good" not in report.flagged
    assert {("dead", "dead"), ("dead", "saturated"), ("dead", "quantised")} <= found
    assert {("coarse", "dead"), ("coarse", "quantised")} <= found
    assert ("clipped", "saturated") in found
    assert ("blinking", "dead") in found
    assert not report.is_ok
    assert report.to_frame().shape == (len(report.flags), 5)


def test_rules_whose_column_is_missing_or_switched_off_are_left_out():
    table = pd.DataFrame({"n_unique_samples": [0.005, 0.05, 0.5, np.nan]})
    flags = flag_channels(table).flags

    assert [(f.channel, f.flag) for f in flags] == [
        (0, "dead"),
        (1, "few_unique"),
        (3, "dead"),
    ]
    assert flag_channels(table, QCThresholds(None, None)).is_ok


def test_raw_counts_are_flagged_when_they_are_given():
    table = pd.DataFrame({"n_early_samples": [0, 3], "n_band_inversions": [1, 0]})

    assert [f.flag for f in flag_channels(table).flags] == [
        "band_inversions",
        "early_samples",
    ]


def test_a_table_without_channels_is_ok():
    report = flag_channels(pd.DataFrame({"n_unique_samples": []}))

    assert report.is_ok
    assert report.to_frame().empty


def test_empty_channels_are_a_fault():
    with pytest.raises(SignalFault):
        compute_channel_qc([], np.zeros((0, 2)))
    with pytest.raises(SignalFault, match="empty"):
        compute_saturation_fraction([])
