"""Programs that copy in our place: rsync and robocopy, where they are installed.

What they copied is hashed on both sides afterwards, so that their word is not needed.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ranvier.core import to_text
from ranvier.session.faults import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_TOLD = 2000
# 8 and above: something was not copied; below, bits that say what was done.
_ROBOCOPY_FAILED = 8


class Transfer(Protocol):
    """A program that copies files of one folder into another."""

    @property
    def program(self) -> str:
        """By which name it is found."""
        ...

    def build_commands(
        self, source: Path, target: Path, names: Sequence[str], listing: Path
    ) -> list[list[str]]:
        """Build the command lines, without the program itself.

        Parameters
        ----------
        source, target
            From where to where.
        names
            Files to be copied, relative to both, with "/".
        listing
            A file that has their names, each with a zero byte after it.
        """
        ...

    def is_success(self, exit_code: int) -> bool:
        """Say whether an exit code says that all was copied."""
        ...


class Rsync:
    """rsync: writes to a temporary name and renames, as we do."""

    program = "rsync"

    def build_commands(
        self, source: Path, target: Path, names: Sequence[str], listing: Path
    ) -> list[list[str]]:
        """Build one command for all files; as `Transfer`."""
        flags = ["--times", "--perms", "--from0", f"--files-from={listing}"]
        # Not "--": older ones take none. The paths are absolute.
        return [[*flags, f"{source}/", f"{target}/"]] if names else []

    def is_success(self, exit_code: int) -> bool:
        """Say so of 0 alone."""
        return exit_code == 0


class Robocopy:
    """robocopy: one command for each folder, since it takes names of one only."""

    program = "robocopy"
    _at_once = 200  # a command line of Windows has 32,767 characters

    def build_commands(
        self, source: Path, target: Path, names: Sequence[str], listing: Path
    ) -> list[list[str]]:
        """Build commands for each folder; as `Transfer`."""
        del listing  # it knows no such thing
        folders: dict[str, list[str]] = {}
        for name in names:
            folder, _, last = name.rpartition("/")
            folders.setdefault(folder, []).append(last)
        commands: list[list[str]] = []
        for folder, lasts in folders.items():
            places = [str(source / folder), str(target / folder)]
            for start in range(0, len(lasts), self._at_once):
                part = lasts[start : start + self._at_once]
                flags = ["/COPY:DAT", "/IS", "/R:0", "/NP", "/NJH", "/NJS"]
                commands.append([*places, *part, *flags])
        return commands

    def is_success(self, exit_code: int) -> bool:
        """Say so of 0 to 7; 1 is "copied", not a failure."""
        return 0 <= exit_code < _ROBOCOPY_FAILED


TRANSFERS: dict[str, Transfer] = {"rsync": Rsync(), "robocopy": Robocopy()}


def run_transfer(
    transfer: Transfer, source: Path, target: Path, names: Sequence[str]
) -> None:
    """Let a program copy files.

    Parameters
    ----------
    transfer
        Which.
    source, target
        From where to where.
    names
        Relative to both.

    Raises
    ------
    ArchiveError
        If it is not installed, or says that it failed.
    """
    program = shutil.which(transfer.program)
    if program is None:
        raise transfer_failed(transfer.program, "it is not installed")
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder) / "names"
        listing.write_bytes(b"".join(_encode(name) + b"\0" for name in names))
        commands = transfer.build_commands(
            source.absolute(), target.absolute(), names, listing
        )
        for words in commands:
            _run([program, *words], transfer)


def transfer_failed(program: str, found: str) -> ArchiveError:
    """Make the error of a program that did not copy."""
    return ArchiveError(
        f"{program} did not copy the session.",
        code="RV-S69",
        found=found,
        mend='mend what it says, or archive with the transfer "copy"',
    )


def _run(command: list[str], transfer: Transfer) -> None:
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if transfer.is_success(done.returncode):
            return
        output.seek(0)
        told = output.read().decode("utf-8", "replace").strip()[-_MAX_TOLD:]
    raise transfer_failed(
        transfer.program, f"exit status {done.returncode}: {to_text(told)}"
    )


def _encode(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
