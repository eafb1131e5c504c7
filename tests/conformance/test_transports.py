"""What every transport must do, whatever it is made of."""

from __future__ import annotations

import gc
import threading
import time

import numpy as np
import pytest

from ranvier.links import LinkField, StreamField
from ranvier.spec import LinkPolicy

QUEUE = LinkPolicy("queue", 16)


def take(reader, most=10_000):
    messages = []
    while len(messages) < most:
        message = reader.read()
        if message is None:
            break
        messages.append(message)
    return messages


def numbers(messages):
    return [message.sequence for message in messages if not message.is_end]


def counts(world, plan):
    rows = [(link.index, LinkField.TAKEN, LinkField.MISSED) for link in plan.links]
    return [
        (world.board.link_field(i, taken), world.board.link_field(i, missed))
        for i, taken, missed in rows
    ]


PAYLOADS = [
    np.arange(5, dtype="u1"),
    np.arange(24, dtype=">i4").reshape(2, 3, 4)[:, ::-1],
    np.zeros((0, 7)),
    np.array(2.5),
    np.zeros(3, [("t", "f8"), ("n", "u2")]),
    np.array(["2026-01-01", "NaT"], "M8[ms]"),
    np.arange(50_000.0).reshape(500, 100).T,
    np.float32(1.5),
    1.5,
    7,
    True,
    1 + 2j,
    None,
    "",
    "words",
    b"",
    b"x" * 20_000,
    {"frame": np.ones((300, 40), "u2"), "n": 1, "of": {"who": "me", "b": b"1"}},
    [1, [np.arange(3000)], "x"],
    {},
]


