"""The files of `experiment_metadata`, as readers of the older launcher know them.

The session itself keeps the same, and more, in `launcher_metadata`, for good.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.core import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "experiment_metadata"


def describe_platform() -> dict[str, Any]:
    """Describe this computer.

    Returns
    -------
    dict
        python, os (system, release, version), hardware (processor, machine),
        computer_name.
    """
    system = platform.uname()
    return {
        "python": platform.python_version(),
        "os": [system.system, system.release, system.version],
        "hardware": [system.processor or system.machine, system.machine],
        "computer_name": socket.gethostname(),
    }


def write_papers(
    folder: Path,
    params: Mapping[str, Any],
    runtime: Mapping[str, Any],
    original: tuple[str, bytes] | None,
) -> None:
    """Write what is known of an experiment into its folder.

    Parameters
    ----------
    folder
        Which gets a folder `experiment_metadata`.
    params
        As they are used.
    runtime
        Who, when, where.
    original
        Name and bytes of the parameter file, if there is one.

    Raises
    ------
    OSError
        If a file can't be written.
    """
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    if original is not None:
        name, data = original
        write_atomically(place / f"original_{name}", data)
    papers = {
        "processed_parameters.json": params,
        "command_line_arguments.json": {
            "command_line": sys.argv,
            "script_name": sys.argv[0] if sys.argv else "",
            "arguments": sys.argv[1:],
            "working_directory": os.getcwd(),  # noqa: PTH109 - as text
            "python_executable": sys.executable,
        },
        "runtime_information.json": runtime,
    }
    for name, content in papers.items():
        text = json.dumps(content, indent=2, ensure_ascii=False, default=str)
        write_atomically(place / name, f"{text}\n")


def read_original(
    param_file: str | os.PathLike[str] | None,
) -> tuple[str, bytes] | None:
    """Read the file that was given, for a copy of it.

    Parameters
    ----------
    param_file
        Its path; None if there was none.

    Returns
    -------
    tuple or None
        Name and bytes.

    Raises
    ------
    OSError
        If it can't be read.
    """
    if param_file is None:
        return None
    path = Path(param_file)
    return path.name, path.read_bytes()
