"""How a session calls the code of its experiment, each act when its time has come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.core import RanvierError, SessionError
from ranvier.session.conduct import SessionHooks
from ranvier.session.experiment._course import N_HEAD
from ranvier.session.experiment._faults import own_code_failed, said_no
from ranvier.session.experiment._files import get_file_checksum
from ranvier.session.experiment._source import refresh
from ranvier.session.faults import Finding, Report, Verdict
from ranvier.session.programs import ProgramEnd
from ranvier.session.record import read_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from ranvier.session.experiment._course import Course
    from ranvier.session.experiment._stages import Stages
    from ranvier.session.parameters import Parameters
    from ranvier.session.programs import ProgramSpec
    from ranvier.session.record import RepositoryState

_BONSAI = "bonsai"


class ExperimentHooks(SessionHooks):
    """Calls what an experiment may override, when its time has come.

    Parameters
    ----------
    experiment
        Whose code is called; always in the thread that runs the session.
    course
        Of this run.
    param_file
        What it was given.
    """

    def __init__(
        self, experiment: Stages, course: Course, param_file: str | None
    ) -> None:
        self._experiment, self._course = experiment, course
        self._param_file = param_file
        self._has_acquired = False

    def name_folder(self, root: Path, name: str) -> Path:
        """Ask `determine_session_directory`.

        Returns
        -------
        Path
            The session's own choice, if that has none.
        """
        self._course.proposed = (root, name)
        chosen = self._call("determine_session_directory")
        return Path(chosen).absolute() if chosen else root / name

    def prepare_code(
        self, prepare: Callable[[], RepositoryState | None]
    ) -> RepositoryState | None:
        """Call `setup_repository`; what that leaves undone the session does.

        Returns
        -------
        RepositoryState or None
            The code that is used.

        Raises
        ------
        SessionError
            If it says no.
        """
        course = self._course
        course.prepare = prepare
        try:
            if self._call("setup_repository") is False:
                raise said_no("setup_repository")
        finally:
            course.prepare = None
        return course.code if course.is_prepared else prepare()

    def begin(self, folder: Path, parameters: Parameters) -> None:
        """Tell the experiment of its session, have its log opened and files written."""
        experiment = self._experiment
        self._course.folder = folder
        experiment.session_directory, experiment.session_uuid = str(folder), folder.name
        experiment.start_time = read_record(folder).start
        refresh(experiment.params, parameters)
        central = parameters.get("centralized_log_directory")
        self._call("setup_continuous_logging", str(folder), central)
        self._call("save_experiment_metadata", str(folder), self._param_file)

    def change_program(self, spec: ProgramSpec) -> ProgramSpec:
        """Ask `create_bonsai_arguments`, if it is Bonsai that is run.

        Returns
        -------
        ProgramSpec
            With those arguments.
        """
        self._course.program = spec
        if spec.name == _BONSAI:
            self._experiment.script_checksum = get_file_checksum(spec.command[1])
            words = self._call("create_bonsai_arguments")
            command = (*spec.command[:N_HEAD], *map(str, words))
            self._course.program = replace(spec, command=command)
        return self._course.program

    def acquire(
        self, run: Callable[[], tuple[ProgramEnd, ...]]
    ) -> tuple[ProgramEnd, ...]:
        """Call `start_bonsai`.

        Returns
        -------
        tuple of ProgramEnd
            How each program ended; of what the experiment ran itself, nothing.
        """
        course = self._course
        course.acquire = run
        try:
            answer = self._call("start_bonsai")
        finally:
            course.acquire = None
        ends = course.ends
        is_done = all(end.verdict is not Verdict.FAILED for end in ends)
        if answer is False and is_done:
            finding = Finding.from_error(said_no("start_bonsai"), "start_bonsai")
            ends = (*ends, ProgramEnd(Verdict.FAILED, findings=(finding,)))
        self._has_acquired = is_done and answer is not False
        return ends

    def finish(self) -> bool | None:
        """Call `post_experiment_processing`, if the acquisition did as it should.

        Returns
        -------
        bool or None
            True; None if it was not called.

        Raises
        ------
        SessionError
            If it says no; with what it noted as the reason.
        """
        folder = self._course.folder
        if folder is not None:
            self._experiment.stop_time = read_record(folder).acquisition_end
        if not self._has_acquired:
            return None
        if self._call("post_experiment_processing") is False:
            Report.of(self._course.findings).raise_errors(SessionError)
            raise said_no("post_experiment_processing")
        return True

    def _call(self, method: str, *given: Any) -> Any:
        try:
            return getattr(self._experiment, method)(*given)
        except RanvierError:
            raise
        except Exception as error:
            raise own_code_failed(method, error) from error
