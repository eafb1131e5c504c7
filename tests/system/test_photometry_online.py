"""A photometry run: its recorded numbers are those of the causal stages, to the bit."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.signal import butter, sosfiltfilt

from ranvier import causal
from ranvier.recording import open_recording
from ranvier.runtime import check_replay
from ranvier.sim.photometry_session import ChoiceTask, simulate_session

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]

PLAYER = '''\
"""Plays a simulated session, ten times as fast as it was."""

import numpy as np

from ranvier.node import Output, Source
from ranvier.sim.photometry_session import ChoiceTask, Fibre, simulate_session


class Player(Source):
    """Frames of the camera, and the cues of the task."""

    frame = Output("mapping")
    cue = Output("mapping")

    def pace_hz(self):
        return 600.0

    def produce(self):
        task = ChoiceTask(n_trials=8, duration_s=90.0)
        fibres = (Fibre(), Fibre(region="DMS", roi="G1"))
        session = simulate_session(1, task=task, fibres=fibres)
        cues = session.trials.columns["stimOn_times"]
        first = np.searchsorted(session.frame_times, cues[0] - 5.0)
        frames_of_cues = np.searchsorted(session.frame_times, cues)
        for n in range(first, first + 1800):
            values, led = session.signals[n], int(session.led_states[n])
            sent = {"frame": {"led": led, "values": values}}
            if n in frames_of_cues:
                sent["cue"] = {"condition": f"part {(n - first) // 900}"}
            yield sent
'''

GRAPH = """\
ranvier: 1
name: photometry
nodes:
  player: {type: ./player.py:Player}
  bands: {type: "ranvier.library.photometry:PhotometryDemultiplexer"}
  signal:
    type: "ranvier.library.photometry:BleachingCorrection"
    parameters: {rate_hz: 300, time_constant: 2 s}
  reference:
    type: "ranvier.library.photometry:BleachingCorrection"
    parameters: {rate_hz: 300, time_constant: 2 s}
  correction:
    type: "ranvier.library.photometry:IsosbesticCorrection"
    parameters: {rate_hz: 300, time_constant: 3 s}
  zscore:
    type: "ranvier.library.photometry:RunningZScore"
    parameters: {rate_hz: 300, warm_up: 0.2 s}
  average:
    type: "ranvier.library.event_average:EventAverage"
    parameters: {rate_hz: 300, start: -0.1 s, stop: 0.2 s, baseline: 0.05 s}
links:
  - {from: player.frame, to: bands.frame, policy: lossless}
  - {from: bands.green, to: signal.signal, policy: lossless}
  - {from: bands.isosbestic, to: reference.signal, policy: lossless}
  - {from: signal.dff, to: correction.signal, policy: lossless}
  - {from: reference.dff, to: correction.reference, policy: lossless}
  - {from: correction.corrected, to: [zscore.signal, average.signal], policy: lossless}
  - {from: player.cue, to: average.event, policy: lossless}
record: all
run:
  duration: 30 s
