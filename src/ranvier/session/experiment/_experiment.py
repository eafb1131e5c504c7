"""An experiment by the older launcher's interface: a class that code runs or extends.

It holds a session as `ranvier session start` does, and calls its own methods when their
time has come, so that a subclass may override any of them.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ranvier.core import RanvierError, user_name
from ranvier.session.conduct import SessionRequest, start_session
from ranvier.session.experiment._asking import LOGGER, has_terminal
from ranvier.session.experiment._command_line import CommandLine
from ranvier.session.experiment._course import Course
from ranvier.session.experiment._faults import (
    lacks_parameters,
    make_error,
    own_code_failed,
    sort_error,
    untimely,
)
from ranvier.session.experiment._hooks import ExperimentHooks
from ranvier.session.experiment._signals import hear_signals
from ranvier.session.experiment._source import ORIGIN
from ranvier.session.experiment._stages import ParamFile, Stages

if TYPE_CHECKING:
    from types import FrameType

    from ranvier.session.conduct import SessionOutcome


class BaseExperiment(Stages, CommandLine):
    """An experiment that runs Bonsai (or what its parameters say) in a session.

    Nothing is read, made, asked or listened to before `run` or `load_parameters`.
    Several experiments may run at once in threads of one process.

    Parameters
    ----------
    operator
        Who is asked for what must be known and is not given; without one whoever sits
        at the terminal, and where there is none the experiment refuses.
    rig
        File of the rig; without one it is looked for where rigs have it.

    Attributes
    ----------
    params
        The parameters: the rig's, over them the file's, under the names they have
        there and under their one name. What `load_parameters` of a subclass changes
        counts; once the session has begun, placeholders are filled, and changes come
        too late.
    config
        Sections of CamStim's configuration, if this computer has one.
    params_checksum, script_checksum
        MD5 of the parameter file, and of the workflow once it is run.
    session_directory, session_uuid
        The session folder and its name, once it is made.
    start_time, stop_time
        When the session began and its acquisition ended, with the offset from UTC.
    error
        Why the last run failed.
    hJob
        None: the job object of Windows belongs to who runs the program.
    """

    def run(self, param_file: ParamFile = None, raise_errors: bool = False) -> bool:
        """Hold a session: everything from the parameters to the metadata.

        Works in any thread. In the main thread Ctrl-C stops it in good order, a second
        one at once.

        Parameters
        ----------
        param_file
            A parameter file, or a mapping of parameters. None takes what
            `load_parameters` was given before.
        raise_errors
            True lets the error that made it fail reach the caller; else it is logged,
            and is in `error`.

        Returns
        -------
        bool
            True if the session did what was asked.

        Raises
        ------
        ParameterValidationError
            If the parameters are not right, or there are none.
        RepositoryError
            If the code can't be had.
        BonsaiProcessError
            If Bonsai or its workflow failed.
        SessionError
            If anything else did. All of these only if `raise_errors` is true, as what
            an override of `load_parameters` raises.
        """
        if not self._alone.acquire(blocking=False):
            mend = "wait for its end, or make another experiment"
            error: BaseException | None = untimely("run", "it runs already", mend)
        else:
            try:
                error = self.error = self._run(param_file)
            finally:
                self._alone.release()
        if error is None:
            return True
        if raise_errors:
            raise error
        logging.getLogger(LOGGER).error("%s", error)
        return False

    def wait_for_completion(self, timeout: float | None = None) -> bool:
        """Wait until a run that another thread has begun, or will begin, is over.

        Parameters
        ----------
        timeout
            At most so long, s; None is for ever.

        Returns
        -------
        bool
            True if it is over, False if the time is.
        """
        return self._ended.wait(timeout)

    def signal_handler(self, sig: int, frame: FrameType | None) -> None:
        """Hear a signal while the experiment runs in the main thread.

        Parameters
        ----------
        sig, frame
            As `signal` gives them.

        Raises
        ------
        KeyboardInterrupt
            If nothing runs, or the session was told twice already.
        """
        del frame
        course = self._course
        if course is None or course.is_over or course.stop.is_urgent:
            raise KeyboardInterrupt
        name = signal.Signals(sig).name
        by = "operator" if sig == signal.SIGINT else name
        course.stop.request(by, f"{name} was heard")

    def _run(self, param_file: ParamFile) -> BaseException | None:
        course = self._course = Course()
        course.findings = self._findings = []
        self._ended.clear()
        self.start_time = self.stop_time = self.error = None
        self.session_directory = self.session_uuid = self.script_checksum = None
        error: BaseException | None = None
        try:
            with hear_signals(self.signal_handler):
                error = self._conduct(course, param_file)
        finally:
            course.is_over = self._is_used = True
            error = self._tidy(error)
            self._ended.set()
        return error

    def _conduct(self, course: Course, param_file: ParamFile) -> BaseException | None:
        try:
            self.load_parameters(param_file)
            return self._judge(self._hold(course, param_file))
        except RanvierError as error:
            return sort_error(error, self._launcher)
        except Exception as error:  # noqa: BLE001 - of a subclass; `run` tells of it
            return error

    def _tidy(self, error: BaseException | None) -> BaseException | None:
        try:
            self.cleanup()
        except Exception as failed:  # noqa: BLE001 - of a subclass; `run` tells of it
            return error or own_code_failed("cleanup", failed)
        return error

    def _hold(self, course: Course, param_file: ParamFile) -> SessionOutcome:
        if not course.is_loaded:  # an override that reads its parameters itself
            params = self.params
            self._load(params)
            self.params = params
        source, operator = self._source, self._open_operator()
        if source is None:
            raise lacks_parameters()
        file, changes = source.compare(self.params)
        # What was asked is asked by the session too, so that its trail has the answer.
        answers = operator.answers
        request = SessionRequest(
            file,
            source.rig,
            {key: value for key, value in changes.items() if answers.get(key) != value},
            ORIGIN,
            is_lenient=True,
            argv=tuple(sys.argv),
            by=user_name(),
        )
        named = None if isinstance(param_file, Mapping | None) else str(param_file)
        hooks = ExperimentHooks(self, course, named)
        is_at_terminal = self._given_operator is None and has_terminal()
        return start_session(
            request, operator, course.stop, hooks, has_terminal=is_at_terminal
        )

    def _judge(self, outcome: SessionOutcome) -> BaseException | None:
        told = outcome.report.findings
        if outcome.record is not None:
            self.stop_time = outcome.record.acquisition_end
        self._findings += [each for each in told if each not in self._findings]
        if outcome.verdict.is_done:
            return None
        if outcome.error is not None:
            return sort_error(outcome.error, self._launcher)
        return make_error(outcome.report.findings, self._launcher)
