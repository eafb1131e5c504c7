import numpy as np
import pytest
from scipy import signal as dsp
from scipy.interpolate import PchipInterpolator

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals import PreprocessOptions, preprocess
from ranvier.core import AnalysisError

RATE = 30.0


def make_recording(n=9000, n_channels=2, seed=0):
    """Bleaching, motion in both bands, transients in the signal; half a frame apart."""
    rng = np.random.default_rng(seed)
    t = 740.0 + np.arange(2 * n) / (2 * RATE) + rng.normal(0, 1e-4, 2 * n)
    motion = dsp.lfilter([0.02], [1, -0.98], rng.normal(0, 1, (2 * n, n_channels)), 0)
    kicks = (rng.random((2 * n, n_channels)) < 0.002).astype(float)
    calcium = dsp.lfilter([1], [1, -0.97], kicks, 0)
    bleach = 1.0 + 0.3 * np.exp(-np.arange(2 * n) / (2 * RATE) / 400.0)[:, np.newaxis]
    noise = rng.normal(0, 0.003, (2, 2 * n, n_channels))
    signal = 0.010 * bleach * (1 + 0.05 * calcium + 0.1 * motion + noise[0])
    reference = 0.008 * bleach * (1 + 0.2 * motion + noise[1])
    return t[::2], signal[::2], t[1::2], reference[1::2], calcium[::2]


def do_as_the_pipeline(t, signal, t_reference, reference):
    """The chain of the IBL pipeline, step by step in scipy, for one channel."""

    def correct(times, x):
        rate = 1.0 / np.median(np.diff(times))
        f0 = dsp.sosfiltfilt(dsp.butter(3, 0.01, fs=rate, output="sos"), x)
        return (x - f0) / f0

    x, y = correct(t_reference, reference), correct(t, signal)
    slope, intercept = np.polyfit(x, y, 1)
    rest = y - (slope * x + intercept)
    z = (rest - rest.mean()) / rest.std()
    even = np.arange(t[0], t[-1], 1 / RATE)
    return even, PchipInterpolator(t, z)(even)


def test_compat_gives_the_arrays_of_the_pipeline():
    t, signal, t_reference, reference, _ = make_recording()
    done = preprocess(t, signal, t_reference, reference, compat="iblnm")

    for channel in range(2):
        even, wanted = do_as_the_pipeline(
            t, signal[:, channel], t_reference, reference[:, channel]
        )
        np.testing.assert_allclose(done.t, even, rtol=0, atol=1e-10)
        np.testing.assert_allclose(done.signal[:, channel], wanted, 0, 1e-10)


def test_compat_cuts_both_bands_to_the_shorter():
    t, signal, t_reference, reference, _ = make_recording()
    cut = slice(None, -3)
    done = preprocess(t, signal, t_reference[cut], reference[cut], compat="iblnm")
    _, wanted = do_as_the_pipeline(
        t[cut], signal[cut, 0], t_reference[cut], reference[cut, 0]
    )

    np.testing.assert_allclose(done.signal[:, 0], wanted, 0, 1e-10)


