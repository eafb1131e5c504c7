"""The photometry nodes give what the causal stages give, and go on after a restart."""

import numpy as np
import pytest

from ranvier import causal
from ranvier.core import NodeError
from ranvier.library.event_average import EventAverage
from ranvier.library.photometry import (
    BleachingCorrection,
    IsosbesticCorrection,
    PhotometryDemultiplexer,
    RunningZScore,
)
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.node import NodeDriver, step_all

RATE = 30.0
STEP_NS = round(1e9 / RATE)


def frames(n=120, seed=0):
    """Frames of two LEDs in turn: (time in ns, led, values of two channels)."""
    rng = np.random.default_rng(seed)
    values = 5.0 + rng.normal(size=(n, 2))
    return [(10**15 + k * STEP_NS // 2, 1 + k % 2, values[k]) for k in range(n)]


def message(time_ns, payload):
    return Message(payload, 1, 0, 0, time_ns, Origin(1, 0, time_ns))


def step(node, messages):
    return step_all(NodeDriver(node), messages)


def bands():
    """The frames as messages of signal and reference, in order of time."""
    names = {1: "reference", 2: "signal"}
    return [(names[led], message(t, values)) for t, led, values in frames()]


def test_frames_go_out_by_their_led_with_their_own_time():
    node = PhotometryDemultiplexer()
    told = [("frame", message(t, {"led": led, "values": v})) for t, led, v in frames()]
    told.insert(0, ("frame", message(5, {"led": 7, "values": np.zeros(2)})))
    sent = step(node, told)

    assert [e.output for e in sent] == ["isosbestic", "green"] * 60
    assert [e.time_ns for e in sent] == [t for t, _, _ in frames()]
    np.testing.assert_array_equal([v for _, _, v in frames()], [e.value for e in sent])
    assert node.checkpoint()["n_without_band"] == 1
    assert node.context.shown == {
        "frames of no band": 1,
        "frames of the same LED twice": 0,
    }


def test_an_led_may_have_another_code():
    node = PhotometryDemultiplexer(green_led=4, red_led=2)

    assert list(node.process({"led": 4, "values": [1.0]})) == ["green"]


def test_a_frame_without_its_led_is_told():
    with pytest.raises(NodeError, match="does not say its LED"):
        PhotometryDemultiplexer().process({"values": [1.0]})


@pytest.mark.parametrize("align", ["linear", "hold"])
def test_the_nodes_are_the_causal_chain_to_the_bit(align):
    chosen = causal.CausalSettings(RATE, alignment=align, warm_up=0.5)
    correction = IsosbesticCorrection(rate_hz=RATE, align=align)
    correct = {
        name: BleachingCorrection(rate_hz=RATE) for name in ("signal", "reference")
    }
    dff = [
        (name, message(told.time_ns, step(correct[name], [("signal", told)])[0].value))
        for name, told in bands()
    ]
    corrected = step(correction, dff)
    z = step(
        RunningZScore(rate_hz=RATE, warm_up=0.5),
        [("signal", message(e.time_ns, e.value)) for e in corrected],
    )
    t, led, values = (np.array(column) for column in zip(*frames(), strict=True))
    expected = causal.CausalPhotometry(chosen).update(
        t[led == 2] * 1e-9, values[led == 2], t[led == 1] * 1e-9, values[led == 1]
    )

    np.testing.assert_array_equal(expected.corrected, [e.value for e in corrected])
    np.testing.assert_array_equal(expected.z, [e.value for e in z])
    np.testing.assert_array_equal(
        expected.times, np.array([e.time_ns for e in corrected]) * 1e-9
    )
    assert len(z) == (59 if align == "linear" else 60)


def test_an_average_is_that_of_the_causal_stage():
    node = EventAverage(rate_hz=RATE, stop=0.5, start=-0.5)
    stage = causal.EventAverage((-0.5, 0.5), RATE, baseline=(-0.2, 0.0))
    signal = [(t, v) for t, led, v in frames() if led == 2]
    told = [("signal", message(t, v)) for t, v in signal]
    told.insert(20, ("event", message(signal[20][0], {"condition": "cue"})))
    told.insert(30, ("event", message(7, {"time_ns": signal[25][0] + 5_000_000})))
    sent = step(node, told)
    stage.add_event(signal[20][0] * 1e-9, "cue")
    stage.add_event((signal[25][0] + 5_000_000) * 1e-9)
    times, values = (np.array(column) for column in zip(*signal, strict=True))
    expected = stage.update(times * 1e-9, values)

    assert [e.value["condition"] for e in sent] == ["cue", ""]
    assert [e.value["event_s"] for e in sent] == [r.time for r in expected]
    for one, other in zip(expected, sent, strict=True):
        np.testing.assert_array_equal(one.values, other.value["response"])
        np.testing.assert_array_equal(one.values, other.value["mean"])
        assert other.value["n"].max() == 1


def test_an_event_may_be_any_value_at_its_moment():
    node = EventAverage(start=-1, stop=1, rate_hz=2, baseline=0, max_gap=1)
    told = [("signal", message(s * 500_000_000, np.array([s]))) for s in range(8)]
    told.insert(4, ("event", message(1_750_000_000, True)))
    (sent,) = step(node, told)

    np.testing.assert_allclose([1.5, 2.5, 3.5, 4.5], sent.value["mean"].ravel())


NODES = {
    "bleaching": (lambda: BleachingCorrection(rate_hz=RATE), "signal"),
    "isosbestic": (lambda: IsosbesticCorrection(rate_hz=RATE), None),
    "z": (lambda: RunningZScore(rate_hz=RATE, warm_up=0.1), "signal"),
    "average": (lambda: EventAverage(start=-0.2, stop=0.2), "average"),
}


def feed(inputs):
    if inputs is None:
        return bands()
    told = [("signal", message(t, values)) for t, _, values in frames()]
    if inputs == "average":
        events = [("event", message(t + 1, {})) for t, _, _ in frames()[::11]]
        return sorted(told + events, key=lambda pair: pair[1].time_ns)
    return told


def hand_over(node):
    """Send the state the way that a run does."""
    return decode(to_bytes(message(0, dict(node.checkpoint())))).payload


@pytest.mark.parametrize("name", NODES)
@pytest.mark.parametrize("at", [0, 1, 57])
def test_a_restored_node_goes_on_to_the_bit(name, at):
    build, inputs = NODES[name]
    whole, first, second = build(), build(), build()
    expected = step(whole, feed(inputs))
    found = step(first, feed(inputs)[:at])
    second.restore(hand_over(first))
    found += step(second, feed(inputs)[at:])

    assert len(expected) > 5
    assert [e.time_ns for e in expected] == [e.time_ns for e in found]
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_equal(one.value, other.value)


def test_time_constants_change_live():
    for node in (BleachingCorrection(), IsosbesticCorrection(), RunningZScore()):
        node.time_constant = 5.0

        assert node.time_constant == 5.0
    zscore = RunningZScore(rate_hz=1, warm_up=0, time_constant=1e-3)
    zscore.time_constant = 0.0
    sent = [zscore.process([x]).value[0] for x in (0.0, 2.0, 4.0)]

    np.testing.assert_allclose(2.0 / np.sqrt(8.0 / 3.0), sent[-1])
