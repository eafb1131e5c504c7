"""Files that survive a power cut: whole or not at all, on the disk when said so."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO, Union


def write_atomically(path: Path, content: Union[str, bytes]) -> None:
    r"""Write a file so that a reader sees the old content or the new, never a part.

    Parameters
    ----------
    path
        The file; its folder must exist.
    content
        Text (written as UTF-8 with "\n" ends) or bytes.

    Raises
    ------
    OSError
        If the folder is missing, unwritable or full; the old file then stands.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def append_durably(file: BinaryIO, line: bytes) -> None:
    """Append to an open binary file and wait until the disk has it.

    Raises
    ------
    OSError
        If the disk is full or gone.
    """
    file.write(line)
    file.flush()
    os.fsync(file.fileno())


def free_bytes(folder: Path) -> int:
    """Give the space left on the disk that a folder is on.

    Returns
    -------
    int
        Bytes free to this user.

    Raises
    ------
    OSError
        If the folder does not exist.
    """
    return shutil.disk_usage(folder).free


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk: they are data of the folder itself.

    Windows has no such call, and nothing happens there.

    Parameters
    ----------
    folder
        The folder.

    Raises
    ------
    OSError
        If it is not there, or the disk refuses.
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
