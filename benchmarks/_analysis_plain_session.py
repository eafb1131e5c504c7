"""One session the straightforward way: pandas, scipy and h5py, step by step.

From the description of the pipeline's algorithms (0.01 Hz baseline, least squares on
the reference, z-score, PCHIP onto 30 Hz, whole samples around events), so that its
numbers are those of `COMPAT_IBLNM`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from benchmarks._analysis_plain import fit_psychometric, slide_by_window

EVENTS = ("stimOn_times", "firstMovement_times", "feedback_times")
TRIAL_COLUMNS = (*EVENTS, "response_times", "choice", "feedbackType", "probabilityLeft")
PACKED = {"compression": "gzip", "compression_opts": 4}


def process_session(folder, path):
    """From an ALF folder into one file."""
    alf = folder / "alf"
    trials = pd.read_parquet(alf / "task_00" / "_ibl_trials.table.pqt")
    bands = load_bands(alf / "photometry", trials)
    found: dict[str, Any] = count_frames(folder / "raw_photometry_data")
    found["qc"] = {
        name: slide_by_window(
            band.index.to_numpy(), band.to_numpy(), is_raw_counted=False
        )
        for name, band in bands.items()
    }
    found["regions"] = {
        region: process_channel(
            bands["GCaMP"][region], bands["Isosbestic"][region], trials
        )
        for region in bands["GCaMP"]
    }
    wheel = (
        np.load(alf / "task_00" / f"_ibl_wheel.{name}.npy")
        for name in ("timestamps", "position")
    )
    found["velocity"] = cut_velocity(
        *wheel, trials["stimOn_times"], trials["feedback_times"]
    )
    found |= fit_behaviour(trials)
    write(path, trials, found)
    return found


def load_bands(folder, trials):
    frames = pd.read_parquet(folder / "photometry.signal.pqt")
    places = pd.read_parquet(folder / "photometryROI.locations.pqt")
    first, last = trials["intervals_0"].iloc[0] - 5, trials["intervals_1"].iloc[-1] + 5
    names = places["brain_region"].to_dict()
    bands = {
        # The first frame of a band is dropped.
        name: band.iloc[1:].set_index("times")[[*names]].rename(columns=names)
        for name, band in frames.groupby("name")
        if name
    }
    bands = {
        name: band[(band.index > first) & (band.index < last)]
        for name, band in bands.items()
    }
    least = min(len(band) for band in bands.values())
    return {name: band.iloc[:least] for name, band in bands.items()}


def count_frames(folder):
    raw = pd.read_parquet(folder / "_neurophotometrics_fpData.raw.pqt")
    steps = np.diff(raw["SystemTimestamp"])
    states = raw["LedState"].to_numpy() & 7
    return {
        "n_early_samples": int((np.median(steps) - steps > 0.001).sum()),
        "n_band_inversions": int((states[1:] == states[:-1]).sum()),
    }


def process_channel(signal, reference, trials):
    from scipy.interpolate import PchipInterpolator
    from scipy.stats import linregress

    t = signal.index.to_numpy()
    dff = []
    for band in (signal, reference):
        x = band.to_numpy()
        baseline = lowpass(x, 1 / np.median(np.diff(band.index)), 0.01, 3)
        dff.append((x - baseline) / baseline)
    line = linregress(dff[1], dff[0])
    left = dff[0] - (line.slope * dff[1] + line.intercept)
    grid = np.arange(t[0], t[-1], 1 / 30)
    z = PchipInterpolator(t, (left - left.mean()) / left.std())(grid)
    return {
        "times": grid,
        "signal": z,
        "tau": fit_tau(t, signal.to_numpy()),
        "iso_correlation": line.rvalue**2,
        "responses": {
            event: cut_responses(grid, z, trials[event].to_numpy()) for event in EVENTS
        },
    }


def lowpass(x, rate_hz, cutoff_hz, order):
    from scipy.signal import butter, sosfiltfilt

    return sosfiltfilt(butter(order, cutoff_hz, fs=rate_hz, output="sos"), x)


def fit_tau(t, signal):
    """Time constant of one exponential and a level, s."""
    from scipy.optimize import curve_fit

    since = t - t[0]
    start = (signal[0] - signal[-1], since[-1] / 3, signal[-1])
    fit, _ = curve_fit(decay, since, signal, start)
    return fit[1]


def decay(t, size, tau, level):
    return size * np.exp(-t / tau) + level


def cut_responses(t, signal, events, window=(-1.0, 1.0), rate_hz=30):
    """Whole samples around the first one at or after each event."""
    offsets = np.arange(round(window[0] * rate_hz), round(window[1] * rate_hz))
    rows = np.full((len(events), len(offsets)), np.nan)
    inside = (events + window[0] >= t[0]) & (events + window[1] <= t[-1])
    places = np.searchsorted(t, events[inside])[:, None] + offsets
    rows[inside] = signal[places]
    return rows


def cut_velocity(times, positions, starts, stops, rate_hz=100.0):
    """Velocity of the wheel in each trial, NaN-padded."""
    grid = np.arange(times[0], times[-1], 1 / rate_hz)
    smooth = lowpass(np.interp(grid, times, positions), rate_hz, 20.0, 8)
    velocity = np.diff(smooth, prepend=smooth[0]) * rate_hz
    places = np.searchsorted(grid, [starts, stops])
    rows = [velocity[first:stop] for first, stop in places.T]
    table = np.full((len(rows), max(len(row) for row in rows)), np.nan, np.float32)
    for line, row in zip(table, rows, strict=True):
        line[: len(row)] = row
    return table


def fit_behaviour(trials):
    right = trials["choice"].to_numpy() == -1
    percent = 100 * trials["contrastRight"].fillna(-trials["contrastLeft"]).to_numpy()
    chosen = trials["choice"] != 0
    found = {"fraction_correct": (trials["feedbackType"] == 1)[chosen].mean()}
    found["nogo_fraction"] = 1 - chosen.mean()
    for block in (0.2, 0.5, 0.8):
        inside = np.isclose(trials["probabilityLeft"], block)
        found[f"psych_{round(100 * block)}"] = fit_psychometric(
            percent[inside], right[inside]
        )
    return found


def write(path, trials, found):
    import h5py

    with h5py.File(path, "w") as file:
        for name in TRIAL_COLUMNS:
            file[f"trials/{name}"] = trials[name]
        file.create_dataset("wheel/responses/velocity", data=found["velocity"],
                            **PACKED)  # fmt: skip
        for region, part in found["regions"].items():
            place = file.create_group(f"photometry/{region}")
            for name in ("times", "signal"):
                place.create_dataset(f"preprocessed/{name}", data=part[name], **PACKED)
            for event, rows in part["responses"].items():
                place.create_dataset(f"responses/{event}", data=rows, **PACKED)
            for number, (name, table) in enumerate(found["qc"].items()):
                column = [*found["regions"]].index(region)
                place[f"qc/{number}_{name}"] = table[column]
