"""Results of analysis commands: made when what they depend on has changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ranvier.analysis.provenance import code_version
from ranvier.core import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Kept:
    """Files of an analysis command.

    Parameters
    ----------
    written
        Made now.
    kept
        Up to date.
    """

    written: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()


def make_study_key(*parts: str) -> str:
    """Make the digest of all that results depend on, the code among it.

    Parameters
    ----------
    *parts
        Digests of tables, files and parameters.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    text = json.dumps([code_version(), *parts])
    return hashlib.sha256(text.encode()).hexdigest()


def digest_files(paths: Iterable[Path]) -> str:
    """Give one digest of the contents of files; one that is not there counts too.

    Parameters
    ----------
    paths
        The files.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(_digest(path).encode())
    return digest.hexdigest()


def make_if_new(
    folder: Path, name: str, key: str, make: Callable[[], list[Path]]
) -> Kept:
    """Make results unless the same ones are there, whole.

    Parameters
    ----------
    folder
        The study.
    name
        Of the command: "responses".
    key
        Of `make_study_key`.
    make
        Makes the files, gives their paths.

    Returns
    -------
    Kept
    """
    stamp = folder / ".ranvier" / "studies" / f"{name}.json"
    known = _read(stamp)
    files = {folder / path: digest for path, digest in known.get("files", {}).items()}
    is_whole = all(_digest(path) == digest for path, digest in files.items())
    if files and known.get("key") == key and is_whole:
        return Kept(kept=tuple(files))
    made = make()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    said = {path.relative_to(folder).as_posix(): _digest(path) for path in made}
    write_atomically(stamp, json.dumps({"key": key, "files": said}, indent=1))
    return Kept(written=tuple(made))


def _read(stamp: Path) -> dict[str, dict[str, str]]:
    try:
        found = json.loads(stamp.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
