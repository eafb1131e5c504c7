"""How an experiment stands: what it was given, and what is known of its session."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.session.experiment._asking import LOGGER, ExperimentOperator
from ranvier.session.experiment._outcome import find_process, read_output
from ranvier.session.experiment._papers import describe_platform
from ranvier.session.parameters import find_name

if TYPE_CHECKING:
    import datetime as dt

    from ranvier.session.experiment._course import Course
    from ranvier.session.experiment._outcome import BonsaiProcess
    from ranvier.session.experiment._source import ParameterSource
    from ranvier.session.faults import Finding
    from ranvier.session.operator import Operator

NO_ERRORS = "No errors reported by Bonsai."
_BY = "experiment"


class Standing:
    """What an experiment knows of itself; see `BaseExperiment`."""

    def __init__(
        self, *, operator: Operator | None = None, rig: str | Path | None = None
    ) -> None:
        self.params: dict[str, Any] = {}
        self.config: dict[str, dict[str, Any]] = {}
        self.params_checksum: str | None = None
        self.script_checksum: str | None = None
        self.session_directory: str | None = None
        self.session_uuid: str | None = None
        self.start_time: dt.datetime | None = None
        self.stop_time: dt.datetime | None = None
        self.error: BaseException | None = None
        self.hJob: None = None
        self._given_operator, self._rig = operator, Path(rig) if rig else None
        self._operator: ExperimentOperator | None = None
        self._source: ParameterSource | None = None
        self._is_used = False
        self._course: Course | None = None
        self._findings: list[Finding] = []
        self._alone = threading.Lock()
        self._ended = threading.Event()

    @property
    def subject_id(self) -> str | None:
        """Who is studied; setting it sets the parameter."""
        return self._text("subject_id")

    @subject_id.setter
    def subject_id(self, value: str) -> None:
        self.params["subject_id"] = value

    @property
    def user_id(self) -> str | None:
        """Who conducts the session; setting it sets the parameter."""
        return self._text("user_id")

    @user_id.setter
    def user_id(self, value: str) -> None:
        self.params["user_id"] = value

    @property
    def session_start_time(self) -> dt.datetime | None:
        """Another name of `start_time`."""
        return self.start_time

    @property
    def platform_info(self) -> dict[str, Any]:
        """Of the computer it runs on: python, os, hardware, computer_name."""
        return describe_platform()

    @property
    def is_running(self) -> bool:
        """True while `run` is at work."""
        return self._course is not None and not self._course.is_over

    @property
    def has_completed(self) -> bool:
        """True once a run is over, whatever became of it: see `error`."""
        return self._ended.is_set()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the last run, and this experiment's code in it, found."""
        return tuple(self._findings)

    @property
    def bonsai_process(self) -> BonsaiProcess | None:
        """The program that was started last, running or not."""
        folder = self._folder
        if folder is None:
            return None
        return find_process(folder, lambda: self.bonsai_process, self.kill_process)

    @property
    def stdout_data(self) -> list[str]:
        """Lines that the program has written to stdout so far; read anew each time."""
        return read_output(self._folder, "stdout")

    @property
    def stderr_data(self) -> list[str]:
        """Lines that the program has written to stderr so far; read anew each time."""
        return read_output(self._folder, "stderr")

    def get_bonsai_errors(self) -> str:
        """Give what the program has written to stderr.

        Returns
        -------
        str
            Its lines, or a sentence that there are none.
        """
        return "\n".join(self.stderr_data) or NO_ERRORS

    def stop(self) -> None:
        """Ask the session to stop in good order; a second time: at once.

        Any thread may. It is called at the end of each run too, and then has nothing
        to stop.
        """
        if self._course is not None and not self._course.is_over:
            self._course.stop.request(_BY, "stop was called")

    def kill_process(self) -> None:
        """End the program at once, with all it started; the session ends after it."""
        if self._course is not None and not self._course.is_over:
            while not self._course.stop.is_urgent:
                self._course.stop.request(_BY, "kill_process was called")

    @property
    def _folder(self) -> Path | None:
        return self._course.folder if self._course else None

    @property
    def _launcher(self) -> str:
        return str(self._value("launcher") or "")

    def _add(self, *findings: Finding) -> None:
        for finding in findings:
            self._findings.append(finding)
            logging.getLogger(LOGGER).warning("%s", finding)

    def _open_operator(self) -> ExperimentOperator:
        if self._operator is None:
            self._operator = ExperimentOperator(self._given_operator, self._is_stopped)
        return self._operator

    def _is_stopped(self) -> bool:
        return self._course is not None and self._course.stop.is_requested

    def _value(self, key: str) -> Any:
        # Under its one name, or an older one, whichever a subclass has set.
        named = [each for each in self.params if find_name(each) == key]
        values = [self.params.get(key), *(self.params[each] for each in named)]
        return next((value for value in values if value is not None), None)

    def _text(self, key: str) -> str | None:
        value = self._value(key)
        return None if value in (None, "") else str(value)
