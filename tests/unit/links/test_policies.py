"""What a full link does, and that every loss is counted; over memory."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from ranvier.core import LinkError
from ranvier.links import (
    Board,
    LinkField,
    LinkReader,
    MemoryTransport,
    Origin,
    OutputWriter,
    StreamField,
)
from ranvier.spec import LinkPlan, LinkPolicy, StreamPlan


class Rig:
    """One stream with a writer and readers; each link in a process of its own."""

    def __init__(self, *policies, within=False):
        self.transport = MemoryTransport()
        self.board = Board.in_memory(0, 1, len(policies))
        links = tuple(
            LinkPlan(i, "a.out", f"n{i}.x", policy, reader=0 if within else i + 1)
            for i, policy in enumerate(policies)
        )
        self.plan = StreamPlan(0, "a.out", links)
        self.readers = [self.reader(i) for i in range(len(policies))]

    def writer(self, **options):
        return OutputWriter(self.plan, self.transport, self.board, **options)

    def reader(self, index=0, **options):
        link = self.plan.links[index]
        return LinkReader(self.plan, link, self.transport, self.board, **options)

    def field(self, field, index=0):
        return self.board.link_field(index, field)


def take_all(reader):
    return list(iter(reader.read, None))


def numbers(messages):
    return [message.sequence for message in messages if not message.is_end]


def test_messages_arrive_in_order_with_their_header():
    rig = Rig(LinkPolicy("queue", 8))
    writer = rig.writer(epoch=3)
    writer.write("a", 10, Origin(7, 8, 9))
    writer.write("b", 20)
    first, second = take_all(rig.readers[0])

    assert (first.payload, first.sequence, first.epoch, first.time_ns) == (
        "a",
        0,
        3,
        10,
    )
    assert first.origin == Origin(7, 8, 9)
    assert second.origin == Origin(0, 1, 20)


def test_latest_gives_the_newest_and_counts_what_it_skipped():
    rig = Rig(LinkPolicy("latest"))
    writer = rig.writer()
    for value in range(10):
        writer.write(value)
    taken = take_all(rig.readers[0])

    assert [message.payload for message in taken] == [9]
    assert rig.field(LinkField.MISSED) == 9
    assert rig.field(LinkField.TAKEN) == 1


def test_a_full_queue_drops_its_oldest_and_counts_them():
    rig = Rig(LinkPolicy("queue", 3, "drop_oldest"))
    writer = rig.writer()
    for value in range(10):
        writer.write(value)

    assert numbers(take_all(rig.readers[0])) == [7, 8, 9]
    assert rig.field(LinkField.MISSED) == 7


@pytest.mark.parametrize("within", [False, True])
def test_a_full_queue_drops_its_newest_and_counts_them(within):
    rig = Rig(LinkPolicy("queue", 3, "drop_newest"), within=within)
    writer = rig.writer()
    for value in range(5):
        writer.write(value)
    taken = numbers(take_all(rig.readers[0]))
    writer.end()
    taken += numbers(take_all(rig.readers[0]))

    assert taken == [0, 1, 2]
    assert rig.field(LinkField.MISSED) == 2


def test_a_queue_that_dropped_its_newest_takes_again_once_it_is_empty():
    rig = Rig(LinkPolicy("queue", 2, "drop_newest"))
    writer = rig.writer()
    for value in range(20):
        writer.write(value)
    taken = numbers(take_all(rig.readers[0]))
    writer.write("again")
    taken += numbers(take_all(rig.readers[0]))

    assert taken == [0, 1, 20]
    assert rig.field(LinkField.MISSED) == 18


def test_each_link_of_an_output_keeps_its_own_policy():
    rig = Rig(
        LinkPolicy("latest"),
        LinkPolicy("queue", 2),
        LinkPolicy("queue", 2, "drop_newest"),
        LinkPolicy("lossless", 100),
    )
    writer = rig.writer()
    for value in range(6):
        writer.write(value)
    writer.end()
    taken = [numbers(take_all(reader)) for reader in rig.readers]
    missed = [rig.field(LinkField.MISSED, index) for index in range(4)]

    assert taken == [[5], [4, 5], [0, 1], [0, 1, 2, 3, 4, 5]]
    assert missed == [5, 4, 4, 0]


def test_the_writer_of_a_lossless_link_waits_for_its_reader():
    rig = Rig(LinkPolicy("lossless", 2))
    writer = rig.writer(sleep=lambda s: reads.append(rig.readers[0].read()))
    reads = []
    for value in range(10):
        writer.write(value)
    rest = take_all(rig.readers[0])

    assert numbers(reads + rest) == list(range(10))
    assert rig.board.stream_field(0, StreamField.WAITED) > 0
    assert rig.board.stream_field(0, StreamField.WAITING) == 0


def test_patience_ends_a_wait_and_counts_it():
    rig = Rig(LinkPolicy("lossless", 1, patience_s=0.0))
    writer = rig.writer(sleep=lambda s: None)
    for value in range(4):
        writer.write(value)

    assert rig.board.stream_field(0, StreamField.REFUSED) == 3


def test_a_writer_that_must_end_waits_no_longer():
    rig = Rig(LinkPolicy("lossless", 1))
    writer = rig.writer(sleep=lambda s: None, gives_up=lambda: True)
    writer.write(0)

    assert writer.write(1) == 1
    assert rig.board.stream_field(0, StreamField.WAITING) == 0


def test_nobody_waits_for_a_reader_that_is_gone():
    rig = Rig(LinkPolicy("lossless", 1))
    writer = rig.writer()
    rig.readers[0].close()
    for value in range(5):
        writer.write(value)

    assert rig.board.stream_field(0, StreamField.WAITED) == 0


def test_a_waiting_writer_is_woken_by_its_reader():
    rig = Rig(LinkPolicy("lossless", 1))
    sleeper = rig.transport.open_sleeper(0)
    waits = []

    def sleep(longest_s):
        waits.append(longest_s)
        sleeper.wait(5)

    writer = rig.writer(sleep=sleep)
    writer.write(0)
    thread = threading.Thread(target=writer.write, args=(1,))
    thread.start()
    deadline = threading.Event()
    while not rig.board.stream_field(0, StreamField.WAITING):
        deadline.wait(0.001)
    rig.readers[0].read()
    thread.join(4)

    assert not thread.is_alive()
    assert len(waits) == 1


def test_items_that_a_source_lost_are_counted_as_missed():
    rig = Rig(LinkPolicy("queue", 8))
    writer = rig.writer()
    writer.write(0)
    writer.skip(3)
    writer.write(1)

    assert numbers(take_all(rig.readers[0])) == [0, 4]
    assert rig.field(LinkField.MISSED) == 3
    assert rig.board.stream_field(0, StreamField.SKIPPED) == 3


def test_items_that_a_source_lost_take_no_room_of_a_lossless_link():
    rig = Rig(LinkPolicy("lossless", 2, patience_s=0.0))
    writer = rig.writer(sleep=lambda s: None)
    writer.skip(10)
    writer.write("x")

    assert numbers(take_all(rig.readers[0])) == [10]
    assert rig.board.stream_field(0, StreamField.REFUSED) == 0


def test_the_end_comes_after_the_last_message_and_once():
    rig = Rig(LinkPolicy("queue", 8))
    writer = rig.writer()
    writer.write("last")
    writer.end()
    taken = take_all(rig.readers[0])

    assert [message.is_end for message in taken] == [False, True]
    assert take_all(rig.readers[0]) == []


def test_what_is_missing_before_the_end_is_counted():
    rig = Rig(LinkPolicy("queue", 8))
    writer = rig.writer()
    writer.write("x")
    writer.skip(4)
    writer.end()
    take_all(rig.readers[0])

    assert rig.field(LinkField.MISSED) == 4


@pytest.mark.parametrize("epoch", [0, 1, 5])
def test_the_end_of_an_empty_stream_comes_once(epoch):
    rig = Rig(LinkPolicy("queue", 8))
    rig.writer(epoch=epoch).end()

    assert [message.is_end for message in take_all_at_most(rig.readers[0], 5)] == [True]


def take_all_at_most(reader, most):
    return [m for m in (reader.read() for _ in range(most)) if m is not None]


def test_a_writer_started_again_is_no_loss():
    rig = Rig(LinkPolicy("queue", 8))
    first = rig.writer()
    first.write("a")
    first.write("b")
    rig.writer(epoch=1).write("c")
    taken = take_all(rig.readers[0])

    assert [(m.epoch, m.sequence) for m in taken] == [(0, 0), (0, 1), (1, 0)]
    assert rig.field(LinkField.MISSED) == 0


def test_a_writer_killed_while_it_waited_waits_no_longer_when_started_again():
    """Else each of its readers would wake it for every message, for ever."""
    rig = Rig(LinkPolicy("lossless", 1))
    rig.board.values[rig.board.stream_row(0) + StreamField.WAITING] = 1
    rig.writer(epoch=1)

    assert rig.board.stream_field(0, StreamField.WAITING) == 0


def test_what_the_next_epoch_lost_at_its_start_is_counted():
    rig = Rig(LinkPolicy("latest"))
    rig.writer().write("a")
    second = rig.writer(epoch=1)
    for value in range(3):
        second.write(value)
    take_all(rig.readers[0])

    assert rig.field(LinkField.MISSED) >= 2


def test_a_reader_started_again_counts_on_where_the_first_stopped():
    rig = Rig(LinkPolicy("queue", 2))
    writer = rig.writer()
    writer.write(0)
    rig.readers[0].read()
    for value in range(1, 6):
        writer.write(value)
    again = rig.reader()
    taken = numbers(take_all(again))

    assert taken == [4, 5]
    assert rig.field(LinkField.MISSED) == 3


def test_a_reader_that_joins_late_counts_what_was_before_it():
    rig = Rig(LinkPolicy("queue", 2))
    writer = rig.writer()
    for value in range(6):
        writer.write(value)
    late = rig.reader()

    assert numbers(take_all(late)) == [4, 5]
    assert rig.field(LinkField.MISSED) == 4


@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (100, 200)])
def test_a_loan_is_sent_as_it_was_written(shape):
    rig = Rig(LinkPolicy("queue", 8), LinkPolicy("queue", 8, "drop_newest"))
    writer = rig.writer()
    loan = writer.loan(shape, "f4")
    loan[...] = 7
    writer.write(loan)
    found = [take_all(reader)[0].payload for reader in rig.readers]

    assert all(each.shape == shape and np.all(each == 7) for each in found)
    assert not loan.flags.writeable or loan.size == 0


def test_loans_that_are_never_sent_do_no_harm():
    rig = Rig(LinkPolicy("queue", 8))
    writer = rig.writer()
    loans = [writer.loan((4,), "u1") for _ in range(10)]
    loans[-1][:] = 9
    writer.write(loans[-1])
    writer.close()

    assert take_all(rig.readers[0])[0].payload.tolist() == [9] * 4


class Jammed(MemoryTransport):
    """Its private lanes have no memory for the first loan."""

    n_loans = 0

    def open_lane(self, plan, private):
        lane = super().open_lane(plan, private)
        return lane if private is None else self.jam(lane)

    def jam(self, lane):
        loan = lane.loan

        def loan_or_fail(length):
            self.n_loans += 1
            if self.n_loans == 1:
                raise LinkError("no memory.", code="RV-L21", mend="make room")
            return loan(length)

        lane.loan = loan_or_fail
        return lane


@pytest.mark.parametrize("in_place", [False, True])
def test_a_number_is_used_once_even_when_one_lane_fails(in_place):
    rig = Rig(LinkPolicy("queue", 8), LinkPolicy("queue", 8, "drop_newest"))
    rig.transport = Jammed()
    readers, writer = [rig.reader(index) for index in range(2)], rig.writer()
    for value in range(3):
        frame = writer.loan((100, 100), "u1") if in_place else np.empty((100, 100))
        frame[...] = value
        if value == 0:
            with pytest.raises(LinkError):
                writer.write(frame)
        else:
            writer.write(frame)

    assert numbers(take_all(readers[0])) == [0, 1, 2]
    assert numbers(take_all(readers[1])) == [1, 2]


def test_a_payload_that_cannot_cross_leaves_no_gap():
    rig = Rig(LinkPolicy("queue", 8))
    writer = rig.writer()
    writer.write(0)
    with pytest.raises(LinkError):
        writer.write(object())
    writer.write(1)

    assert numbers(take_all(rig.readers[0])) == [0, 1]
    assert rig.field(LinkField.MISSED) == 0


def test_an_output_without_links_counts_what_it_writes():
    rig = Rig()
    writer = rig.writer()
    writer.write(np.arange(3))
    loan = writer.loan((3,), "u1")
    writer.write(loan)

    assert rig.board.stream_field(0, StreamField.WRITTEN) == 2


def test_a_raw_reader_gets_the_bytes_of_whole_messages():
    from ranvier.links import decode

    rig = Rig(LinkPolicy("queue", 8))
    raw = rig.reader(raw=True)
    rig.writer().write({"a": 1})
    message = raw.read()

    assert decode(message.payload).payload == {"a": 1}
    assert message.sequence == 0


def test_delays_and_ages_are_counted():
    rig = Rig(LinkPolicy("queue", 8))
    writer = rig.writer()
    for value in range(5):
        writer.write(value, origin=Origin(0, value, 0))
    take_all(rig.readers[0])

    assert sum(rig.board.delay_histogram(0)) == 5
    assert sum(rig.board.age_histogram(0)[100:]) == 5
