"""Running a graph: the supervisor, its workers, and the handle on a run."""

from __future__ import annotations

from ranvier.runtime._control import Finished, RunRequest
from ranvier.runtime._lifecycle import FinishReason, RunState
from ranvier.runtime._process import describe_exit
from ranvier.runtime._replay_check import check_replay
from ranvier.runtime._replay_code import describe_changed_code
from ranvier.runtime._replay_graph import build_replay_graph
from ranvier.runtime._replay_report import NodeReplay, ReplayReport
from ranvier.runtime._run import (
    Run,
    Screen,
    list_runs,
    start_run,
    sweep_runs,
)
from ranvier.runtime._status import LinkStatus, NodeStatus, RunStatus, read_status

__all__ = [
    "FinishReason",
    "Finished",
    "LinkStatus",
    "NodeReplay",
    "NodeStatus",
    "ReplayReport",
    "Run",
    "RunRequest",
    "RunState",
    "RunStatus",
    "Screen",
    "build_replay_graph",
    "check_replay",
    "describe_changed_code",
    "describe_exit",
    "list_runs",
    "read_status",
    "start_run",
    "sweep_runs",
]
