"""What code and which packages ran: facts for the manifest, gathered once a run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import msgspec

from ranvier.core import RecordingError, write_atomically
from ranvier.node import find_version
from ranvier.recording import _packages
from ranvier.recording._layout import SessionFolder
from ranvier.recording._manifest import CodeVersion

# git on a slow network disk must not hold up the start of a run for long.
_PATIENCE_S = 5.0
# Packages are listed while the run goes on, but its end waits for the list.
_LIST_PATIENCE_S = 10.0
_NO_WINDOW = subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0


class CodeState(NamedTuple):
    """Which code runs, with the changes that no commit has.

    Parameters
    ----------
    version
        For the manifest.
    diff
        Changes since the commit, text; "" if there are none.
    """

    version: CodeVersion
    diff: str


class FolderState(NamedTuple):
    """What git says of a folder.

    Parameters
    ----------
    commit
        Its commit; "" if it is in no repository.
    diff
        Changes since the commit, text.
    """

    commit: str
    diff: str


def ask_environment(python: str, folder: Path) -> str:
    """List the packages of another interpreter; takes as long as it takes to start.

    Parameters
    ----------
    python
        The interpreter; ranvier need not be installed there.
    folder
        Where it is started: a relative path or a local package is found as the nodes
        find it.

    Returns
    -------
    str
        As `collect_environment`.

    Raises
    ------
    RecordingError
        If it can't be started, fails, or takes longer than ten seconds.
    """
    source = Path(_packages.__file__).read_text(encoding="utf-8")
    try:
        done = subprocess.run(
            [python, "-c", source],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIST_PATIENCE_S,
            check=True,
            creationflags=_NO_WINDOW,
        )
    except (OSError, subprocess.SubprocessError) as error:
        words = (getattr(error, "stderr", None) or b"").decode("utf-8", "replace")
        raise RecordingError(
            "the packages of an interpreter can't be listed.",
            code="RV-D42",
            where=python,
            found=words.strip() or str(error),
            mend="keep a list of its packages yourself, as with `pip freeze`",
        ) from error
    return done.stdout.decode("utf-8", "replace")


def describe_code(
    path: Path, package: str = "", known: Optional[Dict[Path, FolderState]] = None
) -> CodeState:
    """Say which code lies at a path: package, version, commit, changes.

    Parameters
    ----------
    path
        A Python file or a folder of a package.
    package
        Name of the distribution, where it comes from one.
    known
        What git has said of folders so far; what it says now is added. Nodes often
        share a folder, and git is slow.

    Returns
    -------
    CodeState
        Without commit where there is no git, no repository, or git takes longer than
        five seconds.
    """
    folder = path if path.is_dir() else path.parent
    known = {} if known is None else known
    if folder not in known:
        known[folder] = _look_at(folder)
    commit, diff = known[folder]
    digest = hashlib.sha256(diff.encode()).hexdigest() if diff else ""
    code = CodeVersion(
        package or path.name, find_version(package), commit, bool(diff), digest
    )
    return CodeState(code, diff)


def _look_at(folder: Path) -> FolderState:
    commit = _ask_git(folder, "rev-parse", "HEAD")
    if not commit:
        return FolderState("", "")
    diff = _ask_git(folder, "diff", "--no-color", "--no-ext-diff", "HEAD") or ""
    unknown = _ask_git(
        folder, "ls-files", "--others", "--exclude-standard", "--full-name"
    )
    if unknown:
        diff += "\n# files that git does not know:\n" + unknown + "\n"
    return FolderState(commit, diff)


def write_code(folder: SessionFolder, state: CodeState) -> CodeVersion:
    """Keep the changes that no commit has in the session folder.

    Parameters
    ----------
    folder
        The session.
    state
        What `describe_code` gave.

    Returns
    -------
    CodeVersion
        With the name of the file, where there are changes.

    Raises
    ------
    RecordingError
        If the disk refuses it.
    """
    if not state.diff:
        return state.version
    name = f"{state.version.diff_sha256[:16]}.diff"
    try:
        folder.code.mkdir(exist_ok=True)
        if not (folder.code / name).exists():
            write_atomically(folder.code / name, state.diff)
    except OSError as error:
        raise RecordingError(
            "the changes to the code can't be kept.",
            code="RV-D07",
            where=str(folder.code),
            found=str(error),
            mend="make space on the disk, or see who may write there",
        ) from error
    return msgspec.structs.replace(state.version, diff_file=name)


def _ask_git(folder: Path, *words: str) -> Optional[str]:
    command: List[str] = ["git", "-C", str(folder), *words]
    # Without locks, prompts and the user's hooks into diff: git only looks.
    environment = {
        **os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0",
    }  # fmt: skip
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE_S,
            env=environment,
            check=False,
            creationflags=_NO_WINDOW,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    return done.stdout.decode("utf-8", "replace").strip()
