"""`ranvier status` and `ranvier clean`: the runs of this user on this computer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ranvier.cli._options import Plain, RunName
from ranvier.cli._plain import make_line
from ranvier.cli._print import open_console

if TYPE_CHECKING:
    from ranvier.links import RunFolder
    from ranvier.runtime import RunStatus

_INTERVAL_S = 0.25


def status(
    run: RunName = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Go on showing it.")
    ] = False,
    plain: Plain = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the status as JSON.")
    ] = False,
) -> None:
    """List the runs that go on, or show one of them."""
    from ranvier.cli._choose import choose_run, look_at_runs

    if watch:
        _watch(choose_run(run), plain=plain)
        return
    found = look_at_runs()
    if run is not None:
        chosen = choose_run(run)
        found = [pair for pair in found if pair[0] == chosen]
    statuses = [shown for _, shown in found]
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.encode(statuses).decode() + "\n")
    elif run is not None:
        _show_one(statuses[0])
    else:
        _list(statuses)


def clean() -> None:
    """Remove what killed runs left: sockets, pipes, shared memory. No recording."""
    from ranvier.runtime import sweep_runs

    swept = sweep_runs()
    for run_id in swept:
        sys.stdout.write(f"swept {run_id}\n")
    if not swept:
        sys.stdout.write("nothing was left behind\n")


def _watch(folder: RunFolder, *, plain: bool) -> None:
    from ranvier.cli._choose import join
    from ranvier.cli._views import LineView, LiveView

    is_live = sys.stdout.isatty() and not plain
    hint = "Ctrl-C leaves the view; the run goes on"
    try:
        with join(folder) as screen, LiveView(hint) if is_live else LineView() as view:
            for shown in screen.watch(_INTERVAL_S):
                view.show(shown)
    except KeyboardInterrupt:
        sys.stdout.write(f"left; the run {folder.run_id} goes on\n")
        return
    sys.stdout.write(f"the run {folder.run_id} is over\n")


def _show_one(shown: RunStatus) -> None:
    from ranvier.cli._live_view import Space, draw

    console = open_console()
    console.print(draw(shown, Space(console.width, 1000)))


def _list(statuses: list[RunStatus]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not statuses:
        sys.stdout.write("no run goes on\n")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("run", "graph", "state", "for", "lost"):
        table.add_column(name, no_wrap=True, overflow="fold")
    for shown in statuses:
        table.add_row(
            shown.run_id,
            make_line(shown.graph),
            shown.state,
            f"{shown.running_s:.0f} s",
            Text(f"{shown.lost}", "bold red" if shown.lost else ""),
        )
    console = open_console()
    console.print(table)
    for shown in statuses:
        folder = make_line(shown.session_folder)
        console.print(folder, markup=False, style="dim", soft_wrap=True)
