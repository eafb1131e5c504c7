"""The commands put together. Each is in a module of its own and imports late."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

import ranvier
from ranvier.cli import (
    _analyse,
    _bench,
    _check,
    _demo,
    _new,
    _nodes,
    _parameters,
    _recordings,
    _run,
    _runs,
    _session,
    _session_new,
    _steer,
    _studies,
    _view_study,
)
from ranvier.cli._print import exit_status, show_error
from ranvier.core import RanvierError

if TYPE_CHECKING:
    from collections.abc import Callable


class _Commands(TyperGroup):
    """Commands whose errors are shown as words, never as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; show what it raises for a person."""
        try:
            return super().invoke(ctx)
        except RanvierError as error:
            show_error(error)
            sys.exit(exit_status(error))


def _show_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"ranvier {ranvier.__version__}\n")
        sys.exit(0)


def _begin(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Run neuroscience experiments: closed loop, recorded, replayable."""
    del version


_PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Make and run": {
        "demo": _demo.demo,
        "new": _new.new,
        "nodes": _nodes.nodes,
        "check": _check.check,
        "run": _run.run,
    },
    "A run that goes on": {
        "status": _runs.status,
        "pause": _steer.pause,
        "resume": _steer.resume,
        "stop": _steer.stop,
        "note": _steer.note,
        "clean": _runs.clean,
    },
    "A recording": {
        "inspect": _recordings.inspect,
        "verify": _recordings.verify,
        "recover": _recordings.recover,
        "replay": _recordings.replay,
        "convert": _recordings.convert,
    },
    "This machine": {"bench": _bench.bench},
}


def _build() -> typer.Typer:
    built = typer.Typer(
        cls=_Commands,
        callback=_begin,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for panel, commands in _PANELS.items():
        for name, command in commands.items():
            built.command(name, rich_help_panel=panel)(command)
    parameters = typer.Typer(no_args_is_help=True, help="Read or change parameters.")
    parameters.command("get")(_parameters.get)
    # A negative value must not be taken for an option.
    parameters.command("set", context_settings={"ignore_unknown_options": True})(
        _parameters.set_value
    )
    built.add_typer(parameters, name="param", rich_help_panel="A run that goes on")
    built.add_typer(_build_session(), name="session", rich_help_panel="A session")
    built.add_typer(_build_analyse(), name="analyse", rich_help_panel="A study")
    return built


def _build_session() -> typer.Typer:
    session = typer.Typer(
        no_args_is_help=True, help="One sitting of one subject on one rig."
    )
    session.command("new")(_session_new.new)
    session.command("start")(_session.start)
    session.command("check")(_session.check)
    session.command("step")(_session.step)
    session.command("finalise")(_session.finalise)
    session.command("archive")(_session.archive)
    session.command("list")(_session.list_sessions)
    return session


def _build_analyse() -> typer.Typer:
    analyse = typer.Typer(no_args_is_help=True, callback=_analyse.need_libraries)
    analyse.command("demo")(_analyse.demo)
    analyse.command("new")(_analyse.new)
    analyse.command("run")(_analyse.run)
    for name, command in _studies.STUDIES.items():
        analyse.command(name)(command)
    # The index -1, the last one, must not be taken for an option.
    analyse.command("view", context_settings={"ignore_unknown_options": True})(
        _view_study.view
    )
    return analyse


app = _build()