"""

SETTINGS = causal.CausalSettings(
    rate_hz=300.0,
    baseline_time_constant=2.0,
    regression_time_constant=3.0,
    warm_up=0.2,
)

NODES = ("bands", "signal", "reference", "correction", "zscore", "average")


AGAIN = GRAPH.replace(
    "{type: ./player.py:Player}",
    """
    type: "ranvier.recording:ReplaySource"
    parameters: {recording: RECORDING, streams: [player.frame, player.cue]}""",
)


def record(rig, graph):
    run = rig.start(graph)
    finished = run.wait(30)

    assert finished.reason == "completed", finished
    return open_recording(run.session_folder)


def read_bands(recording):
    """Give the raw frames as `LedDemux` tells them apart, times in s."""
    stream = recording["player.frame"]
    frames = list(stream.payloads)
    leds = [frame["led"] for frame in frames]
    values = np.array([frame["values"] for frame in frames])
    return causal.LedDemux().update(leds, values, stream.times_ns * 1e-9)


def check_signals(recording):
    """Compare what each node sent with its stage run over the raw frames; exactly."""
    bands = read_bands(recording)
    green, isosbestic = bands["green"], bands["isosbestic"]
    baseline = causal.run_causal(causal.BleachingBaseline(300.0, 2.0), green.values)
    expected = causal.CausalPhotometry(SETTINGS).update(*green, *isosbestic)
    sent = recording["correction.corrected"]

    np.testing.assert_array_equal(green.values, recording["bands.green"][:])
    np.testing.assert_array_equal(isosbestic.values, recording["bands.isosbestic"][:])
    dff = causal.compute_dff(green.values, baseline)
    np.testing.assert_array_equal(dff, recording["signal.dff"][:])
    np.testing.assert_array_equal(expected.times, sent.times_ns * 1e-9)
    np.testing.assert_array_equal(expected.corrected, sent[:])
    np.testing.assert_array_equal(expected.z, recording["zscore.z"][:])
    assert np.isfinite(expected.z).sum() > 1500
    return expected


def check_averages(recording, expected):
    """Compare the averages with those of the stage, told of all events beforehand."""
    cues, sent = recording["player.cue"], list(recording["average.average"].payloads)
    stage = causal.EventAverage((-0.1, 0.2), 300.0, baseline=(-0.05, 0.0))
    for time_ns, cue in zip(cues.times_ns, cues.payloads, strict=True):
        stage.add_event(int(time_ns) * 1e-9, cue["condition"])
    responses = stage.update(expected.times, expected.corrected)
    last = {each["condition"]: each for each in sent}

    assert len(sent) == len(responses) > 2
    for one, other in zip(responses, sent, strict=True):
        np.testing.assert_array_equal(one.values, other["response"])
    for condition, average in stage.averages.items():
        np.testing.assert_array_equal(average.mean, last[condition]["mean"])
        np.testing.assert_array_equal(average.n, last[condition]["n"])


def test_a_run_gives_the_numbers_of_the_causal_stages_and_so_does_its_replay(rig):
    (rig.folder / "player.py").write_text(PLAYER)
    first = record(rig, GRAPH)
    check_averages(first, check_signals(first))
    found = check_replay(first.folder.path, NODES)

    assert found.agrees, found.describe()
    assert all(node.n_compared for node in found.nodes), found.describe()

    second = record(rig, AGAIN.replace("RECORDING", str(first.folder.path)))
    check_averages(second, check_signals(second))

    # The moments are the same but for a shift, whose rounding the pairs may show.
    again = second["zscore.z"][:]
    np.testing.assert_allclose(first["zscore.z"][:], again, rtol=1e-6, atol=1e-9)


def filter_both_ways(t, signal, t_reference, reference):
    """Give the z-score of one fibre by filters that know the future."""
    sections = butter(3, 0.01, fs=30.0, output="sos")
    slow = [sosfiltfilt(sections, values) for values in (signal, reference)]
    g, r = signal / slow[0] - 1.0, reference / slow[1] - 1.0
    r = np.interp(t, t_reference, r)
    left = g - np.polyval(np.polyfit(r, g, 1), r)
    return (left - left.mean()) / left.std()


def compare(t, signal, t_reference, reference):
    """Correlate causal and both-ways z-score after the first minute."""
    found = causal.CausalPhotometry().update(t, signal, t_reference, reference)
    n = len(found.times)
    wanted = filter_both_ways(t[:n], signal[:n], t_reference, reference)
    late = found.times > t[0] + 60.0
    z = found.z[late, 0]
    return np.corrcoef(z, wanted[late])[0, 1], z, wanted[late], late


def test_causal_numbers_are_near_those_of_filters_that_know_the_future():
    """The page on-line-and-off-line.md tells how near; this keeps it true."""
    session = simulate_session(3, task=ChoiceTask(n_trials=120, duration_s=1200.0))
    bands = causal.LedDemux().update(
        session.led_states, session.signals[:, 0], session.frame_times
    )
    (times, green), (late_times, isosbestic) = bands["green"], bands["isosbestic"]
    alike, z, wanted, late = compare(times, green[:, 0], late_times, isosbestic[:, 0])
    truth = session.truth.dff[-len(times) :, 0][: late.size][late]
    from_truth = [np.corrcoef(each, truth)[0, 1] for each in (z, wanted)]

    assert alike > 0.97
    assert from_truth[0] > 0.85
    assert from_truth[0] > from_truth[1] - 0.02


def test_causal_numbers_are_near_on_a_real_session():
    shared = os.environ.get("RANVIER_SHARED")
    if not shared:
        pytest.skip("RANVIER_SHARED does not name the folder of real recordings")
    folder = Path(shared) / "data/photometry/CQ002_2024-11-05_001/alf"
    if not folder.is_dir():
        pytest.skip("CQ002 is not in RANVIER_SHARED")
    frames = pd.read_parquet(folder / "photometry" / "photometry.signal.pqt")
    frames = frames[(frames.times > 20.0) & (frames.times < 2760.0)]
    g, r = (frames[frames.name == name] for name in ("GCaMP", "Isosbestic"))
    alike = [
        compare(*map(np.asarray, (g.times, g[roi], r.times, r[roi])))[0]
        for roi in ("G0", "G4")
    ]

    assert alike[0] > 0.985
    assert alike[1] > 0.99
