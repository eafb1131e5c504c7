"""An experiment as a program of its own: `main` reads the command line and runs it."""

from __future__ import annotations

import argparse
import logging
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED = 0, 1


class CommandLine:
    """The class methods by which an experiment is a program."""

    @abstractmethod
    def run(self, param_file: Any = None, raise_errors: bool = False) -> bool:
        """Hold a session.

        Returns
        -------
        bool
            True if it did what was asked.
        """

    @classmethod
    def create_argument_parser(
        cls, description: str | None = None
    ) -> argparse.ArgumentParser:
        """Make the parser of the command line.

        Parameters
        ----------
        description
            Of the program; None for that of the class.

        Returns
        -------
        argparse.ArgumentParser
            With one argument, the parameter file, which may be left out.
        """
        doc = (cls.__doc__ or "").strip().partition("\n")[0]
        parser = argparse.ArgumentParser(description=description or doc)
        parser.add_argument(
            "param_file", nargs="?", help="parameter file, JSON or YAML"
        )
        return parser

    @classmethod
    def run_from_args(cls, args: argparse.Namespace) -> int:
        """Run an experiment with what the command line says.

        Parameters
        ----------
        args
            With `param_file`.

        Returns
        -------
        int
            Exit status: 0 only if the session did what was asked, else 1.
        """
        return DONE if cls().run(args.param_file) else FAILED

    @classmethod
    def main(
        cls, description: str | None = None, args: Sequence[str] | None = None
    ) -> int:
        """Read the command line, show the log, run the experiment.

        Parameters
        ----------
        description
            Of the program.
        args
            In place of the command line.

        Returns
        -------
        int
            Exit status, for `sys.exit`.
        """
        given = cls.create_argument_parser(description).parse_args(args)
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
        return cls.run_from_args(given)
