"""Shared memory between real processes: rates, deaths, and what is left behind."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest

from ranvier.links import LinkField, RunFolder, StreamField
from ranvier.spec import LinkPolicy

LARGE = 3000  # numbers of a message that is not copied out


def read_to_the_end(reader, sleeper, longest_s=10):
    seen = []
    deadline = time.monotonic() + longest_s
    while time.monotonic() < deadline:
        message = reader.read()
        if message is None:
            sleeper.wait(0.2)
            continue
        if message.is_end:
            return seen
        seen.append((message.epoch, message.sequence))
        assert message.payload[0] == message.payload[-1] == message.sequence
    raise AssertionError(f"no end came; {len(seen)} messages did")


def account(world, link=0):
    taken = world.board.link_field(link, LinkField.TAKEN)
    return taken, world.board.link_field(link, LinkField.MISSED)


def test_processes_with_every_policy_read_one_output(shared, plan_of):
    plan = plan_of(
        LinkPolicy("latest"),
        LinkPolicy("queue", 4),
        LinkPolicy("queue", 4, "drop_newest"),
        LinkPolicy("lossless", 8),
    )
    paces = [0.004, 0.003, 0.003, 0.0]
    readers = [
        shared.spawn("read", plan, link=link, every=pace)
        for link, pace in enumerate(paces)
    ]
    writer = shared.spawn("write", plan, n=400, size=LARGE, every=0.0005)
    for each in [*readers, writer]:
        each.hear()
    writer.tell()
    written = writer.hear()["written"]
    results = [reader.hear() for reader in readers]

    assert [result["wrong"] for result in results] == [0, 0, 0, 0]
    for link, result in enumerate(results):
        sequences = [sequence for _, sequence in result["seen"]]
        taken, missed = account(shared, link)
        assert sequences == sorted(set(sequences))
        assert taken == len(sequences)
        assert taken + missed == written == 400
    assert [sequence for _, sequence in results[3]["seen"]] == list(range(400))
    assert results[0]["seen"][-1][1] == 399


@pytest.mark.parametrize("seed", range(4))
def test_a_writer_killed_at_any_moment_leaves_whole_messages(shared, plan_of, seed):
    plan = plan_of(LinkPolicy("lossless", 16))
    sleeper, reader = shared.sleeper(10), shared.reader(plan)
    child = shared.spawn("write", plan, n=10**6, size=LARGE)
    child.hear()
    child.tell()
    seen = []
    last = random.Random(seed).randrange(1, 400)
    while not seen or seen[-1] < last:
        message = reader.read()
        if message is None:
            sleeper.wait(0.2)
            continue
        assert message.payload[0] == message.payload[-1] == message.sequence
        seen.append(message.sequence)
    child.kill()
    shared.folder.remove_dead()
    written = shared.board.stream_field(0, StreamField.WRITTEN)
    shared.board.end_stream(0)
    rest = read_to_the_end(reader, sleeper)
    seen += [sequence for _, sequence in rest]

    assert seen == list(range(len(seen)))
    # The message in hand may have been sent before it was counted.
    assert written <= len(seen) + account(shared)[1] <= written + 1


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_writer_is_followed_by_its_next_epoch(shared, plan_of, seed):
    plan = plan_of(LinkPolicy("queue", 16))
    sleeper, reader = shared.sleeper(10), shared.reader(plan)
    chance = random.Random(seed)
    for epoch in range(3):
        child = shared.spawn("write", plan, n=10**6, size=LARGE, epoch=epoch)
        child.hear()
        child.tell()
        until = chance.randrange(1, 200)
        message = None
        while message is None or message.sequence < until or message.epoch != epoch:
            message = reader.read()
            if message is None:
                sleeper.wait(0.2)
        child.kill()
        shared.folder.remove_dead()
    last = shared.spawn("write", plan, n=5, size=LARGE, epoch=3)
    last.hear()
    last.tell()
    last.hear()
    seen = read_to_the_end(reader, sleeper)

    assert [each for each in seen if each[0] == 3] == [(3, i) for i in range(5)]


@pytest.mark.parametrize("clean", [True, False])
def test_a_killed_reader_harms_no_other(shared, plan_of, clean):
    """Also before the dead are cleaned up: the writer must not stumble on them."""
    plan = plan_of(LinkPolicy("queue", 64), LinkPolicy("queue", 4))
    sleeper, well = shared.sleeper(10), shared.reader(plan)
    victim = shared.spawn("read", plan, link=1)
    victim.hear()
    writer = shared.writer(plan)
    seen = []
    for value in range(300):
        if value == 100:
            victim.kill()
            if clean:
                shared.board.mark_absent(1)
                shared.folder.remove_dead()
        writer.write(np.full(LARGE, value))
        message = well.read()
        seen.append(int(message.payload[-1]))
    writer.end()
    read_to_the_end(well, sleeper)

    assert seen == list(range(300))
    assert account(shared, 0) == (300, 0)


def test_a_lossless_writer_goes_on_once_its_dead_reader_is_marked(shared, plan_of):
    plan = plan_of(LinkPolicy("lossless", 4))
    victim = shared.spawn("read", plan, link=0, until=20)
    victim.hear()
    waits = []

    def sleep(longest_s):
        waits.append(longest_s)
        sleeper.wait(longest_s)
        if len(waits) > 3 and shared.board.link_field(0, LinkField.TAKEN) == 21:
            victim.kill()
            shared.board.mark_absent(0)
            shared.folder.remove_dead()

    sleeper = shared.sleeper(0)
    writer = shared.writer(plan, sleep=sleep)
    for value in range(100):
        writer.write(np.full(LARGE, value))

    assert writer.sequence == 100
    assert waits


def test_a_reader_killed_and_started_again_counts_what_fell_between(shared, plan_of):
    plan = plan_of(LinkPolicy("queue", 8))
    writer = shared.writer(plan)
    for start in (0, 100, 200):
        reader = shared.spawn("read", plan, link=0, until=start + 49)
        reader.hear()
        for value in range(start, start + 100):
            writer.write(np.full(LARGE, value))
            if value == start + 49:
                reader.hear()
                reader.kill()
                shared.folder.remove_dead()
    last = shared.spawn("read", plan, link=0)
    last.hear()
    writer.write(np.full(LARGE, 300))
    writer.end()
    result = last.hear()
    taken, missed = account(shared)

    assert result["seen"] == [[0, 300]]
    assert taken + missed == 301


def test_two_runs_do_not_see_each_other(shared, plan_of):
    other = type(shared)()
    try:
        plan = plan_of(LinkPolicy("queue", 8))
        ours, theirs = shared.reader(plan), other.reader(plan)
        writers = [shared.writer(plan), other.writer(plan)]
        for writer, payload in zip(writers, ["ours", "theirs"], strict=True):
            writer.write(payload)

        assert ours.read().payload == "ours"
        assert theirs.read().payload == "theirs"
        assert (ours.read(), theirs.read()) == (None, None)
    finally:
        other.close()


def test_nothing_is_left_after_a_sweep(shared, plan_of):
    plan = plan_of(LinkPolicy("queue", 8), LinkPolicy("queue", 2, "drop_newest"))
    children = [
        shared.spawn("read", plan, link=0, every=0.001),
        shared.spawn("write", plan, n=10**6, size=LARGE),
    ]
    for child in children:
        child.hear()
    children[1].tell()
    shared.reader(plan, 1)
    assert shared.leftovers()
    for child in children:
        child.kill()
    shared.close()

    assert shared.leftovers() == []
    assert not shared.folder.path.exists()
    assert list(RunFolder.iter_all()) == []


def test_ends_that_close_leave_little_behind_by_themselves(shared, plan_of):
    plan = plan_of(LinkPolicy("queue", 8))
    writer, reader = shared.writer(plan), shared.reader(plan)
    writer.write(np.zeros(LARGE))
    reader.read()
    writer.close()
    reader.close()
    for process in (0, 10):
        shared.transport(process).close()
    del writer, reader
    shared._transports.clear()

    # One small file a process stays until the sweep; no segment of a link does.
    assert [p for p in shared.leftovers() if p.suffix != ".global_mgmt"] == []


def test_a_waiting_process_uses_no_processor_time(shared, plan_of):
    plan = plan_of(LinkPolicy("queue", 8))
    child = shared.spawn("wait", plan, link=0, seconds=1.0)

    assert child.hear()["cpu"] < 0.02


def test_the_folder_of_a_run_is_the_users_own(shared):
    assert shared.folder.path.stat().st_mode & 0o077 == 0
    assert RunFolder.parent().stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        shared.folder.create()


def test_a_stream_that_cannot_be_opened_is_explained(shared, plan_of):
    from ranvier.core import LinkError

    plan = plan_of(LinkPolicy("queue", 8))
    with pytest.raises(LinkError) as caught:
        _ = [shared.writer(plan) for _ in range(20)]

    assert "a.out" in caught.value.problem
