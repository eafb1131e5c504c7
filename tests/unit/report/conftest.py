"""A small session of a calcium loop, written as a run would."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.audit import AuditKind, AuditTrail
from ranvier.core import WallStart
from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.recording import (
    Manifest,
    NodeEntry,
    Recorder,
    StreamEntry,
    create_session_folder,
    hash_text,
    seal,
    write_manifest,
)
from ranvier.sim.calcium import read_cells
from ranvier.sim.preparation import find_shipped
from ranvier.spec import LinkPlan, LinkPolicy, NodeSpec, StreamPlan

WALL = WallStart(1_000_000, "2026-11-20T14:00:00+01:00")
GRAPH = "ranvier: 1\nname: my_loop\ndescription: A <small> loop.\n"
PREPARATION = "ranvier.sim.preparation:SimulatedPreparation"


class SessionWriter:
    """Writes a session folder stream by stream."""

    def __init__(self, parent, streams, nodes, *, graph=GRAPH):
        self.folder = create_session_folder(parent, "my_loop", WALL)
        self.audit = AuditTrail(self.folder.audit, WALL)
        self.audit.write(AuditKind.RUN_CREATED, run="r1", graph="my_loop", by="test")
        self.audit.write(AuditKind.RUN_STARTED, begin_ns=WALL.monotonic_ns)
        entries = []
        for index, name in enumerate(streams):
            policy = LinkPolicy("lossless", 8)
            link = LinkPlan(index, name, f"{nodes[-1].name}.in_", policy)
            plan = StreamPlan(index, name, (link,))
            entries.append(StreamEntry(plan, is_recorded=True))
        manifest = Manifest(
            "r1", "my_loop", graph, hash_text(graph), WALL.wall, WALL.monotonic_ns,
            nodes=tuple(nodes), streams=tuple(entries),
        )  # fmt: skip
        write_manifest(self.folder, manifest)
        run = {"run": "r1", "wall_start": WALL.wall, "monotonic_ns": WALL.monotonic_ns}
        described = [{"stream": name} for name in streams]
        self.recorder = Recorder(
            streams=described, folder=str(self.folder.path), run=run
        )
        self.recorder.setup()
        self.counts = dict.fromkeys(streams, 0)

    def send(self, stream, payload, frame=0):
        origin_ns = WALL.monotonic_ns + int(frame * 1e9 / 15)
        sequence = self.counts[stream]
        self.counts[stream] += 1
        number = list(self.counts).index(stream)
        origin = Origin(0, frame, origin_ns)
        time_ns = origin_ns + 1_000_000 * number
        message = to_bytes(Message(payload, number, sequence, 0, time_ns, origin))
        port = stream.replace(".", "__")
        self.recorder.process_raw(port, memoryview(message), decode(message))

    def close(self, reason="completed"):
        self.recorder.teardown()
        self.audit.write(AuditKind.RUN_FINISHED, reason=reason)
        self.audit.close()
        seal(self.folder, reason)
        return self.folder


def node(name, kind="transform", reference="", **parameters):
    spec = NodeSpec(name.title(), kind, reference=reference)
    return NodeEntry(name, spec, parameters=parameters)


@pytest.fixture
def write_session(tmp_path):
    """Begin a session folder."""

    def begin(streams, nodes, **more):
        return SessionWriter(tmp_path, streams, nodes, **more)

    return begin


@pytest.fixture
def plain_session(write_session):
    """A session of two nodes that send numbers."""
    nodes = [node("sensor", "source"), node("scale")]
    writer = write_session(["sensor.value", "scale.twice"], nodes)
    for frame in range(20):
        writer.send("sensor.value", 0.5 * frame, frame)
        writer.send("scale.twice", 1.0 * frame, frame)
    return writer.close()


@pytest.fixture
def calcium_session(write_session):
    """A session in which all cells of the shipped preparation were found."""
    names = ("eye.image", "finder.found", "trace.out", "screen.now", "curves.all")
    nodes = [
        node("screen", "source", PREPARATION, seed=0, cells=None),
        node("eye", "source"),
        node("finder"),
        node("trace", rate_hz=15.0),
        node("curves"),
    ]
    writer = write_session(names, nodes)
    footprints = read_cells(find_shipped("cells.h5")).footprints
    n = len(footprints)
    pixels = [np.flatnonzero(each) for each in footprints]
    rows = {
        "n": n,
        "centers": np.array([np.argwhere(each).mean(axis=0) for each in footprints]),
        "shape": np.array([128, 128]),
        "offsets": np.cumsum([0, *(each.size for each in pixels)]),
        "pixels": np.concatenate(pixels),
        "weights": np.concatenate(
            [f.ravel()[p] for f, p in zip(footprints, pixels, strict=True)]
        ),
    }
    rng = np.random.default_rng(0)
    empty = {**rows, "n": 0, "centers": np.zeros((0, 2)), "offsets": np.zeros(1, int)}
    empty = {**empty, "pixels": np.zeros(0, int), "weights": np.zeros(0)}
    writer.send("finder.found", empty, 0)
    writer.send("finder.found", rows, 3)
    for frame in range(60):
        writer.send("eye.image", rng.random((128, 128), np.float32), frame)
        values = rng.random(n if frame > 3 else 0).astype(np.float32)
        fields = ("dff", "denoised", "raw", "trace", "neuropil", "baseline")
        cells = {"frame": frame, **dict.fromkeys(fields, values)}
        writer.send("trace.out", cells, frame)
    directions = np.arange(0.0, 360.0, 45.0)
    for trial in range(2):
        start = 30 * trial
        shown = {"trial": trial, "direction_deg": 45.0 * trial, "frame": start}
        writer.send("screen.now", {**shown, "on": True}, start)
        writer.send("screen.now", {**shown, "on": False, "frame": start + 15}, start)
        curves = {
            "trial": trial,
            "direction_deg": 45.0 * trial,
            "directions": directions,
            "mean": rng.random((n, 8)),
            "sem": 0.1 * rng.random((n, 8)),
            "counts": np.full((n, 8), 4),
            "n_trials": np.full(8, 4),
        }
        writer.send("curves.all", curves, start + 16)
    return writer.close()


@pytest.fixture
def eventful_session(write_session):
    """A session with a fault, a loss and a change of a parameter."""
    writer = write_session(["a.b"], [node("a", "source"), node("c", "sink")])
    writer.send("a.b", 1.0)
    write = writer.audit.write
    error = {"problem": "it <broke>"}
    cause = {"stream": "a.b", "sequence": 7}
    write(AuditKind.FAULT, "c", error=error, traceback="Trace", answer="skip", **cause)
    write(AuditKind.LOSS, "c", stream="a.b", target="c.d", count=12)
    write(AuditKind.PARAMETER_CHANGED, "c", parameter="level", old=1, new=2, by="me")
    return writer.close("failed")
