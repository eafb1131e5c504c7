"""`python -m ranvier.runtime`: the supervisor of one run."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec

from ranvier.core import RanvierError
from ranvier.runtime._control import Finished, RunRequest, Started
from ranvier.runtime._supervisor import Supervisor


def _announce(word: Any) -> None:
    if isinstance(word, Started):
        _write_errors_to(Path(word.session_folder) / "logs" / "supervisor.log")
    # Whoever started the run may be gone: that must not touch it.
    try:
        sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
        sys.stdout.buffer.flush()
    except OSError:
        return


def _write_errors_to(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())


async def _run(request: RunRequest) -> Finished:
    return await Supervisor(request, _announce).run()


def main() -> int:
    """Run the graph that the request on standard input names.

    Returns
    -------
    int
        0 if it completed or was stopped, 1 if it failed.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=RunRequest)
    try:
        finished = asyncio.run(_run(request))
    except RanvierError as error:
        finished = Finished("failed", [error.to_dict()])
    _announce(finished)
    return 1 if finished.reason == "failed" else 0


if __name__ == "__main__":
    sys.exit(main())
