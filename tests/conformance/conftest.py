"""Transports and their ends, for the one suite over all of them."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest

from ranvier.links import (
    Board,
    LinkReader,
    MemoryTransport,
    OutputWriter,
    RunFolder,
    open_transport,
)
from ranvier.spec import LinkPlan, StreamPlan

PEER = Path(__file__).with_name("peer.py")


def make_plan(*policies, stream="a.out", first=0, index=0, writer=0, **options):
    """Plan a stream whose readers are processes 10, 11, … each with one link."""
    links = tuple(
        LinkPlan(first + i, stream, f"n{i}.x", policy, reader=10 + first + i, **options)
        for i, policy in enumerate(policies)
    )
    return StreamPlan(index, stream, links, writer=writer)


class MemoryWorld:
    """All processes are threads of this one."""

    def __init__(self, n_streams=4, n_links=8):
        self._transport = MemoryTransport()
        self.board = Board.in_memory(1, n_streams, n_links)

    def transport(self, process):
        return self._transport

    def writer(self, plan, **options):
        return OutputWriter(plan, self.transport(plan.writer), self.board, **options)

    def reader(self, plan, index=0, **options):
        link = plan.links[index]
        transport = self.transport(link.reader)
        return LinkReader(plan, link, transport, self.board, **options)

    def sleeper(self, process):
        return self.transport(process).open_sleeper(process)

    def close(self):
        self._transport.close()


class SharedWorld(MemoryWorld):
    """Each process number has a transport of its own; children may take part."""

    def __init__(self, n_streams=4, n_links=8):
        self.folder = RunFolder.of(f"test-{secrets.token_hex(5)}")
        self.folder.create()
        self.board = Board.create(self.folder.board, 1, n_streams, n_links)
        self._transports = {}
        self._children = []

    def transport(self, process):
        if process not in self._transports:
            name = f"process-{process}"
            self._transports[process] = open_transport(self.folder, name)
        return self._transports[process]

    def spawn(self, act, plan, **order):
        fields = {
            "act": act,
            "folder": str(self.folder.path),
            "plan": msgspec.json.encode(plan).decode(),
            **order,
        }
        child = Child([sys.executable, str(PEER), json.dumps(fields)])
        self._children.append(child)
        return child

    def leftovers(self):
        return list(Path("/dev/shm").glob(f"{self.folder.prefix}*"))

    def close(self):
        for child in self._children:
            child.kill()
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()
        self.folder.sweep()


class Child:
    """A peer: `tell` lets it go on, `hear` waits for its next words."""

    def __init__(self, command):
        # As for workers: OpenBLAS's own threads spin for a while after their start.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def hear(self):
        line = self._process.stdout.readline()
        assert line, f"the peer ended with {self._process.wait(5)}"
        return json.loads(line)

    def tell(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(5)
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture(autouse=True)
def own_folder(monkeypatch):
    # Short, because of the length that pipes and sockets may have.
    folder = tempfile.mkdtemp(prefix="rv")
    monkeypatch.setattr(tempfile, "tempdir", folder)
    yield Path(folder)
    monkeypatch.undo()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shared():
    pytest.importorskip("iceoryx2")
    world = SharedWorld()
    yield world
    world.close()


@pytest.fixture(params=["memory", "shared"])
def world(request):
    if request.param == "shared":
        yield request.getfixturevalue("shared")
    else:
        made = MemoryWorld()
        yield made
        made.close()


@pytest.fixture
def plan_of():
    return make_plan
