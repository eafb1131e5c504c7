"""How near the causal stages come to the filters that know the future, and their cost.

Simulated sessions, whose truth is known, and the real session CQ002 if the environment
variable RANVIER_SHARED names the folder that holds it:

    python benchmarks/on_line_and_off_line.py
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfiltfilt

from ranvier import causal
from ranvier.library import event_average, photometry
from ranvier.links import Message, Origin
from ranvier.node import NodeDriver
from ranvier.sim.photometry_session import EVENTS, ChoiceTask, simulate_session

RATE = 30.0
SKIP_S = 60.0  # one time constant of the baseline
CQ002 = "data/photometry/CQ002_2024-11-05_001/alf"


def filter_both_ways(t, signal, t_reference, reference):
    """Low-pass at 0.01 Hz both ways, least squares on the aligned reference, z."""
    sections = butter(3, 0.01, fs=RATE, output="sos")

    def dff(values):
        baseline = sosfiltfilt(sections, values, axis=0)
        return (values - baseline) / baseline

    g, r = dff(signal), dff(reference)
    left = np.empty_like(g)
    for n in range(g.shape[1]):
        aligned = np.interp(t, t_reference, r[:, n])
        slope, level = np.polyfit(aligned, g[:, n], 1)
        left[:, n] = g[:, n] - slope * aligned - level
    return {"dff": g, "corrected": left, "z": (left - left.mean(0)) / left.std(0)}


def correlate(one, other):
    keep = np.isfinite(one) & np.isfinite(other)
    return np.corrcoef(one[keep], other[keep])[0, 1]


def find_delay(late, early, n=30):
    """Lag of the largest correlation, between samples by a parabola, s."""
    keep = np.isfinite(late) & np.isfinite(early)
    late, early = np.where(keep, late, 0.0), np.where(keep, early, 0.0)
    lags = np.arange(-n, n + 1)
    middle = early[n:-n]
    c = [correlate(late[n + k : late.size - n + k], middle) for k in lags]
    k = int(np.argmax(c))
    a, b, d = c[k - 1 : k + 2]
    return (lags[k] + 0.5 * (a - d) / (a - 2 * b + d)) / RATE


def measure_responses(t, z, events):
    """Mean over 0.1 to 0.35 s less that over the 0.2 s before, for each event."""
    stage = causal.EventAverage((-0.2, 0.4), RATE, baseline=(-0.2, 0.0))
    for event in events[np.isfinite(events)]:
        stage.add_event(event)
    inside = (stage.t >= 0.1 - 1e-9) & (stage.t < 0.35)
    done = stage.update(t, z)
    return np.array([[r.time, r.values[inside, 0].mean()] for r in done])


def compare(t, signal, t_reference, reference, events, truth=None):
    """Print one line for each channel."""
    found = causal.CausalPhotometry().update(t, signal, t_reference, reference)
    t = t[: len(found.times)]
    both = filter_both_ways(t, signal[: len(t)], t_reference, reference)
    late = t > t[0] + SKIP_S
    rows = []
    for n in range(signal.shape[1]):
        row = [
            correlate(getattr(found, stage)[late, n], both[stage][late, n])
            for stage in ("dff", "corrected", "z")
        ]
        row.append(1e3 * find_delay(found.z[late, n], both["z"][late, n]))
        one = measure_responses(t, found.z[:, n], events)
        other = measure_responses(t, both["z"][:, n], events)
        keep = (one[:, 0] > t[0] + SKIP_S) & np.isfinite(one[:, 1] + other[:, 1])
        x, y = other[keep, 1], one[keep, 1]
        row += [(x @ y) / (x @ x), np.corrcoef(x, y)[0, 1]]
        for part in (one[keep, 0] < t[0] + 600, one[keep, 0] >= t[0] + 600):
            row.append((x[part] @ y[part]) / (x[part] @ x[part]))
        if truth is not None:
            row += [
                correlate(values[late], truth[: len(t)][late, n])
                for values in (found.z[:, n], both["z"][:, n])
            ]
        rows.append(row)
    return np.array(rows)


HEAD = (
    "dff corrected z | delay ms | ratio r(trials) ratio<10min ratio>10min"
    " | truth: causal both ways"
)


def compare_simulated(n_sessions=10):
    rows = []
    for seed in range(n_sessions):
        session = simulate_session(seed, subject_seed=seed, task=ChoiceTask())
        bands = causal.LedDemux().update(
            session.led_states, session.signals, session.frame_times
        )
        # The truth has one row for each frame that is not isosbestic, the first too.
        truth = session.truth.dff[-len(bands["green"].times) :]
        events = session.trials.columns[EVENTS[2]]
        rows.append(compare(*bands["green"], *bands["isosbestic"], events, truth))
    rows = np.concatenate(rows)
    print(f"simulated, {n_sessions} sessions of {session.task.duration_s:g} s:", HEAD)
    print("  median ", np.median(rows, axis=0).round(4))
    print("  least  ", rows.min(axis=0).round(4))
    print("  largest", rows.max(axis=0).round(4))


def compare_real(folder):
    import pandas as pd

    frames = pd.read_parquet(folder / "photometry" / "photometry.signal.pqt")
    trials = pd.read_parquet(folder / "task_00" / "_ibl_trials.table.pqt")
    start, stop = trials.intervals_0.iloc[0] - 5, trials.intervals_1.iloc[-1] + 5
    frames = frames[(frames.times > start) & (frames.times < stop)]
    columns = ["G0", "G4"]
    g, r = frames[frames.name == "GCaMP"], frames[frames.name == "Isosbestic"]
    given = (g.times, g[columns], r.times, r[columns])
    for event in ("stimOn_times", "feedback_times"):
        rows = compare(*map(np.asarray, given), trials[event].to_numpy())
        for column, row in zip(columns, rows, strict=True):
            print(f"CQ002 {column} {event}", row.round(4))


def measure_cost(n=30_000):
    """CPU time of a sample: a stage over the whole, and a node message by message."""
    rng = np.random.default_rng(0)
    values = 1.0 + 0.1 * rng.random((n, 1))
    times = np.arange(n) / RATE
    stages = {
        "bleaching": lambda: causal.BleachingBaseline(RATE).update(values),
        "isosbestic": lambda: causal.RecursiveRegression(RATE).update(
            values, values[::-1]
        ),
        "z-score": lambda: causal.RunningZScore(RATE).update(values),
        "chain": lambda: causal.CausalPhotometry().update(
            times, values, times + 0.01, values
        ),
        "average, an event in 5 s": lambda: run_average(times, values),
    }
    for name, act in stages.items():
        print(f"  stage {name}: {1e6 * take(act) / n:.2f} µs a sample")
    for name, (node, ports) in make_nodes().items():
        driver = NodeDriver(node)
        print(
            f"  node {name}: {1e6 * take(step, driver, ports, n) / n:.1f} µs a message"
        )


def make_nodes():
    row = np.array([1.0])
    return {
        "photometry_demultiplexer": (
            photometry.PhotometryDemultiplexer(),
            [("frame", {"led": 2, "values": row})],
        ),
        "bleaching_correction": (photometry.BleachingCorrection(), [("signal", row)]),
        "isosbestic_correction": (
            photometry.IsosbesticCorrection(),
            [("signal", row), ("reference", row)],
        ),
        "running_zscore": (photometry.RunningZScore(), [("signal", row)]),
        "event_average": (event_average.EventAverage(), [("signal", row)]),
    }


def step(driver, ports, n):
    for k in range(n):
        port, value = ports[k % len(ports)]
        time_ns = k * 16_666_667
        origin = Origin(1, k, time_ns)
        driver.node.context.message = Message(value, 1, k, 0, time_ns, origin)
        list(driver.deliver(port, value))


def run_average(times, values):
    stage = causal.EventAverage()
    for event in np.arange(5.0, times[-1], 5.0):
        stage.add_event(event)
    stage.update(times, values)


def take(act, *arguments):
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        act(*arguments)
        best = min(best, time.process_time() - start)
    return best


if __name__ == "__main__":
    compare_simulated()
    shared = Path(os.environ.get("RANVIER_SHARED", "")) / CQ002
    if shared.is_dir():
        compare_real(shared)
    else:
        print("CQ002 left out: RANVIER_SHARED does not name the folder that holds it")
    measure_cost()
