"""Git as a child process: by list, in time, without questions, hooks or secrets."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from ranvier.core import to_text
from ranvier.session.faults import RepositoryError
from ranvier.session.repository._urls import conceal

if TYPE_CHECKING:
    from pathlib import Path

Rules = tuple[tuple[str, str], ...]
"""Settings of git for one call, by name."""

# They would lead git to another repository than the one of its folder: a launcher may
# itself be started by a hook.
_LEADING_ASTRAY = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_EXTERNAL_DIFF",
    "GIT_TRACE",
)
_SETTINGS: Rules = (
    ("core.hooksPath", os.devnull),  # code of a repository runs when a session says so
    ("core.fsmonitor", "false"),  # would be a program of the clone's own
    ("core.quotePath", "false"),
    ("gc.auto", "0"),  # a commit that a session names must not be swept
    ("maintenance.auto", "false"),
    ("advice.detachedHead", "false"),
)
_MAX_TOLD = 2000


@dataclass(frozen=True)
class Git:
    """Git, with the limits of one request.

    Parameters
    ----------
    program
        Its full path.
    timeout_s
        Limit of one act, s.
    rules
        Settings for each act. They go by the environment, never by the command line,
        since an address among them may have a password.
    index
        Variables that lead it to another index than that of the clone.
    """

    program: str
    timeout_s: float
    rules: Rules = ()
    index: tuple[tuple[str, str], ...] = ()

    def with_rules(self, rules: Rules) -> Git:
        """Give the same git with further settings.

        Returns
        -------
        Git
            A new one.
        """
        return replace(self, rules=(*self.rules, *rules))

    def with_index(self, index: Path, objects: Path) -> Git:
        """Give the same git with an index of its own, for acts that would change it.

        Parameters
        ----------
        index
            File in place of the clone's index.
        objects
            Folder that gets new objects, with `info/alternates` for those of the clone.

        Returns
        -------
        Git
            A new one; paths that it is given are literal.
        """
        own = (
            ("GIT_INDEX_FILE", str(index)),
            ("GIT_OBJECT_DIRECTORY", str(objects)),
            ("GIT_LITERAL_PATHSPECS", "1"),
        )
        return replace(self, index=own)

    def limited(self, timeout_s: float) -> Git:
        """Give the same git with a limit that is not longer than this one, s.

        Returns
        -------
        Git
            A new one.
        """
        return replace(self, timeout_s=min(self.timeout_s, timeout_s))

    def ask(self, folder: Path, *words: str) -> str | None:
        """Ask what may have no answer.

        Returns
        -------
        str or None
            What git said, without the last newline; None if it failed.
        """
        code, said, _ = self._call(folder, words, None)
        return None if code else said.removesuffix("\n")

    def run(self, folder: Path, *words: str, output: IO[bytes] | None = None) -> str:
        """Do what must be done.

        Parameters
        ----------
        folder
            In which git works; the folder of this process stays as it is.
        words
            Without "git".
        output
            File that takes what git says.

        Returns
        -------
        str
            What git said, if it goes to no file.

        Raises
        ------
        RepositoryError
            If git fails or takes too long.
        """
        code, said, complaint = self._call(folder, words, output)
        if code:
            raise git_failed(words, folder, code, complaint)
        return said

    def _call(
        self, folder: Path, words: tuple[str, ...], output: IO[bytes] | None
    ) -> tuple[int, str, str]:
        # Files, not pipes: a helper that outlives git would hold a pipe open for ever.
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complaint:
            code = self._wait(folder, words, output or said, complaint)
            said.seek(0)
            complaint.seek(0)
            texts = [
                file.read().decode("utf-8", "surrogateescape")
                for file in (said, complaint)
            ]
        if code is None:
            return 1, "", f"it took longer than {self.timeout_s:g} s"
        return code, texts[0], texts[1]

    def _wait(
        self,
        folder: Path,
        words: tuple[str, ...],
        output: IO[bytes],
        complaint: IO[bytes],
    ) -> int | None:
        try:
            process = subprocess.Popen(
                [self.program, *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=complaint,
                cwd=folder,
                env=self._environment(),
                start_new_session=True,  # no terminal for ssh to ask at
            )
        except OSError as error:
            complaint.write(to_text(error).encode())
            return 1
        try:
            return process.wait(self.timeout_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:  # too late, or Ctrl-C
                _end_tree(process)

    def _environment(self) -> dict[str, str]:
        names = {k: v for k, v in os.environ.items() if k not in _LEADING_ASTRAY}
        names |= dict(self.index)
        names |= {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",  # a look must not write an index
            "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
            "GCM_INTERACTIVE": "never",
            "SSH_ASKPASS_REQUIRE": "never",
            "LC_ALL": "C",
        }
        first = names.get("GIT_CONFIG_COUNT", "0")
        start = int(first) if first.isdecimal() else 0
        rules = (*_SETTINGS, *self.rules)
        for number, (name, value) in enumerate(rules, start):
            names[f"GIT_CONFIG_KEY_{number}"] = name
            names[f"GIT_CONFIG_VALUE_{number}"] = value
        return names | {"GIT_CONFIG_COUNT": str(start + len(rules))}


def find_git(timeout_s: float) -> Git:
    """Find git on this computer.

    Returns
    -------
    Git
        With that limit for each act, s.

    Raises
    ------
    RepositoryError
        If there is none.
    """
    program = shutil.which("git")
    if program is None:
        raise RepositoryError(
            "git was not found on this computer.",
            code="RV-S20",
            wanted="a program git in one of the folders of PATH",
            mend="install git, or leave out the repository",
        )
    return Git(program, timeout_s)


def git_failed(
    words: tuple[str, ...], folder: Path, code: int, complaint: str
) -> RepositoryError:
    """Make the error of an act of git that failed.

    Returns
    -------
    RepositoryError
        With the last words of git, and no credentials.
    """
    told = conceal(to_text(complaint.strip()))[-_MAX_TOLD:]
    return RepositoryError(
        f'"git {words[0]}" failed.',
        code="RV-S21",
        where=str(folder),
        found=told or f"exit status {code}",
        mend="do what git says, and start again",
    )


def _end_tree(process: subprocess.Popen[bytes]) -> None:
    import psutil  # only where something went wrong

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    process.kill()
    process.wait()