def test_what_is_stored_has_mean_0_and_sd_1():
    done = preprocess(*make_recording()[:4])

    np.testing.assert_allclose(done.signal.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(done.signal.std(axis=0), 1.0, atol=1e-12)
    np.testing.assert_allclose(np.diff(done.t), 1 / RATE, atol=1e-9)


def test_alignment_and_robust_fit_bring_the_truth_nearer():
    *bands, calcium = make_recording(30_000)
    truth = np.stack([np.interp(preprocess(*bands).t, bands[0], c) for c in calcium.T])

    def score(**words):
        done = preprocess(*bands, **words)
        return [
            np.corrcoef(a, b)[0, 1] for a, b in zip(truth, done.signal.T, strict=True)
        ]

    assert np.all(np.array(score()) > score(compat="iblnm"))
    slopes = [fit.slope for fit in preprocess(*bands).fits]
    np.testing.assert_allclose(slopes, 0.5, atol=0.1)


def test_one_channel_gives_one_signal():
    t, signal, t_reference, reference, _ = make_recording()
    both = preprocess(t, signal, t_reference, reference)
    one = preprocess(t, signal[:, 1], t_reference, reference[:, 1])

    assert one.signal.ndim == one.baseline.ndim == 1
    np.testing.assert_array_equal(one.signal, both.signal[:, 1])


def test_without_a_reference_the_dff_remains():
    t, signal, *_ = make_recording()
    done = preprocess(t, signal, options=PreprocessOptions(zscore="none"))

    assert done.fits == (None, None)
    assert done.baseline_reference is None
    np.testing.assert_allclose(
        done.signal, PchipInterpolator(t, done.dff)(done.t), atol=1e-12
    )


@pytest.mark.parametrize("baseline", ["single", "double"])
def test_an_exponential_baseline_serves_as_well(baseline):
    done = preprocess(*make_recording()[:4], PreprocessOptions(baseline=baseline))

    assert done.faults == {}
    np.testing.assert_allclose(done.signal.std(axis=0), 1.0, atol=1e-12)


def test_the_modified_zscore_has_a_median_of_0():
    done = preprocess(*make_recording()[:4], PreprocessOptions(zscore="modified"))

    np.testing.assert_allclose(np.median(done.signal, axis=0), 0.0, atol=1e-12)


@pytest.mark.parametrize("order", ["zscore_last", "resample_last"])
def test_a_baseline_zscore_has_mean_0_and_sd_1_in_its_window(order):
    options = PreprocessOptions(
        zscore="baseline", zscore_window=(800.0, 900.0), order=order
    )
    done = preprocess(*make_recording()[:4], options)
    part = done.signal[(done.t >= 800.0) & (done.t < 900.0)]

    np.testing.assert_allclose(part.mean(axis=0), 0.0, atol=1e-2)
    np.testing.assert_allclose(part.std(axis=0), 1.0, atol=1e-2)
    with pytest.raises(AnalysisError, match="baseline"):
        preprocess(*make_recording()[:4], PreprocessOptions(zscore="baseline"))


def test_a_gap_stays_empty_and_is_noted():
    bands = make_recording()[:4]
    keep = (bands[0] < 800.0) | (bands[0] > 830.0)
    done = preprocess(*(values[keep] for values in bands))
    is_inside = (done.t > 800.1) & (done.t < 829.9)

    assert np.isnan(done.signal[is_inside]).all()
    assert "1 gaps" in done.notes[0][0]
    np.testing.assert_allclose(np.nanstd(done.signal, axis=0), 1.0, atol=1e-12)
    bridged = preprocess(*(values[keep] for values in bands), compat="iblnm")
    assert np.isfinite(bridged.signal).all()


def test_artefacts_that_were_masked_stay_empty():
    t, signal, t_reference, reference, _ = make_recording()
    signal = signal.copy()
    signal[3000:3300] = np.nan
    done = preprocess(t, signal, t_reference, reference)
    is_inside = (done.t > t[2999]) & (done.t < t[3300])

    assert np.isnan(done.signal[is_inside]).all()
    assert np.isfinite(done.signal[~is_inside]).all()


@pytest.mark.parametrize("band", [1, 3])
@pytest.mark.parametrize("value", [0.0039215686274509, np.nan])
def test_a_dead_channel_is_a_fault_of_its_own(band, value):
    bands = [values.copy() for values in make_recording()[:4]]
    bands[band][:, 0] = value
    done = preprocess(*bands)

    assert list(done.faults) == [0]
    assert isinstance(done.faults[0], SignalFault)
    assert np.isnan(done.signal[:, 0]).all()
    assert np.isfinite(done.signal[:, 1]).all()
    with pytest.raises(SignalFault):
        preprocess(bands[0], bands[1][:, 0], bands[2], bands[3][:, 0])


def test_short_signals_are_a_fault():
    bands = [values[:10] for values in make_recording()[:4]]

    with pytest.raises(SignalFault, match="short"):
        preprocess(*bands)


def test_what_is_asked_wrongly_is_refused():
    t, signal, t_reference, reference, _ = make_recording(1000)

    with pytest.raises(AnalysisError, match="compat"):
        preprocess(t, signal, compat="guppy")
    with pytest.raises(AnalysisError, match="order"):
        preprocess(t, signal, options=PreprocessOptions(order="first"))
    with pytest.raises(AnalysisError, match="baseline"):
        preprocess(t, signal, options=PreprocessOptions(baseline="none"))
    with pytest.raises(AnalysisError, match="shape"):
        preprocess(t, signal, t_reference, reference[:, 0])
    with pytest.raises(SignalFault, match="times"):
        preprocess(t[::-1], signal)


def test_provenance_tells_the_options():
    provenance = preprocess(*make_recording(1000)[:4]).provenance

    assert provenance.parameters["reference"] == "irls"
    assert provenance.n == {"n_samples": 1000, "n_channels": 2, "n_failed": 0}


def test_the_baseline_does_not_run_across_a_gap():
    t = np.arange(0.0, 2000.0, 1 / RATE)
    t = t[(t < 1000.0) | (t >= 1300.0)]
    bleach = 1.0 + 0.3 * np.exp(-t / 1500.0)[:, np.newaxis]
    noise = np.random.default_rng(1).normal(0.0, 0.003, (t.size, 8))
    done = preprocess(t, bleach * (1.0 + noise))
    before = (done.t > 990.0) & (done.t < 999.9)
    after = (done.t > 1300.1) & (done.t < 1310.0)

    # Taken for neighbours, both sides are 3 SD off; ends of a recording are 0.8.
    assert abs(done.signal[before].mean()) < 1.2
    assert abs(done.signal[after].mean()) < 1.2


def test_compat_filters_across_a_gap_as_the_pipeline():
    bands = make_recording(n_channels=1)[:4]
    keep = (bands[0] < 800.0) | (bands[0] >= 950.0)
    bands = [values[keep] for values in bands]
    _, wanted = do_as_the_pipeline(*(np.ravel(values) for values in bands))

    found = preprocess(*bands, compat="iblnm").signal[:, 0]
    np.testing.assert_allclose(found, wanted, 0, 1e-10)


def test_a_channel_with_a_fault_is_not_fitted():
    bands = [values.copy() for values in make_recording()[:4]]
    bands[1][:, 0] = 1 / 255
    done = preprocess(*bands)

    assert done.fits[0] is None
    assert done.fits[1] is not None


@pytest.mark.parametrize("band", [1, 3])
def test_a_baseline_that_is_not_above_zero_is_told_as_such(band):
    bands = [values.copy() for values in make_recording()[:4]]
    bands[band][:, 0] -= 2.0 * bands[band][:, 0].mean()
    bands[band][:, 1] -= 0.1 * bands[band][:, 1].max()
    done = preprocess(*bands)

    assert list(done.faults) == [0]
    assert "not above zero" in done.faults[0].problem
    assert "F0 from" in done.faults[0].found


def test_a_baseline_that_is_below_zero_at_times_is_noted():
    t = np.arange(27_000) / RATE
    noise = np.random.default_rng(0).normal(0.0, 0.01, t.size)
    done = preprocess(t, 2.0 - t / 400.0 + noise)

    assert done.faults == {}
    assert any("F0 is not above zero" in note for note in done.notes[0])
