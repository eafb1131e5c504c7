"""Signals and QC on real recordings, against the field's own functions."""

import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import signal as dsp
from scipy.interpolate import PchipInterpolator
from scipy.stats import linregress

from ranvier.analysis.qc import (
    SLIDING_METRICS,
    compute_channel_qc,
    compute_sliding_qc,
    count_band_inversions,
    count_early_samples,
    flag_channels,
)
from ranvier.analysis.signals import fit_isosbestic, preprocess

pytestmark = pytest.mark.system

METRICS = ("n_unique_samples_detrended", *SLIDING_METRICS[1:])


def find_data():
    shared = os.environ.get("RANVIER_SHARED")
    if not shared:
        pytest.skip("RANVIER_SHARED does not say where the shared recordings are")
    return Path(shared) / "data" / "photometry"


@pytest.fixture(scope="module")
def bands():
    """The hard session CQ002: a frame for each band, index times, columns channels."""
    folder = find_data() / "CQ002_2024-11-05_001" / "alf" / "photometry"
    table = pd.read_parquet(folder / "photometry.signal.pqt")
    return {
        name: table[table["name"] == name].set_index("times")[["G0", "G4"]]
        for name in ("GCaMP", "Isosbestic")
    }


@pytest.fixture(scope="module")
def version_2():
    folder = find_data() / "neurophotometrics_version_2"
    return pd.read_parquet(folder / "_neurophotometrics_fpData.raw.pqt")


def zscore(x):
    return (x - np.mean(x)) / np.std(x)


def score(x):
    design = np.column_stack([x[:-2], x[1:-1]])
    rest = np.linalg.lstsq(design, x[2:])[1]
    return 1.0 - rest[0] / np.sum((x[2:] - x[2:].mean()) ** 2) if rest.size else np.nan


def rate_asymmetry(x):
    z = zscore(x)
    low, middle, high = (np.percentile(z, p) for p in (25, 50, 75))
    return abs(high - middle) / abs(middle - low)


PLAIN = (
    lambda x: np.unique(x).size / x.size,
    lambda x: np.median(np.abs(x - np.median(x))),
    lambda x: np.diff(np.percentile(zscore(x), (50, 95)))[0],
    rate_asymmetry,
    score,
)


def slide_plainly(t, channels):
    """What a straightforward scipy script does: each metric, each window, each mask."""
    table = np.empty((channels.shape[1], len(PLAIN)))
    for row, x in enumerate(channels.T):
        for column, metric in enumerate(PLAIN):
            values = [metric(x)]
            for start in np.arange(t[0], t[-1] - 120.0, 60.0):
                chosen = (t >= start) & (t < start + 120.0)
                line = linregress(t[chosen], x[chosen])
                straight = x[chosen] - (t[chosen] * line.slope + line.intercept)
                values.append(metric(straight))
            table[row, column] = np.nanmean(values)
    return table


def test_sliding_qc_of_a_real_session_is_that_of_scipy(bands):
    for frame in bands.values():
        t, x = frame.index.to_numpy(), frame.to_numpy()
        found = compute_sliding_qc(t, x, metrics=METRICS).table.to_numpy()

        np.testing.assert_allclose(found, slide_plainly(t, x), rtol=1e-12)


def test_preprocessing_of_a_real_session_is_that_of_scipy(bands):
    signal, reference = bands["GCaMP"], bands["Isosbestic"]
    t = signal.index.to_numpy()
    done = preprocess(
        t, signal, reference.index.to_numpy(), reference, compat="iblnm"
    ).signal

    for place, name in enumerate(signal):
        dff = []
        for frame in (signal, reference):
            rate = 1.0 / np.median(np.diff(frame.index))
            f0 = dsp.sosfiltfilt(
                dsp.butter(3, 0.01, fs=rate, output="sos"), frame[name].to_numpy()
            )
            dff.append((frame[name].to_numpy() - f0) / f0)
        rest = dff[0] - np.polyval(np.polyfit(dff[1], dff[0], 1), dff[1])
        even = np.arange(t[0], t[-1], 1 / 30)
        wanted = PchipInterpolator(t, zscore(rest))(even)
        np.testing.assert_allclose(done[:, place], wanted, rtol=0, atol=1e-10)


