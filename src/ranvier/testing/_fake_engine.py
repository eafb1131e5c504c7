"""A MATLAB session without MATLAB: functions of Python, called as those of MATLAB."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class FakeCall:
    """What a function of a `FakeEngine` has at hand.

    Parameters
    ----------
    args
        Of the call.
    say
        Called with "stdout" or "stderr" and a line.
    """

    def __init__(self, args: tuple[Any, ...], say: Callable[[str, str], None]) -> None:
        self.args, self.say = args, say
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Have `wait` raise, in the function."""
        self._cancelled.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Work for some time; a function that never calls it can't be cancelled.

        Parameters
        ----------
        timeout_s
            How long, s; None is until it is cancelled.

        Raises
        ------
        CancelledError
            If the call is cancelled.
        """
        if self._cancelled.wait(timeout_s):
            raise CancelledError


class FakeEngine:
    """A shared MATLAB session for tests of `run_matlab`.

    Parameters
    ----------
    functions
        By name; each takes a `FakeCall`. One that raises `ConnectionError` is a MATLAB
        that dies; any other exception is an error of the function.
    shared_as
        The name under which the session is shared.
    n_absent
        So many tries to connect find no session, before each that succeeds.

    Examples
    --------
    >>> engine = FakeEngine({"double": lambda call: 2 * call.args[0]})
    >>> engine.connect("rig")
    >>> engine.call("double", (4,), 1, print).result()
    8
    """

    def __init__(
        self,
        functions: Mapping[str, Callable[[FakeCall], Any]],
        shared_as: str = "rig",
        n_absent: int = 0,
    ) -> None:
        self._functions, self._shared_as = functions, shared_as
        self._n_absent, self._n_tries = n_absent, 0
        self._is_connected = False
        self._call: FakeCall | None = None
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.closed: list[bool] = []

    def connect(self, name: str) -> None:
        """Connect.

        Parameters
        ----------
        name
            Of the shared session.

        Raises
        ------
        ConnectionError
            If no session is shared under this name, or not yet.
        """
        self._n_tries += 1
        if name != self._shared_as or self._n_tries <= self._n_absent:
            raise ConnectionError(f"no shared session {name!r}")
        self._n_tries, self._is_connected = 0, True

    def call(
        self,
        function: str,
        args: Sequence[Any],
        nargout: int,
        say: Callable[[str, str], None],
    ) -> Future[Any]:
        """Call a function in a thread.

        Returns
        -------
        Future
            Of what it gives.
        """
        del nargout
        future: Future[Any] = Future()
        self.calls.append((function, tuple(args)))
        if not self._is_connected:
            future.set_exception(ConnectionError("not connected"))
            return future
        call = self._call = FakeCall(tuple(args), say)

        def run() -> None:
            try:
                future.set_result(self._functions[function](call))
            except Exception as error:  # noqa: BLE001 - as the function of a lab
                self._is_connected = not isinstance(error, ConnectionError)
                future.set_exception(error)

        threading.Thread(target=run, name="fake-matlab", daemon=True).start()
        return future

    def cancel(self) -> None:
        """Cancel the call."""
        if self._call is not None:
            self._call.cancel()

    def close(self, *, quits: bool) -> None:
        """Note that it was let go of, and whether MATLAB was ended."""
        self.closed.append(quits)
