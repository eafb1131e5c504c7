"""Repeats a recording and tells how far: `python -m` this, SESSION, NODE…."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from ranvier.core import RanvierError
from ranvier.runtime._replay import repeat
from ranvier.runtime._replay_report import ReplayLine


class _Telling:
    """A reporter that tells the process that waits."""

    def say(self, text: str) -> None:
        """Tell nothing: there is nothing to say but how far it is."""

    def warn(self, text: str) -> None:
        """Tell nothing."""

    def advance(self, task: str, done: float, total: float) -> None:
        """Tell how far it is."""
        _tell(ReplayLine(task, done, total))


def _tell(line: ReplayLine) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def _main(arguments: list[str]) -> int:
    try:
        _tell(
            ReplayLine(
                report=repeat(Path(arguments[0]), tuple(arguments[1:]), _Telling())
            )
        )
    except RanvierError as error:
        _tell(ReplayLine(error=error.to_dict()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
