"""What tests give to workers: a process imports it by its name, so it stands alone."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def work(task):
    if task == "raise":
        raise ValueError("no such session")
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return task * 2


def raise_always(task):
    raise ValueError(task)


def die_once(marker):
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def count_or_die(session, victim, killed):
    if session.eid == victim:
        os._exit(1)
    if session.eid == killed:
        raise ValueError("not this one")
    return len(session.trials)


class UnportableError(Exception):
    def __init__(self, task, *, verb):
        super().__init__(f"{verb} {task}")


def raise_unportable(task):
    raise UnportableError(task, verb="lost")
