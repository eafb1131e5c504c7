"""Small sessions to read, check and mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from ranvier.audit import AuditKind, AuditTrail
from ranvier.core import WallStart
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.recording import (
    Manifest,
    NodeEntry,
    Recorder,
    SessionFolder,
    StreamEntry,
    create_session_folder,
    hash_text,
    seal,
    write_manifest,
)
from ranvier.spec import NodeSpec, StreamPlan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WALL = WallStart(1_000_000, "2026-11-20T14:00:00+01:00")
STREAMS = ("camera.frame", "sensor.value", "finder.cells")
GRAPH = "ranvier: 1\nname: loop\n"


def make_message(payload: Any, sequence: int, *, epoch: int = 0) -> bytes:
    time_ns = WALL.monotonic_ns + 1000 * sequence
    origin = Origin(0, sequence, time_ns)
    return to_bytes(Message(payload, 0, sequence, epoch, time_ns, origin))


def deliver(recorder: Recorder, stream: str, message: bytes) -> None:
    port = stream.replace(".", "__")
    recorder.process_raw(port, memoryview(message), decode(message))


def make_payloads(n: int) -> dict[str, list[Any]]:
    rng = np.random.default_rng(0)
    return {
        "camera.frame": list(rng.integers(0, 999, (n, 40, 60), dtype=np.uint16)),
        "sensor.value": [float(i) / 2 for i in range(n)],
        "finder.cells": [{"n": i, "trace": np.arange(i + 1.0)} for i in range(n)],
    }


def open_recorder(folder: SessionFolder, **parameters: Any) -> Recorder:
    run = {"run": "r1", "wall_start": WALL.wall, "monotonic_ns": WALL.monotonic_ns}
    streams = [{"stream": name, "unit": "V", "rate_hz": "30.0"} for name in STREAMS]
    recorder = Recorder(streams=streams, folder=str(folder.path), run=run, **parameters)
    recorder.setup()
    return recorder


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    """A session folder with an open manifest, before anything is recorded."""
    made = create_session_folder(tmp_path, "loop", WALL)
    streams = tuple(
        StreamEntry(StreamPlan(n, name), is_recorded=True)
        for n, name in enumerate(STREAMS)
    )
    node = NodeEntry("sensor", NodeSpec("sensor", "source"), parameters={"level": 1})
    manifest = Manifest(
        run="r1",
        graph_name="loop",
        graph_text=GRAPH,
        graph_sha256=hash_text(GRAPH),
        wall_start=WALL.wall,
        monotonic_ns=WALL.monotonic_ns,
        streams=streams,
        nodes=(node,),
    )
    write_manifest(made, manifest)
    with AuditTrail(made.audit, WALL) as audit:
        audit.write(AuditKind.RUN_STARTED)
    return made


@pytest.fixture
def session(folder: SessionFolder) -> SessionFolder:
    """A sealed session: ten messages of each of three streams."""
    recorder = open_recorder(folder)
    payloads = make_payloads(10)
    for sequence in range(10):
        for name in STREAMS:
            deliver(recorder, name, make_message(payloads[name][sequence], sequence))
    recorder.teardown()
    seal(folder, "completed")
    return folder


@pytest.fixture
def record() -> Callable[..., Recorder]:
    """Open a recorder on a folder."""
    return open_recorder


@pytest.fixture
def send() -> Callable[..., None]:
    """Make a message of a payload and deliver it to a recorder."""

    def make_and_deliver(
        recorder: Recorder, stream: str, payload: Any, sequence: int, epoch: int = 0
    ) -> None:
        deliver(recorder, stream, make_message(payload, sequence, epoch=epoch))

    return make_and_deliver


@pytest.fixture
def record_numbers(folder: SessionFolder) -> Callable[..., None]:
    """Record numbers of one stream, given by their sequence, in a part of their own."""

    def record_them(*sequences: int) -> None:
        recorder = open_recorder(folder)
        for sequence in sequences:
            deliver(recorder, "sensor.value", make_message(1.0, sequence))
        recorder.teardown()

    return record_them


@pytest.fixture
def reopen() -> Callable[[SessionFolder], None]:
    """Undo the seal, as if the run had been killed."""

    def undo(folder: SessionFolder) -> None:
        fields = msgspec.json.decode(folder.manifest.read_bytes())
        fields = {**fields, "state": "open", "files": [], "finish_reason": ""}
        folder.manifest.write_bytes(msgspec.json.encode(fields))
        for part in folder.parts():
            folder.counts(part.number).unlink(missing_ok=True)

    return undo