def test_the_robust_line_of_a_real_session_is_that_of_statsmodels(bands):
    sm = pytest.importorskip("statsmodels.api")
    done = preprocess(bands["GCaMP"].index, bands["GCaMP"].to_numpy())
    iso = preprocess(bands["GCaMP"].index, bands["Isosbestic"].to_numpy())

    for signal, reference in zip(done.dff.T, iso.dff.T, strict=True):
        fit = fit_isosbestic(signal, reference)
        wanted = sm.RLM(
            signal, sm.add_constant(reference), M=sm.robust.norms.TukeyBiweight()
        ).fit(maxiter=300, tol=1e-12)
        # Artefacts a hundred times the noise make the median of the residuals jump, and
        # rounds come to rest anywhere within some 1e-6 of the solution.
        assert fit.slope == pytest.approx(wanted.params[1], abs=1e-5)
        assert fit.intercept == pytest.approx(wanted.params[0], abs=1e-6)


def test_dead_channels_of_version_2_are_flagged(version_2):
    names = [name for name in version_2 if name.startswith("Region")]
    for led in (1, 2):
        frames = version_2[version_2.LedState == led]
        table = compute_channel_qc(frames.Timestamp, frames[names])
        report = flag_channels(table)
        dead = {flag.channel for flag in report.flags if flag.flag == "dead"}

        assert dead == {"Region0R", "Region1G", "Region2R", "Region4G"}
        assert set(report.flagged) - dead == {"Region5G"}


def test_sliding_qc_is_ten_times_as_fast_as_scipy():
    rng = np.random.default_rng(0)
    n = 108_000
    t = 700.0 + np.arange(n) / 30.0 + rng.normal(0, 1e-4, n)
    bleach = 0.002 * np.exp(-np.arange(n) / 50_000.0)[:, np.newaxis]
    x = 0.01 + bleach + rng.normal(0, 2e-5, (n, 6))
    compute_sliding_qc(t[:9000], x[:9000])

    def take_time(function):
        start = time.process_time()
        function()
        return time.process_time() - start

    ours = min(take_time(lambda: compute_sliding_qc(t, x)) for _ in range(3))
    assert take_time(lambda: slide_plainly(t, x)) >= 10.0 * ours


@pytest.fixture
def iblphotometry():
    # It warns on import, of what it imports itself.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("iblphotometry.metrics")


@pytest.mark.timeout(120)
def test_qc_is_that_of_ibl_photometry(iblphotometry, bands):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from iblphotometry.qc import qc_signals

        names = ["n_unique_samples", *METRICS[1:]]
        tidy = qc_signals(
            bands,
            [getattr(iblphotometry, name) for name in names],
            {"percentile_asymmetry": {"pc_comp": 75}},
            sliding_kwargs={"w_len": 120, "step_len": 60, "detrend": True},
        )
    wanted = tidy.groupby(["band", "brain_region", "metric"])["value"].mean()

    for band, frame in bands.items():
        table = compute_sliding_qc(frame.index, frame, metrics=METRICS).table
        table = table.set_axis(names, axis=1)
        for channel in frame:
            np.testing.assert_allclose(
                table.loc[channel, names], wanted[band, channel][names], rtol=1e-12
            )


@pytest.mark.timeout(120)
def test_preprocessing_is_that_of_ibl_photometry(iblphotometry, bands):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from iblphotometry import pipelines, processing
    done = preprocess(
        bands["GCaMP"].index,
        bands["GCaMP"].to_numpy(),
        bands["Isosbestic"].index,
        bands["Isosbestic"].to_numpy(),
        compat="iblnm",
    )

    for place, channel in enumerate(bands["GCaMP"]):
        rest = pipelines.run_pipeline(
            pipelines.isosbestic_correction_pipeline,
            bands["GCaMP"][channel],
            bands["Isosbestic"][channel],
        )
        z = processing.zscore(rest)
        wanted = PchipInterpolator(z.index, z.to_numpy())(done.t)
        np.testing.assert_allclose(done.signal[:, place], wanted, rtol=0, atol=1e-10)


def test_raw_counts_are_those_of_ibl_photometry(iblphotometry, version_2):
    colors = {1: "Violet", 2: "Blue"}
    frames = version_2.iloc[1:]
    named = frames.LedState.map(lambda led: colors.get(led, "")).to_numpy(dtype=str)
    # ibl-photometry 0.3.4 takes the last frame of a run for one of the last run too,
    # and then counts inversions of its own, unless the two differ in colour as here.
    named[[400, 401, 402, 9001, 9002]] = ""
    named[70_000] = "Blue" if named[70_000] == "Violet" else "Violet"
    times = frames.Timestamp.to_numpy().copy()
    times[5000] -= 0.004
    table = pd.DataFrame({"color": named.astype(object), "times": times})

    assert count_early_samples(times) == iblphotometry.n_early_samples(
        table.set_index("times")
    )
    assert count_band_inversions(list(named), times) == iblphotometry.n_band_inversions(
        table.copy()
    )
    assert count_band_inversions(list(named), times) == 2
