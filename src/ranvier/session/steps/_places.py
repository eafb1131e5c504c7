"""Where a step may write: inside the session folder, and never over anything."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ranvier.session.parameters import resolve_path
from ranvier.session.steps._failures import refuse_file


def find_inside(folder: Path, text: str, key: str = "") -> Path:
    r"""Give the path of a file in the session folder.

    Parameters
    ----------
    folder
        The session folder, absolute.
    text
        Relative to it, or absolute and within it; with "/" or "\".
    key
        Parameter that says so.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    ParameterValidationError
        If it lies elsewhere.
    StepError
        If it is the folder itself.
    """
    path = resolve_path(text, folder, key=key, must_be_inside=True)
    whole = Path(os.path.normpath(path))
    if whole == Path(os.path.normpath(folder)):
        raise refuse_file(text, "this is the session folder", "name a file in it")
    return whole


def write_new(folder: Path, path: Path, content: bytes) -> str:
    """Write a file that is not there yet; one with the same content may be.

    Parameters
    ----------
    folder
        The session folder.
    path
        Within it.
    content
        Whole.

    Returns
    -------
    str
        The path relative to the folder.

    Raises
    ------
    StepError
        If another file has this name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        if not path.is_file() or path.read_bytes() != content:
            raise refuse_file(
                path,
                "there is another one with this name",
                "move it away, and do the step again",
            ) from error
    return name_file(folder, path)


def write_json(folder: Path, text: str, told: object) -> str:
    """Write what is told as JSON into a file that is not there yet.

    Parameters
    ----------
    folder
        The session folder.
    text
        Of the file, as `find_inside` takes it.
    told
        Of what JSON knows.

    Returns
    -------
    str
        The path relative to the folder.

    Raises
    ------
    ParameterValidationError
        If it lies elsewhere.
    StepError
        If another file has this name.
    """
    content = json.dumps(told, indent=2, ensure_ascii=False).encode()
    return write_new(folder, find_inside(folder, text), content)


def name_file(folder: Path, path: Path) -> str:
    """Give the name of a file for the record.

    Returns
    -------
    str
        Relative to the session folder, with "/".
    """
    return Path(os.path.relpath(path, folder)).as_posix()
