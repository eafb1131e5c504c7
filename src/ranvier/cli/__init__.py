"""The command line: commands, live view, exit status. Nothing heavy at import."""

from __future__ import annotations

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit status.

    Status 0: done, or stopped as asked. 1: something failed, or data was lost.
    2: the command or the graph is not right.

    Parameters
    ----------
    arguments
        In place of those of the process.
    """
    import sys

    try:
        from ranvier.cli._app import app
        from ranvier.cli._print import guarded_output

        with guarded_output():
            app(arguments)
    except KeyboardInterrupt:  # before, or where, a command hears Ctrl-C itself
        sys.stderr.write("broken off by Ctrl-C\n")
        sys.exit(130)
