"""One side of a link in a process of its own; says what it saw as a line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import msgspec
import numpy as np

from ranvier.links import (
    Board,
    LinkReader,
    OutputWriter,
    RunFolder,
    open_transport,
)
from ranvier.spec import StreamPlan


def main() -> None:
    order = json.loads(sys.argv[1])
    folder = RunFolder(Path(order["folder"]))
    plan = msgspec.json.decode(order["plan"].encode(), type=StreamPlan)
    board = Board.open(folder.board)
    transport = open_transport(folder, order["act"])
    acts = {"write": write, "read": read, "wait": wait}
    acts[order["act"]](order, plan, board, transport)


def say(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def rest(sleeper, order):
    """Sleep until the next message is due, whatever wakes it."""
    until = time.monotonic() + order.get("every", 0)
    while time.monotonic() < until:
        sleeper.wait(until - time.monotonic())


def write(order, plan, board, transport):
    """Write `n` messages of `size` numbers, `every` seconds apart; end if asked."""
    sleeper = transport.open_sleeper(plan.writer)
    writer = OutputWriter(
        plan, transport, board, epoch=order.get("epoch", 0), sleep=sleeper.wait
    )
    say(open=True)
    sys.stdin.readline()
    for value in range(order["n"]):
        payload = np.full(order.get("size", 4), value, "f8")
        writer.write(payload)
        rest(sleeper, order)
    if order.get("end", True):
        writer.end()
    say(written=writer.sequence)
    sys.stdin.readline()
    writer.close()
    transport.close()


def read(order, plan, board, transport):
    """Read link number `link` until its end, at most one message each `every` s."""
    link = plan.links[order["link"]]
    sleeper = transport.open_sleeper(link.reader)
    reader = LinkReader(plan, link, transport, board)
    say(open=True)
    seen, wrong = [], 0
    while True:
        message = reader.read()
        if message is None:
            sleeper.wait(0.5)
            continue
        if message.is_end:
            break
        seen.append([message.epoch, message.sequence])
        value = message.payload
        wrong += not (value[0] == value[-1] == message.sequence)
        if order.get("until") == message.sequence:
            break
        rest(sleeper, order)
    say(seen=seen, wrong=wrong)
    sys.stdin.readline()
    reader.close()
    transport.close()


def wait(order, plan, board, transport):
    """Wait for messages that don't come, and say what it cost in CPU seconds."""
    link = plan.links[order["link"]]
    sleeper = transport.open_sleeper(link.reader)
    reader = LinkReader(plan, link, transport, board)
    began, until = time.process_time(), time.monotonic() + order["seconds"]
    while time.monotonic() < until:
        assert reader.read() is None
        sleeper.wait(until - time.monotonic())
    say(cpu=time.process_time() - began)


main()
sys.stdout.flush()
os._exit(0)
