"""The stage of a run without its processes: words are said to nobody."""

from __future__ import annotations

import sys

import pytest

from ranvier.audit import read_audit
from ranvier.graph import parse_graph
from ranvier.links import Board, RunFolder
from ranvier.runtime._blueprint import Blueprint
from ranvier.runtime._changes import Changes
from ranvier.runtime._crew import Member, WorkerState
from ranvier.runtime._deaths import Deaths
from ranvier.runtime._hearing import Hearing
from ranvier.runtime._keeper import Keeper
from ranvier.runtime._lifecycle import RunState
from ranvier.runtime._plan import plan_workers
from ranvier.runtime._stage import Stage
from ranvier.spec import NodeSpec, ParameterSpec, PortSpec
from ranvier.worker import Described

GRAPH = """\
ranvier: 1
name: loop
nodes:
  eye: {type: camera}
  brain: {type: tuner, restart: {limit: 1, backoff: 10 s}}
  hand: {type: tuner, on_error: stop_run}
links:
  - {from: eye.o, to: [brain.i, hand.i]}
"""
OUT, IN = PortSpec("o", "output"), PortSpec("i", "input")
SPECS = {
    "camera": NodeSpec("camera", "source", outputs=(OUT,)),
    "tuner": NodeSpec(
        "tuner",
        "transform",
        inputs=(IN,),
        outputs=(OUT,),
        parameters=(ParameterSpec("gain", "float", default=1.0, live=True),),
    ),
}


class Rehearsal:
    """A supervisor's parts round a stage on which nobody stands."""

    def __init__(self, folder):
        file = parse_graph(GRAPH)
        self.graph = file.graph
        keeper = Keeper(file.graph, file, folder, "me")
        self.stage = Stage(
            Blueprint(file.graph), keeper, RunFolder(folder / "run"), folder
        )
        self.changes = Changes(self.stage)
        self.spawned, self.looks = [], []
        self.words, self.code = [], None
        look = lambda: self.looks.append(self.stage.machine.state)  # noqa: E731
        self.hearing = Hearing(self.stage, self.changes, look)
        self.deaths = Deaths(
            self.stage, self.changes, self.spawn, self.hearing.hear_made_safe, look
        )
        self.stage.crew = [
            Member(plan, self.hearing.hear, self.deaths.see_exit, self.deaths.see_fault)
            for plan in plan_workers(file.graph, folder, record=False)
        ]

    async def spawn(self, member):
        """Start nothing; let the process say its words and end with its code."""
        self.spawned.append(member.name)
        for word in self.words:
            member.process._on_word(word)
        if self.code is not None:
            member.process._on_exit(self.code)

    def member(self, name):
        return self.stage.member_of(name)

    def describe(self):
        """Let all workers be loaded."""
        for member in self.stage.crew:
            spec = SPECS[self.graph.nodes[member.name].type]
            self.stage.blueprint.add(
                Described({member.name: spec}, {}, f"{sys.executable} 3.11")
            )
            member.state = WorkerState.DESCRIBED

    def begin(self, state=RunState.RUNNING):
        """Let the run be in the middle of its life."""
        stage = self.stage
        self.describe()
        stage.blueprint.plan(tuple(member.plan for member in stage.crew))
        streams = stage.blueprint.streams
        stage.board = Board.in_memory(len(stage.crew), len(streams), 10)
        stage.begin_ns = 1
        stage.machine.state = state
        for member in stage.crew:
            member.state = WorkerState.RUNNING

    def audit(self, kind):
        lines = read_audit(self.stage.keeper.folder.audit)
        return [(line.node, line.fields) for line in lines if line.kind == kind]

    def problems(self):
        return [error["problem"] for error in self.stage.errors]


@pytest.fixture
def rehearsal(tmp_path):
    return Rehearsal(tmp_path)
