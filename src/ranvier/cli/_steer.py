"""`ranvier pause`, `resume`, `stop`, `note`: words to a run that goes on."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ranvier.cli._options import RunName, RunOption


def pause(run: RunName = None) -> None:
    """Hold the sources of a run; its duration waits as well."""
    from ranvier.cli._choose import choose_run, join

    folder = choose_run(run)
    with join(folder) as screen:
        screen.pause()
    sys.stdout.write(f"paused: {folder.run_id}\n")


def resume(run: RunName = None) -> None:
    """Let a paused run go on."""
    from ranvier.cli._choose import choose_run, join

    folder = choose_run(run)
    with join(folder) as screen:
        screen.resume()
    sys.stdout.write(f"goes on: {folder.run_id}\n")


def stop(
    run: RunName = None,
    abort: Annotated[
        bool, typer.Option("--abort", help="End it at once, without working off.")
    ] = False,
    reason: Annotated[str, typer.Option(help="For the audit trail.")] = "",
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Do not wait until it is over.")
    ] = False,
) -> None:
    """Stop a run in good order, wait until it is over and say how it ended."""
    from ranvier.cli._choose import choose_run, join
    from ranvier.cli._outcome import report

    folder = choose_run(run)
    # Joined before, so that its last word is not missed.
    with join(folder) as watcher, join(folder) as screen:
        if abort:
            screen.abort()
        else:
            screen.stop(reason)
        if no_wait:
            sys.stdout.write(f"stopping: {folder.run_id}\n")
            return
        finished = watcher.wait()
    sys.exit(report(finished, quiet=False))


def note(
    words: Annotated[
        list[str], typer.Argument(metavar="TEXT", help="One line.", show_default=False)
    ],
    run: RunOption = None,
) -> None:
    """Write a line into the audit trail of a run."""
    from ranvier.cli._choose import choose_run, join

    folder = choose_run(run)
    with join(folder) as screen:
        screen.note(" ".join(words))
    sys.stdout.write(f"noted: {folder.run_id}\n")
