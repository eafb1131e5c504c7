"""Whether other computers and services answer; all are asked at the same time."""

from __future__ import annotations

import queue
import socket
import threading
import time
from dataclasses import dataclass

from ranvier.core import format_count
from ranvier.session.faults import Finding, Severity
from ranvier.session.preflight._checks import passed
from ranvier.session.preflight._things import missing

# To look up a name may take longer than any limit of ours: then it is not waited for.
_GRACE_S = 0.5


@dataclass(frozen=True)
class Endpoint:
    """Where someone should answer.

    Parameters
    ----------
    host, port
        Name or address, and TCP port.
    timeout_s
        How long to wait, s.
    is_required
        False if a session can do without.
    """

    host: str
    port: int
    timeout_s: float = 3.0
    is_required: bool = True

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class HostsReachable:
    """Whether other computers answer.

    Parameters
    ----------
    endpoints
        Those that should.
    """

    endpoints: tuple[Endpoint, ...]
    name: str = "hosts"

    def run(self) -> tuple[Finding, ...]:
        """Connect to each, and say nothing.

        Returns
        -------
        tuple of Finding
            One for each that does not answer, or one if all do.
        """
        answers = _ask_all(self.endpoints)
        wrong = [
            missing(
                self.name,
                problem=f"{endpoint} does not answer.",
                severity=Severity.ERROR if endpoint.is_required else Severity.WARNING,
                found=answers.get(place, f"silent for {endpoint.timeout_s:g} s"),
                mend="see whether it is switched on, its program runs, and no firewall "
                "is between",
            )
            for place, endpoint in enumerate(self.endpoints)
            if answers.get(place) != ""
        ]
        told = f"{format_count(len(self.endpoints), 'host')} answering"
        return tuple(wrong) or passed(self.name, told)


def _ask_all(endpoints: tuple[Endpoint, ...]) -> dict[int, str]:
    """Give what is wrong with each, "" if nothing is; who is silent is missing."""
    told: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()

    def ask(place: int, endpoint: Endpoint) -> None:
        told.put((place, _ask(endpoint)))

    for place, endpoint in enumerate(endpoints):
        # Not a pool: that would wait at the end for a name that nobody looks up.
        threading.Thread(
            target=ask,
            args=(place, endpoint),
            name=f"ask {endpoint}",
            daemon=True,
        ).start()
    longest = max((each.timeout_s for each in endpoints), default=0.0)
    end_s = time.monotonic() + longest + _GRACE_S
    answers: dict[int, str] = {}
    while len(answers) < len(endpoints):
        try:
            place, problem = told.get(timeout=max(end_s - time.monotonic(), 0.001))
        except queue.Empty:
            break
        answers[place] = problem
    return answers


def _ask(endpoint: Endpoint) -> str:
    address = (endpoint.host, endpoint.port)
    try:
        with socket.create_connection(address, timeout=endpoint.timeout_s):
            return ""
    except (OSError, OverflowError, UnicodeError) as error:
        return str(error) or type(error).__name__
