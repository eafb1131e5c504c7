"""What may happen to a running program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Said:
    """It wrote lines to a stream."""

    stream: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sampled:
    """It was looked at: resident memory of the whole tree."""

    rss_bytes: int


@dataclass(frozen=True)
class Looked:
    """Its sign of life was looked for, as `Instruction.LOOK` asked."""

    is_alive: bool


@dataclass(frozen=True)
class StopAsked:
    """Someone wants it to end."""

    is_urgent: bool


@dataclass(frozen=True)
class Exited:
    """It and all its processes are gone; `left` are those that outlived it.

    `lost` says why its end was not seen, `unkept` what was not kept of its output.
    """

    exit_code: int | None
    signal: str | None
    left: tuple[str, ...] = ()
    lost: str = ""
    unkept: str = ""


@dataclass(frozen=True)
class Passed:
    """Nothing but time."""


Event: TypeAlias = Said | Sampled | Looked | StopAsked | Exited | Passed
