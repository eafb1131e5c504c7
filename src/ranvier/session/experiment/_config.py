"""Reads the INI files of CamStim, as rigs have them; writes none and evaluates none."""

from __future__ import annotations

import ast
import configparser
import os
from pathlib import Path
from typing import Any

from ranvier.session.experiment._faults import unusable
from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import expand_environment

CAMSTIM_CONFIG = "C:/ProgramData/AIBS_MPE/camstim/config/stim.cfg"
"""Where CamStim has its file on a rig."""


class ConfigLoader:
    """Reads an INI file into a dict of sections.

    Parameters
    ----------
    path
        Of the file; None for that of CamStim.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = Path(path or CAMSTIM_CONFIG)

    def load(self) -> dict[str, dict[str, Any]]:
        """Read the file.

        Returns
        -------
        dict
            By section and key. Numbers, truth values, None, and lists, tuples and
            dicts of them are read as Python writes them, all else is text. Empty if
            there is no such file.

        Raises
        ------
        ParameterValidationError
            If it can't be read, or is not of this form.
        """
        # A "%" in a path is a sign like any other, and keys keep their case.
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        try:
            with self.path.open(encoding="utf-8-sig") as file:
                parser.read_file(file)
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, configparser.Error) as error:
            found = " ".join(str(error).split())
            mend = "correct it: sections in brackets, then key = value"
            what = "the configuration file"
            raise unusable(
                ParameterValidationError, what, str(self.path), found, mend
            ) from error
        return {
            section: {key: _read(text) for key, text in parser[section].items()}
            for section in parser.sections()
        }

    def load_with_env_substitution(self) -> dict[str, dict[str, Any]]:
        """Read the file, with `{env:NAME}` filled from the environment.

        Returns
        -------
        dict
            As `load`.

        Raises
        ------
        ParameterValidationError
            As `load`; or if there is no such variable.
        """
        return {
            section: {
                key: expand_environment(value, os.environ)
                if isinstance(value, str)
                else value
                for key, value in values.items()
            }
            for section, values in self.load().items()
        }


def _read(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