class TestCarrying:
    """What is put in comes out, in order, once."""

    def test_all_kinds_of_payload_come_out_as_they_went_in(self, world, plan_of):
        plan = plan_of(LinkPolicy("queue", 32))
        writer, reader = world.writer(plan), world.reader(plan)
        for payload in PAYLOADS:
            writer.write(payload)
        found = [message.payload for message in take(reader)]

        assert [type(each) for each in found] == [type(each) for each in PAYLOADS]
        np.testing.assert_equal(found, PAYLOADS)
        assert [getattr(each, "dtype", None) for each in found] == [
            getattr(each, "dtype", None) for each in PAYLOADS
        ]

    def test_messages_come_in_order(self, world, plan_of):
        plan = plan_of(LinkPolicy("queue", 4))
        writer, reader = world.writer(plan), world.reader(plan)
        seen = []
        for value in range(200):
            writer.write(value)
            if value % 3 == 2:
                seen += take(reader)
        seen += take(reader)

        assert [m.payload for m in seen] == numbers(seen) == list(range(200))
        assert counts(world, plan) == [(200, 0)]

    def test_fifty_megabytes_come_whole(self, world, plan_of):
        plan = plan_of(LinkPolicy("queue", 1))
        writer, reader = world.writer(plan), world.reader(plan)
        frame = np.arange(50_000_000 // 8, dtype="u8")
        writer.write(frame)
        found = reader.read().payload

        assert np.array_equal(found, frame)

    def test_messages_may_grow_and_shrink(self, world, plan_of):
        plan = plan_of(LinkPolicy("queue", 2))
        writer, reader = world.writer(plan), world.reader(plan)
        sizes = [1, 100, 100_000, 3, 2_000_000, 10, 0]
        found = []
        for size in sizes:
            writer.write(np.full(size, size, "u4"))
            found.append(reader.read().payload.copy())

        assert [len(each) for each in found] == sizes
        assert all(np.all(each == len(each)) for each in found)

    def test_two_outputs_into_one_reader_are_two_links(self, world, plan_of):
        first = plan_of(QUEUE)
        second = plan_of(QUEUE, stream="b.out", first=1, index=1, writer=1)
        writers = [world.writer(first), world.writer(second)]
        readers = [world.reader(first), world.reader(second)]
        for value in range(6):
            writers[value % 2].write(value)
        seen = [[m.payload for m in take(reader)] for reader in readers]

        assert seen == [[0, 2, 4], [1, 3, 5]]
        assert [m.stream for m in take(readers[0])] == []

    def test_a_loop_of_two_nodes_goes_round(self, world, plan_of):
        there = plan_of(QUEUE)
        back = plan_of(QUEUE, stream="b.out", first=1, index=1, feedback=True)
        ball, loop = world.writer(there), world.writer(back)
        out, home = world.reader(there), world.reader(back)
        ball.write(0)
        for _ in range(50):
            loop.write(out.read().payload + 1)
            ball.write(home.read().payload + 1)

        assert out.read().payload == 100


class TestPolicies:
    """Each policy does what it says, judged by sequence numbers."""

    def test_latest_skips_to_the_newest(self, world, plan_of):
        plan = plan_of(LinkPolicy("latest"))
        writer, reader = world.writer(plan), world.reader(plan)
        for value in range(50):
            writer.write(value)
        first = numbers(take(reader))
        writer.write(50)

        assert first == [49]
        assert numbers(take(reader)) == [50]
        assert counts(world, plan) == [(2, 49)]

    @pytest.mark.parametrize("depth", [1, 2, 7])
    def test_a_queue_drops_its_oldest(self, world, plan_of, depth):
        plan = plan_of(LinkPolicy("queue", depth, "drop_oldest"))
        writer, reader = world.writer(plan), world.reader(plan)
        for value in range(20):
            writer.write(value)

        assert numbers(take(reader)) == list(range(20 - depth, 20))
        assert counts(world, plan) == [(depth, 20 - depth)]

    @pytest.mark.parametrize("depth", [1, 2, 7])
    def test_a_queue_drops_its_newest(self, world, plan_of, depth):
        plan = plan_of(LinkPolicy("queue", depth, "drop_newest"))
        writer, reader = world.writer(plan), world.reader(plan)
        for value in range(20):
            writer.write(value)
        writer.end()

        assert numbers(take(reader)) == list(range(depth))
        assert counts(world, plan) == [(depth, 20 - depth)]

    def test_a_queue_that_dropped_its_newest_goes_on_when_it_has_room(
        self, world, plan_of
    ):
        plan = plan_of(LinkPolicy("queue", 2, "drop_newest"))
        writer, reader = world.writer(plan), world.reader(plan)
        seen = []
        for value in range(30):
            writer.write(value)
            if value % 10 == 9:
                seen += numbers(take(reader))

        assert seen == [0, 1, 10, 11, 20, 21]
        assert counts(world, plan) == [(6, 16)]

    def test_one_output_serves_all_policies_at_once(self, world, plan_of):
        plan = plan_of(
            LinkPolicy("latest"),
            LinkPolicy("queue", 3),
            LinkPolicy("queue", 3, "drop_newest"),
            LinkPolicy("lossless", 64),
        )
        writer = world.writer(plan)
        readers = [world.reader(plan, index) for index in range(4)]
        for value in range(10):
            writer.write(np.full(3000, value))
        writer.end()
        seen = [take(reader) for reader in readers]

        assert list(map(numbers, seen)) == [
            [9],
            [7, 8, 9],
            [0, 1, 2],
            list(range(10)),
        ]
        assert all(each[-1].is_end for each in seen)
        assert counts(world, plan) == [(1, 9), (3, 7), (3, 7), (10, 0)]
        assert all(np.all(m.payload == m.sequence) for each in seen for m in each[:-1])

    def test_a_lossless_writer_waits_for_a_slow_reader(self, world, plan_of):
        plan = plan_of(LinkPolicy("lossless", 3))
        asleep, awake = world.sleeper(0), world.sleeper(10)
        writer = world.writer(plan, sleep=asleep.wait)
        reader = world.reader(plan)

        def write_all():
            for value in range(100):
                writer.write(value)
            writer.end()

        thread = threading.Thread(target=write_all)
        thread.start()
        deadline = time.monotonic() + 5
        while not world.board.stream_field(0, StreamField.WAITING):
            assert time.monotonic() < deadline, "the writer never had to wait"
        seen = read_to_the_end(reader, awake)
        thread.join(5)

        assert numbers(seen) == list(range(100))
        assert counts(world, plan) == [(100, 0)]
        assert world.board.stream_field(0, StreamField.WAITED) > 0
        assert world.board.stream_field(0, StreamField.WAITING) == 0

    def test_every_message_is_taken_refused_or_missed(self, world, plan_of):
        plan = plan_of(LinkPolicy("lossless", 4, patience_s=0.0))
        writer, reader = world.writer(plan), world.reader(plan)
        for value in range(20):
            writer.write(value)
        writer.end()
        take(reader)
        taken, missed = counts(world, plan)[0]

        assert taken + missed == 20
        assert taken >= 4
        assert world.board.stream_field(0, StreamField.REFUSED) == 16

    def test_items_lost_by_a_source_do_not_fill_a_lossless_link(self, world, plan_of):
        plan = plan_of(LinkPolicy("lossless", 4, patience_s=0.0))
        writer, reader = world.writer(plan), world.reader(plan)
        writer.skip(100)
        writer.write("x")

        assert numbers(take(reader)) == [100]
        assert world.board.stream_field(0, StreamField.REFUSED) == 0

    def test_a_slow_reader_of_a_latest_link_never_gets_old_data(self, world, plan_of):
        plan = plan_of(LinkPolicy("latest"))
        writer, reader = world.writer(plan), world.reader(plan)
        ages = []
        for value in range(300):
            writer.write(value)
            if value % 25 == 24:
                ages.append(value - reader.read().payload)

        assert ages == [0] * 12
        assert counts(world, plan) == [(12, 300 - 12)]


def read_to_the_end(reader, sleeper):
    seen = []
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        message = reader.read()
        if message is None:
            sleeper.wait(0.2)
            continue
        seen.append(message)
        if message.is_end:
            break
    return seen


class TestJoining:
    """Who comes late, goes early or comes again."""

    def test_a_late_reader_misses_what_was_before_and_counts_it(self, world, plan_of):
        plan = plan_of(LinkPolicy("queue", 2), QUEUE)
        writer = world.writer(plan)
        for value in range(10):
            writer.write(value)
        late = world.reader(plan)
        for value in range(10, 12):
            writer.write(value)

        assert numbers(take(late)) == [10, 11]
        assert counts(world, plan)[0] == (2, 10)

    def test_a_reader_may_be_there_before_its_writer(self, world, plan_of):
        plan = plan_of(QUEUE)
        reader = world.reader(plan)
        before = reader.read()
        writer = world.writer(plan)
        writer.write("x")

        assert before is None
        assert reader.read().payload == "x"

    def test_messages_outlive_their_writer(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        for value in range(3):
            writer.write(np.full(100_000, value))
        writer.end()
        held = reader.read().payload
        writer.close()
        gc.collect()
        seen = take(reader)

        assert numbers(seen) == [1, 2]
        assert seen[-1].is_end
        assert np.all(held == 0)
        assert [int(m.payload[-1]) for m in seen[:-1]] == [1, 2]

    def test_a_writer_started_again_is_read_on_without_a_loss(self, world, plan_of):
        plan = plan_of(QUEUE)
        reader = world.reader(plan)
        seen = []
        for epoch in range(3):
            writer = world.writer(plan, epoch=epoch)
            for value in range(4):
                writer.write(value)
                if value == 1:
                    seen += take(reader)
            writer.close()
        writer.end()
        seen += take(reader)

        assert [(m.epoch, m.sequence) for m in seen[:-1]] == [
            (epoch, value) for epoch in range(3) for value in range(4)
        ]
        assert counts(world, plan) == [(12, 0)]

    @pytest.mark.parametrize("n_read", [0, 1, 3])
    def test_messages_of_a_writer_that_came_and_went_are_taken_or_counted(
        self, world, plan_of, n_read
    ):
        """A reader may be in a long step while its source is started again."""
        plan = plan_of(QUEUE)
        reader = world.reader(plan)
        for epoch in range(3):
            writer = world.writer(plan, epoch=epoch)
            for value in range(4):
                writer.write(value)
            take(reader, n_read)
            writer.close()
        writer.end()
        take(reader)
        taken, missed = counts(world, plan)[0]

        assert taken + missed == 12
        assert taken >= 3 * n_read

    def test_the_end_of_a_writer_started_again_for_nothing_comes_once(
        self, world, plan_of
    ):
        plan = plan_of(QUEUE)
        reader = world.reader(plan)
        world.writer(plan, epoch=1).end()

        assert [m.is_end for m in take(reader, 5)] == [True]

    def test_a_reader_started_again_counts_what_fell_between(self, world, plan_of):
        plan = plan_of(LinkPolicy("queue", 2))
        writer, first = world.writer(plan), world.reader(plan)
        writer.write(0)
        first.read()
        first.close()
        for value in range(1, 6):
            writer.write(value)
        again = world.reader(plan)
        writer.write(6)

        assert numbers(take(again))[-1] == 6
        taken, missed = counts(world, plan)[0]
        assert taken + missed == 7

    def test_a_lossless_writer_does_not_wait_for_a_reader_that_left(
        self, world, plan_of
    ):
        plan = plan_of(LinkPolicy("lossless", 2))
        writer, reader = world.writer(plan), world.reader(plan)
        reader.close()
        for value in range(10):
            writer.write(value)

        assert world.board.stream_field(0, StreamField.WAITED) == 0

    def test_a_writer_may_be_started_again_many_times(self, world, plan_of):
        plan = plan_of(QUEUE)
        reader = world.reader(plan)
        seen = []
        for epoch in range(20):
            writer = world.writer(plan, epoch=epoch)
            writer.write(epoch)
            seen += [m.payload for m in take(reader)]
            writer.close()

        assert seen == list(range(20))

    def test_a_reader_may_be_started_again_many_times(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer = world.writer(plan)
        seen = []
        for value in range(20):
            reader = world.reader(plan)
            writer.write(value)
            seen += [m.payload for m in take(reader)]
            reader.close()

        assert seen == list(range(20))
        assert counts(world, plan) == [(20, 0)]


class TestMemory:
    """Large arrays are views; what is held stays as it was."""

    def test_a_large_array_is_a_read_only_aligned_view(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        writer.write(np.arange(10_000.0))
        found = reader.read().payload

        assert not found.flags.writeable
        assert not found.flags.owndata
        assert found.ctypes.data % 64 == 0
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 1

    def test_all_readers_look_at_the_memory_of_the_loan(self, world, plan_of):
        """Each process maps it where it likes; what changes in one changes in all."""
        plan = plan_of(QUEUE, QUEUE)
        writer = world.writer(plan)
        readers = [world.reader(plan, index) for index in range(2)]
        loan = writer.loan((100_000,), "u1")
        behind = loan.view()
        loan[:] = 1
        writer.write(loan)
        found = [reader.read().payload for reader in readers]
        behind[500] = 77

        assert [int(each[500]) for each in found] == [77, 77]

    def test_a_loan_is_written_in_place(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        for value in range(10):
            loan = writer.loan((200, 300), "u2")
            loan[...] = value
            writer.write(loan)

        assert loan.ctypes.data % 64 == 0
        assert not loan.flags.writeable
        assert [int(m.payload[7, 7]) for m in take(reader)] == list(range(10))

    def test_loans_given_up_are_given_back(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        for _ in range(50):
            loan = writer.loan((10_000,), "f8")
        loan[:] = 3
        writer.write(loan)

        assert np.all(reader.read().payload == 3)

    def test_several_loans_may_be_written_before_any_is_sent(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        loans = [writer.loan((200, 200), "u1") for _ in range(10)]
        for value, loan in enumerate(loans):
            loan[...] = value
        for loan in loans:
            writer.write(loan)

        assert [set(m.payload.flat) for m in take(reader)] == [{n} for n in range(10)]

    def test_a_loan_that_was_sent_may_be_kept_and_read(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        kept = []
        for value in range(5):
            loan = writer.loan((200, 200), "u1")
            loan[...] = value
            writer.write(loan)
            reader.read()
            kept.append(loan)
        for _ in range(40):
            writer.write(np.full((200, 200), 99, "u1"))
            loan = writer.loan((200, 200), "u1")
            loan[...] = 77
            writer.write(loan)
            take(reader)

        assert [set(each.flat) for each in kept] == [{n} for n in range(5)]

    def test_a_kept_loan_does_not_hinder_messages_that_grow(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        kept = writer.loan((30_000,), "u1")
        kept[:] = 5
        writer.write(kept)
        sizes = [*range(41_000, 43_000, 64), *(50_000 * n for n in range(1, 25))]
        for size in sizes:
            writer.write(np.zeros(size, "u1"))
            reader.read()
        writer.write("after")

        assert take(reader)[-1].payload == "after"
        assert set(kept.tolist()) == {5}

    def test_a_loan_that_was_sent_may_be_read_after_larger_ones(self, world, plan_of):
        """The memory of the link has grown by then, several times."""
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        kept = []
        for size in (10_000, 100_000, 1_000_000, 4_000_000):
            for _ in range(12):
                loan = writer.loan((size,), "u1")
                loan[:] = len(kept)
                writer.write(loan)
                reader.read()
            kept.append(loan)

        assert [set(each[::999].tolist()) for each in kept] == [{0}, {1}, {2}, {3}]

    def test_a_payload_that_fails_does_not_use_loans_up(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        for _ in range(20):
            with pytest.raises(Exception, match=r"argument|integer"):
                writer.write(np.zeros(5000), time_ns=1.5)
        writer.write("after")

        assert reader.read().payload == "after"

    @pytest.mark.parametrize("n_held", [3, 20, 60])
    def test_held_arrays_keep_their_contents(self, world, plan_of, n_held):
        plan = plan_of(LinkPolicy("queue", 2))
        writer, reader = world.writer(plan), world.reader(plan)
        held = []
        for value in range(n_held):
            writer.write(np.full(3000, value))
            held.append(reader.read().payload)
        for _ in range(20):
            writer.write(np.full(3000, -1))
            reader.read()

        assert [int(each[0]) for each in held] == list(range(n_held))
        assert all(np.all(each == each[0]) for each in held)

    def test_arrays_that_were_held_make_room_again(self, world, plan_of):
        plan = plan_of(LinkPolicy("queue", 2))
        writer, reader = world.writer(plan), world.reader(plan)
        for _ in range(5):
            held = []
            for index in range(12):
                writer.write(np.full(3000, index))
                held.append(reader.read().payload)
            assert [int(each[0]) for each in held] == list(range(12))

    def test_held_arrays_outlive_both_ends(self, world, plan_of):
        plan = plan_of(QUEUE)
        writer, reader = world.writer(plan), world.reader(plan)
        writer.write(np.arange(100_000))
        held = reader.read().payload
        writer.close()
        reader.close()
        del writer, reader
        gc.collect()

        assert np.array_equal(held, np.arange(100_000))


class TestWaking:
    """Waiting costs nothing and ends at once."""

    def test_a_wake_up_before_the_wait_is_kept(self, world):
        sleeper = world.sleeper(3)
        world.transport(4).waker(3).wake()
        began = time.monotonic()
        sleeper.wait(10)

        assert time.monotonic() - began < 5

    def test_many_wake_ups_never_block_and_are_one(self, world):
        sleeper = world.sleeper(3)
        waker = world.transport(4).waker(3)
        for _ in range(100_000):
            waker.wake()
        sleeper.wait(10)
        began = time.monotonic()
        sleeper.wait(0.02)

        assert time.monotonic() - began > 0.01

    def test_a_message_wakes_its_reader(self, world, plan_of):
        plan = plan_of(QUEUE)
        sleeper, reader = world.sleeper(10), world.reader(plan)
        writer = world.writer(plan)
        timer = threading.Timer(0.05, writer.write, ("x",))
        timer.start()
        began = time.monotonic()
        seen = []
        while not seen and time.monotonic() < began + 8:
            sleeper.wait(10)
            seen = take(reader)
        timer.join()

        assert [m.payload for m in seen] == ["x"]
        assert time.monotonic() - began < 5

    def test_a_wait_without_time_only_looks(self, world):
        sleeper = world.sleeper(3)
        began = time.monotonic()
        sleeper.wait(0)
        sleeper.wait(-1)

        assert time.monotonic() - began < 1
