from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ranvier.core import RecordingError
from ranvier.node import Context, NodeDriver, Stamped, StopProducing
from ranvier.recording import ReplaySource, SessionFolder


class SetClock:
    def __init__(self) -> None:
        self.time_ns = 50_000_000_000

    def now_ns(self) -> int:
        return self.time_ns


def play(source: ReplaySource) -> list[Any]:
    source.setup()
    found = []
    while True:
        try:
            found.append(source.produce())
        except StopProducing:
            return found


def make(session: SessionFolder, **parameters: Any) -> ReplaySource:
    return ReplaySource(recording=str(session.path), **parameters)


def test_one_stream_comes_back_flat_out(session: SessionFolder) -> None:
    values = play(make(session, streams=["sensor.value"], pace="max"))

    assert values == [n / 2 for n in range(10)]


def test_all_streams_come_back_in_order_of_time(session: SessionFolder) -> None:
    values = play(make(session))
    names = [next(iter(value)) for value in values]

    assert names[:6] == ["frame", "value", "cells", "frame", "value", "cells"]
    assert len(values) == 30


def test_a_node_name_stands_for_all_its_streams(session: SessionFolder) -> None:
    source = make(session, streams=["camera"])

    assert [port.name for port in source.output_specs()] == ["frame"]
    assert source.output_specs()[0].unit == "V"
    assert source.output_specs()[0].rate_hz == 30.0


def test_the_driver_steps_it_as_any_source(session: SessionFolder) -> None:
    driver = NodeDriver(make(session, streams=["camera.frame"]))
    emission = next(iter(driver.produce()))

    assert emission.output == "frame"
    assert emission.value.shape == (40, 60)


def test_at_recorded_pace_a_message_waits_for_its_time(session: SessionFolder) -> None:
    source = make(session, streams=["sensor.value"])
    clock = SetClock()
    source.context = Context("replay", clock=clock)
    source.context.is_real_time = True
    source.setup()
    schedule = source._schedule
    source._schedule = schedule._replace(time_ns=schedule.time_ns * 1_000_000)
    first = source.produce()
    waiting = source.produce()
    clock.time_ns += 1_000_000_000_000
    second = source.produce()

    assert first == Stamped(0.0, 50_000_000_000)
    assert waiting is None
    assert second == Stamped(0.5, 51_000_000_000)


def test_a_restarted_replay_goes_on_where_it_was(session: SessionFolder) -> None:
    first = make(session, streams=["sensor.value"])
    first.produce()
    first.produce()
    again = make(session, streams=["sensor.value"])
    again.restore(first.checkpoint())

    assert play(again)[0] == 1.0


def test_frames_are_bit_identical(session: SessionFolder) -> None:
    expected = np.random.default_rng(0).integers(0, 999, (10, 40, 60), dtype=np.uint16)
    frames = play(make(session, streams=["camera.frame"]))

    assert np.array_equal(expected, frames)


@pytest.mark.parametrize("streams", [["none"], ["none.x"]])
def test_an_unknown_stream_is_refused(session: SessionFolder, streams: Any) -> None:
    with pytest.raises(RecordingError, match="no stream"):
        make(session, streams=streams)
