"""A MATLAB session that is shared: what is asked of it, and the real one.

What goes wrong is said with Python's own exceptions, so that any engine, also that of a
test, can say it: `ConnectionError` if MATLAB can't be reached or died, `CancelledError`
if the call was cancelled, any other if the function failed.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import io
import sys
import threading
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ranvier.session.faults import Finding, ProgramError, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Say: TypeAlias = "Callable[[str, str], None]"

_PACKAGE = "matlab.engine"
_CHECK = 'program "matlab"'
_INSTALL = (
    "install it into the launcher's Python: `pip install matlabengine`, in the version "
    "that belongs to your MATLAB"
)


class Engine(Protocol):
    """Connects to one shared MATLAB session and calls one function at a time in it."""

    def connect(self, name: str) -> None:
        """Try once to reach the session shared under a name.

        Raises
        ------
        ConnectionError
            If there is none now.
        """
        ...

    def call(
        self, function: str, args: Sequence[Any], nargout: int, say: Say
    ) -> Future[Any]:
        """Call a function and return at once.

        `say(stream, line)` is told what it writes to "stdout" and "stderr", in any
        thread. The future gives its results; or `ConnectionError` if MATLAB died,
        `CancelledError` if it was cancelled, any other exception if it failed.
        """
        ...

    def cancel(self) -> None:
        """Ask MATLAB to end the call; its future tells when it has."""
        ...

    def close(self, *, quits: bool) -> None:
        """Let go of the session; end MATLAB itself if `quits`."""
        ...


class MatlabEngine:
    """The real one: MATLAB Engine for Python.

    Raises
    ------
    ProgramError
        If that is not installed beside this Python.
    """

    def __init__(self) -> None:
        self._matlab = _import_engine()
        self._session: Any = None
        self._call: Any = None

    def connect(self, name: str) -> None:
        """Try once to reach the session shared under a name.

        Raises
        ------
        ConnectionError
            If there is none now.
        """
        try:
            self._session = self._matlab.connect_matlab(name)
        except self._matlab.EngineError as error:
            raise ConnectionError(str(error)) from error

    def call(
        self, function: str, args: Sequence[Any], nargout: int, say: Say
    ) -> Future[Any]:
        """Call a function and return at once; see `Engine`.

        Returns
        -------
        Future
            Of what it gives.
        """
        future: Future[Any] = Future()
        sinks = (_Sink("stdout", say), _Sink("stderr", say))
        words = {"nargout": nargout, "stdout": sinks[0], "stderr": sinks[1]}
        try:
            self._call = self._start(function, args, words)
        except self._matlab.EngineError as error:
            future.set_exception(ConnectionError(str(error)))
            return future
        except (TypeError, ValueError, SyntaxError) as error:
            future.set_exception(error)  # an argument that MATLAB can't be given
            return future

        def wait() -> None:
            result, error = self._wait()
            for sink in sinks:
                sink.finish()
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        # A daemon: a MATLAB that hangs must not keep the launcher alive.
        threading.Thread(target=wait, name="matlab", daemon=True).start()
        return future

    def cancel(self) -> None:
        """Ask MATLAB to end the call."""
        if self._call is not None:
            self._call.cancel()

    def close(self, *, quits: bool) -> None:
        """Let go of the session; end MATLAB itself if `quits`."""
        session, self._session, self._call = self._session, None, None
        if session is not None and quits:
            with contextlib.suppress(
                self._matlab.EngineError, self._matlab.RejectedExecutionError
            ):  # it is dead already
                session.quit()
        # Otherwise nothing: the connection ends with the object, MATLAB goes on.

    def _start(self, function: str, args: Sequence[Any], words: dict[str, Any]) -> Any:
        try:
            return self._session.feval(function, *args, background=True, **words)
        except TypeError as error:
            if "background" not in str(error):
                raise
        # MATLAB before R2018b has the older word, which Python now keeps for itself.
        return self._session.feval(function, *args, **{"async": True}, **words)

    def _wait(self) -> tuple[Any, BaseException | None]:
        matlab = self._matlab
        cancelled = (matlab.CancelledError, matlab.InterruptedError)
        lost = (matlab.EngineError, matlab.RejectedExecutionError)
        try:
            return self._call.result(), None
        except cancelled as error:
            return None, CancelledError(str(error))
        except lost as error:
            return None, ConnectionError(str(error))
        except Exception as error:  # noqa: BLE001 - whatever a lab's function raises
            return None, error


class _Sink(io.StringIO):
    """Where MATLAB writes to: it takes nothing but a StringIO; lines are passed on."""

    def __init__(self, stream: str, say: Say) -> None:
        super().__init__()
        self._stream, self._say = stream, say
        self._rest = ""

    def write(self, text: str, /) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._say(self._stream, line.removesuffix("\r"))
        return len(text)

    def finish(self) -> None:
        if self._rest:
            self._say(self._stream, self._rest)
        self._rest = ""


def check_matlab() -> Report:
    """See whether MATLAB Engine for Python is installed; nothing is imported.

    Returns
    -------
    Report
        RV-S37 if it is not. Whether a MATLAB shares a session is seen later.
    """
    place = _find_engine()
    if place is None:
        error = not_reached("MATLAB Engine for Python is not installed", _INSTALL)
        return Report((Finding.from_error(error, _CHECK),))
    told = f"MATLAB Engine for Python is there: {place}"
    return Report((Finding(Severity.OK, _CHECK, told),))


def _find_engine() -> str | None:
    if _PACKAGE in sys.modules:
        return getattr(sys.modules[_PACKAGE], "__file__", None) or _PACKAGE
    outer = _PACKAGE.partition(".")[0]
    try:
        package = importlib.util.find_spec(outer)
    except ValueError:  # imported, and without a place
        return None
    if package is None or package.submodule_search_locations is None:
        return None
    # Not `find_spec` of the whole name: that imports the outer package.
    places = list(package.submodule_search_locations)
    found = importlib.machinery.PathFinder.find_spec(_PACKAGE, places)
    return None if found is None else found.origin or _PACKAGE


def _import_engine() -> Any:
    try:
        return importlib.import_module(_PACKAGE)
    except ImportError as error:
        found = f"MATLAB Engine for Python can't be imported: {error}"
        raise not_reached(found, _INSTALL) from error


def not_reached(found: str, mend: str, where: str = "") -> ProgramError:
    """Give the error that there is no MATLAB to call anything in.

    Returns
    -------
    ProgramError
        To be raised.
    """
    return ProgramError(
        "MATLAB can't be reached.", code="RV-S37", where=where, found=found, mend=mend
    )
