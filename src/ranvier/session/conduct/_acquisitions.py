"""What a session acquires with: programs, MATLAB, a graph, each ready to be run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ranvier.session.conduct._task_plan import TaskPlan
from ranvier.session.faults import Finding, ParameterValidationError, Report
from ranvier.session.programs import run_graph, run_matlab, run_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ranvier.session.conduct._acquire import Acquisition
    from ranvier.session.parameters import Parameters
    from ranvier.session.programs import (
        AskRetry,
        GraphProgram,
        MatlabSpec,
        ProgramEnd,
        ProgramListener,
        ProgramSpec,
        StopSignal,
    )


@dataclass(frozen=True)
class ProgramAcquisition:
    """An external program.

    Parameters
    ----------
    spec
        The program.
    session
        The session folder.
    ask_retry
        Asks whether it is started again after a failure.
    shown
        Its command for the trail, where values of the environment stand in it.
    """

    spec: ProgramSpec
    session: Path
    ask_retry: AskRetry | None = None
    shown: tuple[str, ...] | None = None
    leads: bool = True

    @property
    def name(self) -> str:
        """Of the program."""
        return self.spec.name

    @property
    def folder(self) -> Path:
        """Its working folder."""
        return self.spec.folder

    def run(
        self,
        listener: ProgramListener,
        stop: StopSignal,
        on_running: Callable[[], None],
    ) -> ProgramEnd:
        """Run it."""
        on_running()
        return run_program(self.spec, self.session, listener, stop, self.ask_retry)


@dataclass(frozen=True)
class GraphAcquisition:
    """A graph of ranvier, recorded into the session folder.

    Parameters
    ----------
    graph
        As it is to be run.
    session
        The session folder.
    leads
        True if nothing else acquires.
    """

    graph: GraphProgram
    session: Path
    leads: bool
    name: str = "graph"
    shown: tuple[str, ...] | None = None

    @property
    def folder(self) -> Path:
        """Where its file lies."""
        return self.graph.graph.parent

    def run(
        self,
        listener: ProgramListener,
        stop: StopSignal,
        on_running: Callable[[], None],
    ) -> ProgramEnd:
        """Run it."""
        return run_graph(self.graph, self.session, listener, stop, on_running)


@dataclass(frozen=True)
class MatlabAcquisition:
    """A function in a MATLAB that shares its engine.

    Parameters
    ----------
    call
        As it is to be made.
    folder, session
        Of the task, and of the session.
    """

    call: MatlabSpec
    folder: Path
    session: Path
    name: str = "matlab"
    shown: tuple[str, ...] | None = None
    leads: bool = True

    def run(
        self,
        listener: ProgramListener,
        stop: StopSignal,
        on_running: Callable[[], None],
    ) -> ProgramEnd:
        """Call it."""
        on_running()
        return run_matlab(self.call, self.session, listener, stop)


def check_task(parameters: Parameters, session: Path, code: Path | None) -> Report:
    """Look whether what is to be acquired with can be run.

    Parameters
    ----------
    parameters
        Without placeholders.
    session
        The session folder.
    code
        Folder of the task repository, if there is one.

    Returns
    -------
    Report
        Every fault at once.
    """
    try:
        return TaskPlan(parameters, session, code).check()
    except ParameterValidationError as error:
        return Report((Finding.from_error(error, "parameters"),))


def find_versions(
    parameters: Parameters, session: Path, code: Path | None
) -> dict[str, str]:
    """Give the versions of what is to be acquired with.

    Parameters
    ----------
    parameters
        Without placeholders.
    session
        The session folder.
    code
        Folder of the task repository, if there is one.

    Returns
    -------
    dict
        By the names of the programs; what is not known is missing.
    """
    return TaskPlan(parameters, session, code).find_versions()


def plan_set_up(
    parameters: Parameters, session: Path, code: Path | None
) -> ProgramSpec | None:
    """Give the script that installs the program, if that is missing.

    Parameters
    ----------
    parameters
        Without placeholders.
    session
        The session folder.
    code
        Folder of the task repository, if there is one.

    Returns
    -------
    ProgramSpec or None
        None if there is nothing to install, or no script for it.
    """
    return TaskPlan(parameters, session, code).plan_set_up()


def plan_acquisitions(
    parameters: Parameters,
    session: Path,
    code: Path | None,
    change: Callable[[ProgramSpec], ProgramSpec] | None = None,
) -> tuple[Acquisition, ...]:
    """Give all that is to be acquired with.

    Parameters
    ----------
    parameters
        Without placeholders.
    session
        The session folder.
    code
        Folder of the task repository, if there is one.
    change
        Has the last word on the program, if there is one.

    Returns
    -------
    tuple of Acquisition
        None, if the session is of steps alone.

    Raises
    ------
    ParameterValidationError
        If a key that one needs is missing.
    """
    plan = TaskPlan(parameters, session, code)
    found: list[Acquisition] = []
    program, call, graph = plan.plan_program(), plan.plan_matlab(), plan.plan_graph()
    if program is not None:
        changed = change(program) if change else program
        # What code of others put there is shown as it is.
        shown = plan.find_shown() if changed.command == program.command else None
        found.append(ProgramAcquisition(changed, session, shown=shown))
    if call is not None:
        found.append(MatlabAcquisition(call, plan.folder, session))
    if graph is not None:
        found.append(GraphAcquisition(graph, session, leads=not found))
    return tuple(found)
