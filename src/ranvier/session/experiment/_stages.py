"""What an experiment does in a session, each act a method that a subclass overrides."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.core import WallStart
from ranvier.session.conduct import ask_missing
from ranvier.session.experiment._config import ConfigLoader
from ranvier.session.experiment._constants import DEFAULT_OUTPUT_DIRECTORY
from ranvier.session.experiment._course import N_HEAD, Course
from ranvier.session.experiment._faults import lacks_parameters, untimely
from ranvier.session.experiment._log import ExperimentLog
from ranvier.session.experiment._papers import read_original, write_papers
from ranvier.session.experiment._source import read_source
from ranvier.session.experiment._standing import Standing
from ranvier.session.faults import Verdict
from ranvier.session.parameters import merge, resolve_path
from ranvier.session.programs import build_bonsai
from ranvier.session.record import make_session_name

if TYPE_CHECKING:
    from ranvier.core import RanvierError
    from ranvier.session.parameters import ParameterFile

ParamFile = str | Path | Mapping[str, Any] | None

_ASKED = ("subject_id", "user_id")


class Stages(Standing):
    """The acts of an experiment, in the order in which a run calls them."""

    def load_parameters(self, param_file: ParamFile = None) -> None:
        """Read the parameters into `params`, and ask for what is missing.

        Parameters
        ----------
        param_file
            A file or a mapping; None keeps what was loaded before.

        Raises
        ------
        ParameterValidationError
            If there are none, or a file can't be read.
        OperatorError
            If something must be asked and there is nobody to answer.
        """
        if self._course is not None:
            self._course.is_loaded = True
        if param_file is not None or self._source is None:
            self._load(param_file if param_file is not None else self.params)
        elif self._is_used:  # a session has filled its placeholders
            self._load(self._source.file)
        self.params.update(self.collect_runtime_information())

    def collect_runtime_information(self) -> dict[str, Any]:
        """Ask for what is not in the parameters: subject, and who conducts the session.

        Returns
        -------
        dict
            By key; put into `params`.

        Raises
        ------
        OperatorError
            If there is nobody to answer: nothing is invented.
        """
        missing = [key for key in _ASKED if self._text(key) is None]
        if missing:
            operator = self._open_operator()
            known = {key: self._text(key) for key in _ASKED}
            asked = ask_missing(merge(file=known), operator)
            operator.answers |= {key: asked.get(key) for key in missing}
        return {
            key: self._value(key) or self._open_operator().answers[key]
            for key in _ASKED
        }

    def determine_session_directory(self) -> str | None:
        """Say which folder the session gets.

        The session makes it, and makes another if it is taken: it must not be there
        yet.

        Returns
        -------
        str or None
            `<output folder>/<subject>_<YYYY-MM-DD>_<HH-MM-SS>`; None if the subject is
            not known.

        Raises
        ------
        SessionError
            If the subject's identifier can't be part of a file's name.
        """
        if self._course is not None and self._course.proposed is not None:
            root, name = self._course.proposed
        elif self.subject_id:
            start = WallStart.now()
            date = start.date_at(start.monotonic_ns)
            name = make_session_name(self.subject_id, date)
            output = str(self._value("output_root_folder") or DEFAULT_OUTPUT_DIRECTORY)
            root = resolve_path(output, Path.cwd(), key="output_root_folder")
        else:
            return None
        self.session_directory, self.session_uuid = str(root / name), name
        return self.session_directory

    def setup_repository(self) -> bool:
        """Have the code of the task ready; the session does so if an override does not.

        Returns
        -------
        bool
            True; an override that answers False ends the session.

        Raises
        ------
        SessionError
            If it is not called by a run, or the code can't be had.
        """
        course = self._course
        if course is None or course.prepare is None:
            raise _only_in_run("setup_repository")
        course.code, course.is_prepared = course.prepare(), True
        return True

    def setup_continuous_logging(
        self,
        output_directory: str | Path,
        centralized_log_dir: str | Path | None = None,
    ) -> None:
        """Open the log of what the experiment's own code says by `logging`.

        It has what is logged in the thread that runs the session. What the session
        itself does stands in `launcher_metadata/launcher.log` too.

        Parameters
        ----------
        output_directory
            Gets `experiment_<session>.log`.
        centralized_log_dir
            Gets a second copy, by year, month and day.

        Raises
        ------
        OSError
            If a file can't be opened.
        """
        name = f"experiment_{self.session_uuid}.log"
        folders = [Path(output_directory)]
        if centralized_log_dir:
            now = WallStart.now()
            start = self.start_time or now.date_at(now.monotonic_ns)
            day = resolve_path(str(centralized_log_dir), Path.cwd()) / start.strftime(
                "%Y/%m/%d"
            )
            day.mkdir(parents=True, exist_ok=True)
            folders.append(day)
        self._close_log()
        log = ExperimentLog([each / name for each in folders], self.session_uuid or "")
        if self._course is None:
            self._course = Course(is_over=True)
        self._course.log = log

    def save_experiment_metadata(
        self, output_directory: str | Path, param_file: str | Path | None = None
    ) -> None:
        """Write `experiment_metadata`: original and processed parameters, and so on.

        Parameters
        ----------
        output_directory
            The session folder.
        param_file
            The file that was given; None takes what was loaded.

        Raises
        ------
        OSError
            If a file can't be read or written.
        """
        loaded = self._source.file if self._source else None
        original = (loaded.name, loaded.data) if loaded else read_original(param_file)
        runtime = {
            "session_uuid": self.session_uuid,
            "subject_id": self.subject_id,
            "user_id": self.user_id,
            "start_time": self.start_time.isoformat() if self.start_time else None,
            "params_checksum": self.params_checksum,
            "script_checksum": self.script_checksum,
            "platform_info": self.platform_info,
        }
        write_papers(Path(output_directory), self.params, runtime, original)

    def create_bonsai_arguments(self) -> list[str]:
        """Write the arguments of Bonsai, after its workflow.

        Returns
        -------
        list of str
            `--property`, `Name=value`, for each externalised property; then further
            arguments, and the session folder as `RootFolder`, if the workflow has it.
        """
        course = self._course
        if course is not None and course.program is not None:
            command = course.program.command
        else:
            properties: dict[str, Any] = self._value("script_parameters") or {}
            further = [str(word) for word in self._value("script_arguments") or ()]
            command = build_bonsai(
                "Bonsai", "workflow", properties, further, self.session_directory
            )
        return ["--property" if word == "-p" else word for word in command[N_HEAD:]]

    def start_bonsai(self) -> bool:
        """Run the program, and all else that acquires, to its end.

        Returns
        -------
        bool
            True if it ended as it should; an override that answers False fails the
            session.

        Raises
        ------
        SessionError
            If it is not called by a run, or the program can't be started.
        """
        course = self._course
        if course is None or course.acquire is None:
            raise _only_in_run("start_bonsai")
        course.ends = course.acquire()
        return all(end.verdict is not Verdict.FAILED for end in course.ends)

    def post_experiment_processing(self) -> bool:
        """Do what follows an acquisition that went well; nothing, unless overridden.

        Returns
        -------
        bool
            False fails the session.
        """
        return True

    def finalize_logging(self) -> None:
        """Close the log of the experiment's own code."""
        self._close_log()

    def _close_log(self) -> None:
        if self._course is not None and self._course.log is not None:
            log, self._course.log = self._course.log, None
            log.close()

    def cleanup(self) -> None:
        """Stop what runs and close the log; done at the end of each run."""
        self.stop()
        self.finalize_logging()

    def _load(self, given: str | Path | ParameterFile | Mapping[str, Any]) -> None:
        if not given:
            raise lacks_parameters()
        source = read_source(given, self._rig)
        self._source, self.params = source.given, source.params
        self._is_used = False
        self.params_checksum = source.given.checksum
        self.config = ConfigLoader().load()
        self._open_operator().answers.clear()


def _only_in_run(method: str) -> RanvierError:
    return untimely(method, "no session is at this point", "call `run`, which calls it")
