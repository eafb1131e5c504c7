"""Small acts on files and names, as the older launcher's documentation lists them."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.core import Reporter

AnyPath = str | os.PathLike[str]


def ensure_directory_exists(path: AnyPath) -> bool:
    """Make a folder, and those above it, unless it is there.

    Parameters
    ----------
    path
        Of the folder.

    Returns
    -------
    bool
        True if it is there now.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return True


def generate_timestamp(format: str = "%y%m%d%H%M%S") -> str:  # noqa: A002 - documented
    """Write the present time of this computer.

    Parameters
    ----------
    format
        As `datetime.strftime` reads it.

    Returns
    -------
    str
        Local time.
    """
    return dt.datetime.now().astimezone().strftime(format)


def generate_session_uuid() -> str:
    """Make an identifier that nobody else has.

    Returns
    -------
    str
        A random UUID. A session itself is named after subject and time:
        `BaseExperiment.session_uuid`.
    """
    return str(uuid.uuid4())


def get_file_checksum(path: AnyPath, algorithm: str = "md5") -> str:
    """Compute the checksum of a file.

    Parameters
    ----------
    path
        Of the file; it may be large.
    algorithm
        A name of `hashlib`; "md5" is what the older launcher kept of parameters.

    Returns
    -------
    str
        In hexadecimal digits.

    Raises
    ------
    OSError
        If it can't be read.
    ValueError
        If there is no such algorithm.
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=False)
        ).hexdigest()


def safe_file_copy(
    source: AnyPath,
    destination: AnyPath,
    create_backup: bool = True,
) -> bool:
    """Copy a file such that the destination is whole or is what it was.

    Parameters
    ----------
    source, destination
        Files.
    create_backup
        True keeps a destination that is there, under the next free name of
        `<name>.bak`, `<name>.bak2`, …; else it is not touched and the answer is no.

    Returns
    -------
    bool
        True if the copy is there, with the bytes of the source.
    """
    source, destination = Path(source), Path(destination)
    beside = destination.with_name(f".{destination.name}.{uuid.uuid4().hex[:8]}")
    try:
        if destination.exists() and (not create_backup or source.samefile(destination)):
            return False
        shutil.copy2(source, beside)
        if get_file_checksum(source) != get_file_checksum(beside):
            return False
        if destination.exists():
            _link(destination, _next_backup(destination))
            beside.replace(destination)
        else:
            _link(beside, destination)
    except OSError:
        return False
    finally:
        beside.unlink(missing_ok=True)
    return True


def cleanup_temp_files(
    paths: Iterable[AnyPath], reporter: Reporter | None = None
) -> int:
    """Remove files that were made as temporary ones.

    Parameters
    ----------
    paths
        Which; those that do not lie in the system's folder of temporary files, or are
        not this user's, or are folders, are left alone.
    reporter
        Is warned of each that is left.

    Returns
    -------
    int
        How many were removed.
    """
    removed = 0
    for path in map(Path, paths):
        if _is_temporary(path):
            path.unlink()
            removed += 1
        elif reporter is not None:
            reporter.warn(f"{path} is no temporary file of this user, and stays")
    return removed


def _link(source: Path, target: Path) -> None:
    # Unlike a rename, it never takes the place of a file that comes in between.
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without links, as those of cameras
        with target.open("xb") as file, source.open("rb") as content:
            shutil.copyfileobj(content, file)


def _next_backup(path: Path) -> Path:
    number = 1
    while True:
        name = f"{path.name}.bak{number if number > 1 else ''}"
        if not path.with_name(name).exists():
            return path.with_name(name)
        number += 1


def _is_temporary(path: Path) -> bool:
    place = Path(tempfile.gettempdir()).resolve()
    try:
        # The file itself, not what a link leads to.
        real = path.parent.resolve() / path.name
        is_file = path.is_symlink() or path.is_file()
        is_mine = not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()
    except OSError:
        return False
    return is_file and is_mine and real.is_relative_to(place)
