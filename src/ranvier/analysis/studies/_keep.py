"""Results of analysis commands: made when what they depend on has changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.analysis.provenance import code_version
from ranvier.core import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class StudyFault:
    """A part of an analysis that could not be done; the rest was.

    Parameters
    ----------
    part
        Of the command: "lmm".
    where
        Target, event, …: "VTA-DA, stimOn_times".
    error_type, error_message
        What is wrong.
    """

    part: str
    where: str
    error_type: str
    error_message: str


@dataclass(frozen=True)
class Kept:
    """Files of an analysis command.

    Parameters
    ----------
    written
        Made now.
    kept
        Up to date.
    faults
        What could not be done, now or when the files that are kept were made.
    """

    written: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    faults: tuple[StudyFault, ...] = ()


@dataclass(frozen=True)
class Made:
    """What came of a part of a command.

    Parameters
    ----------
    files
        Written.
    faults
        What could not be done.
    provenance
        File, relative to the study → where it comes from.
    """

    files: Sequence[Path]
    faults: Sequence[StudyFault] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stamp:
    """What is known of results that were made.

    Parameters
    ----------
    key
        Of `make_study_key`.
    files
        Path, relative to the study → digest.
    faults
        What could not be done.
    provenance
        Path → where it comes from.
    """

    key: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[StudyFault, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)


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
        digest.update(f"{path.name}:{_digest(path)}\0".encode())
    return digest.hexdigest()


def make_if_new(
    folder: Path, name: str, key: str, make: Callable[[], list[Path] | Made]
) -> Kept:
    """Make results unless the same ones are there, whole.

    Files that were made before and are not made any more are removed, unless someone
    has changed them.

    Parameters
    ----------
    folder
        The study.
    name
        Of the command, or of a part of it: "responses/lmm".
    key
        Of `make_study_key`.
    make
        Makes the files, gives their paths; or those with faults and provenance.

    Returns
    -------
    Kept
    """
    known = read_stamp(folder, name)
    old = {folder / path: digest for path, digest in known.files.items()}
    if known.key == key and _is_whole(old):
        return Kept(kept=tuple(old), faults=known.faults)
    made = make()
    made = made if isinstance(made, Made) else Made(made)
    for path in set(old) - set(made.files):
        if _digest(path) == old[path]:
            path.unlink(missing_ok=True)
    said = {path.relative_to(folder).as_posix(): _digest(path) for path in made.files}
    _write_stamp(
        folder, name, Stamp(key, said, tuple(made.faults), dict(made.provenance))
    )
    return Kept(written=tuple(made.files), faults=tuple(made.faults))


def is_up_to_date(folder: Path, name: str, key: str) -> bool:
    """Tell whether results are there, whole, and made from the same.

    Parameters
    ----------
    folder
        The study.
    name
        Of the command, or of a part of it.
    key
        Of `make_study_key`.

    Returns
    -------
    bool
    """
    known = read_stamp(folder, name)
    files = {folder / path: digest for path, digest in known.files.items()}
    return known.key == key and _is_whole(files)


def read_stamp(folder: Path, name: str) -> Stamp:
    """Read what is known of results; a damaged stamp is as good as none.

    Parameters
    ----------
    folder
        The study.
    name
        Of the command, or of a part of it.

    Returns
    -------
    Stamp
    """
    try:
        found = json.loads(_find_stamp(folder, name).read_text("utf-8"))
        faults = tuple(StudyFault(**fault) for fault in found.pop("faults", []))
        return Stamp(**found, faults=faults)
    except (OSError, ValueError, TypeError, AttributeError):
        return Stamp()


def list_stamps(folder: Path, command: str) -> list[str]:
    """List the parts of a command that were ever made.

    Parameters
    ----------
    folder
        The study.
    command
        Its name.

    Returns
    -------
    list of str
        Names, as `read_stamp` takes them.
    """
    place = _find_stamp(folder, command).with_suffix("")
    return [f"{command}/{path.stem}" for path in sorted(place.glob("*.json"))]


def forget(folder: Path, name: str) -> None:
    """Remove what was made of a part, unless someone has changed it, and its stamp.

    Parameters
    ----------
    folder
        The study.
    name
        Of a part of a command, "task_encoding/glm_cue_times".
    """
    known = read_stamp(folder, name)
    others = [n for n in list_stamps(folder, name.partition("/")[0]) if n != name]
    shared = {path for other in others for path in read_stamp(folder, other).files}
    for path, digest in known.files.items():
        if path not in shared and _digest(folder / path) == digest:
            (folder / path).unlink(missing_ok=True)
    _find_stamp(folder, name).unlink(missing_ok=True)


def _write_stamp(folder: Path, name: str, stamp: Stamp) -> None:
    path = _find_stamp(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(asdict(stamp), indent=1, default=str))


def _find_stamp(folder: Path, name: str) -> Path:
    return folder / ".ranvier" / "studies" / f"{name}.json"


def _is_whole(files: Mapping[Path, str]) -> bool:
    return all(_digest(path) == digest for path, digest in files.items())


def _digest(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
