"""What differs from a commit, put into one file from which it can be had again."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from ranvier.core import to_text
from ranvier.session.faults import Finding, Severity
from ranvier.session.repository._resolve import CHECK
from ranvier.session.repository._state import find_changes, list_submodules

if TYPE_CHECKING:
    from ranvier.session.repository._git import Git

MAX_FILE = 1 << 20
"""Of an untracked file at most so much is kept, bytes."""
MAX_ALL = 20 << 20
"""Of all untracked files together, bytes."""

_BLOCK = 1 << 20
# Names on one command line, for `git diff` takes no file of them.
_BATCH = 50
# Whatever a person has set: the patch must be one that `git apply` takes as it is.
_RULES = (
    ("core.safecrlf", "false"),
    ("core.splitIndex", "false"),
    ("diff.noprefix", "false"),
    ("diff.mnemonicPrefix", "false"),
)
_DIFF = (
    "diff",
    "HEAD",
    "--binary",
    "--no-color",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
)


class Untracked(NamedTuple):
    """Untracked files of a clone: those to be kept, and lines that tell of the rest."""

    kept: tuple[str, ...]
    left_out: tuple[str, ...]


def save_changes(git: Git, folder: Path, diff_file: Path) -> tuple[str, ...]:
    """Write what differs from the commit, so that it can be had again.

    `git apply --binary` on a clean worktree of the commit, with its submodules, gives
    the same files; untracked ones too. The index of the clone stays as it is.

    Parameters
    ----------
    git, folder
        By which, and of which clone.
    diff_file
        Written anew; what was there is replaced once all is written. It begins with
        the files that it does not hold.

    Returns
    -------
    tuple of str
        Of each file that it does not hold size, SHA-256 and path: too large, more than
        fits in all, or not to be read.

    Raises
    ------
    OSError
        If it can't be written.
    """
    room = MAX_ALL
    found: dict[str, Untracked] = {}
    for place in ("", *(f"{path}/" for path in list_submodules(git, folder)[0])):
        if place and not (folder / place / ".git").exists():
            continue  # it is not there: nothing is untracked in it
        found[place] = _choose(git, folder, place, room)
        room -= sum((folder / place / p).lstat().st_size for p in found[place].kept)
    left_out = tuple(line for each in found.values() for line in each.left_out)
    new = diff_file.with_name(f".{diff_file.name}.{secrets.token_hex(4)}")
    try:
        with new.open("xb") as file:
            file.write("".join(f"not kept: {line}\n" for line in left_out).encode())
            file.flush()
            _write(git, folder, "", found.pop("").kept, file)
            for place, each in found.items():
                if each.kept:
                    _write(git, folder, place, each.kept, file)
            os.fsync(file.fileno())
        new.replace(diff_file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return left_out


def warn_of_left_out(folder: Path, left_out: tuple[str, ...]) -> Finding:
    """Say that files differ from the commit that the difference does not hold.

    Returns
    -------
    Finding
        A warning with each of them.
    """
    return Finding(
        Severity.WARNING,
        CHECK,
        "some untracked files are not kept in the difference.",
        code="RV-S25",
        where=str(folder),
        found="; ".join(left_out),
        wanted=f"up to {MAX_FILE >> 20} MB each, {MAX_ALL >> 20} MB in all",
        mend="commit them, have git ignore them, or keep them elsewhere",
    )


def _choose(git: Git, folder: Path, place: str, room: int) -> Untracked:
    rows = find_changes(git, folder / place)
    kept: list[str] = []
    left_out: list[str] = []
    for name in (row[3:] for row in rows if row.startswith("??")):
        size = _measure(folder / place / name)
        if size is not None and size <= min(MAX_FILE, room):
            kept.append(name)
            room -= size
        else:
            left_out.append(
                f"{to_text(place + name)}: {_describe(folder, place + name)}"
            )
    return Untracked(tuple(kept), tuple(left_out))


def _measure(path: Path) -> int | None:
    """Give the size of a file that can be kept; None of one that can't."""
    try:
        size = path.lstat().st_size
        if path.is_symlink():
            return size
        if not path.is_file():
            return None  # a clone within the clone
        with path.open("rb"):
            return size
    except OSError:
        return None


def _describe(folder: Path, name: str) -> str:
    path = folder / name
    try:
        if not path.is_file():
            return "no plain file"
        size, digest = path.stat().st_size, hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        return f"not readable ({type(error).__name__})"
    return f"{size} bytes, sha256 {digest.hexdigest()}"


def _write(
    git: Git, folder: Path, place: str, kept: tuple[str, ...], file: IO[bytes]
) -> None:
    """Append the difference of a clone, or the untracked files of a submodule."""
    inside = folder / place
    prefixes = (f"--src-prefix=a/{place}", f"--dst-prefix=b/{place}")
    with tempfile.TemporaryDirectory(prefix="ranvier-") as name:
        own = _borrow_index(git.with_rules(_RULES), inside, Path(name))
        names = Path(name) / "names"
        # As it came from git: a name need not be UTF-8.
        names.write_bytes("\0".join(kept).encode("utf-8", "surrogateescape"))
        of_names = (f"--pathspec-from-file={names}", "--pathspec-file-nul")
        if kept:
            own.run(inside, "add", "--intent-to-add", *of_names)
        if not place:
            words = (*_DIFF, *prefixes, "--submodule=diff")
            own.run(inside, *words, output=file)
            return
        for at in range(0, len(kept), _BATCH):
            some = kept[at : at + _BATCH]
            own.run(inside, *_DIFF, *prefixes, "--", *some, output=file)


def _borrow_index(git: Git, folder: Path, place: Path) -> Git:
    """Give git with a copy of the clone's index, and a place for new objects."""
    index, objects = place / "index", place / "objects"
    (objects / "info").mkdir(parents=True)
    theirs = folder / git.run(folder, "rev-parse", "--git-path", "objects").strip("\n")
    alternates = f"{theirs.resolve().as_posix()}\n"
    (objects / "info" / "alternates").write_bytes(os.fsencode(alternates))
    known = folder / git.run(folder, "rev-parse", "--git-path", "index").strip("\n")
    if known.exists():
        # With its time: git looks closely at files that are not older than the index.
        shutil.copy2(known, index)
    return git.with_index(index, objects)
