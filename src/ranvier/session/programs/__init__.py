"""External programs and graphs: how they are started, watched and ended."""

from __future__ import annotations

from ranvier.session.programs._checks import check_program, find_program
from ranvier.session.programs._commands import (
    ROOT_FOLDER,
    build_bonsai,
    build_command,
    build_python,
    build_python_environment,
    find_venv_python,
)
from ranvier.session.programs._graph import GraphProgram, judge_run, run_graph
from ranvier.session.programs._listener import ProgramListener, SilentListener
from ranvier.session.programs._matlab import run_matlab
from ranvier.session.programs._matlab_engine import Engine, MatlabEngine, check_matlab
from ranvier.session.programs._matlab_spec import MatlabSpec, build_matlab_args
from ranvier.session.programs._packages import check_packages, read_package_version
from ranvier.session.programs._run import LOG_FOLDER, AskRetry, run_program
from ranvier.session.programs._spec import (
    NET_EXCEPTIONS,
    Limits,
    ProgramEnd,
    ProgramSpec,
    RetryPolicy,
    StderrMode,
    StderrPolicy,
    StopBy,
)
from ranvier.session.programs._stop import StopRequest, StopSignal
from ranvier.session.programs._workflow import check_workflow, read_workflow_properties

__all__ = [
    "LOG_FOLDER",
    "NET_EXCEPTIONS",
    "ROOT_FOLDER",
    "AskRetry",
    "Engine",
    "GraphProgram",
    "Limits",
    "MatlabEngine",
    "MatlabSpec",
    "ProgramEnd",
    "ProgramListener",
    "ProgramSpec",
    "RetryPolicy",
    "SilentListener",
    "StderrMode",
    "StderrPolicy",
    "StopBy",
    "StopRequest",
    "StopSignal",
    "build_bonsai",
    "build_command",
    "build_matlab_args",
    "build_python",
    "build_python_environment",
    "check_matlab",
    "check_packages",
    "check_program",
    "check_workflow",
    "find_program",
    "find_venv_python",
    "judge_run",
    "read_package_version",
    "read_workflow_properties",
    "run_graph",
    "run_matlab",
    "run_program",
]
