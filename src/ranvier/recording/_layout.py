"""Names of the files and folders of one session; what they hold is told elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List, NamedTuple, Pattern

from ranvier.audit import AUDIT_FILE
from ranvier.core import RecordingError, WallStart, format_stamp

_PART = re.compile(r"recording\.(\d+)\.mcap\Z")
_COUNTS = re.compile(r"recording\.(\d+)\.json\Z")
# What a run itself writes into its folder; a session's other files lie beside it.
_OF_RUN = re.compile(
    r"(graph\.yaml|audit\.jsonl|environment(\..+)?\.txt|status\.json"
    r"|recording\.\d+\..+|(logs|nodes|code)/.+)\Z",
    re.DOTALL,
)
# Two runs begun in the same second differ by this number; a thousand of them is a
# mistake, not a rig.
_TRIES = 1000


class Part(NamedTuple):
    """One file of a recording: a recorder opens the next one after each restart.

    Parameters
    ----------
    number
        Its place in the recording, from 0.
    path
        The MCAP file.
    """

    number: int
    path: Path


class SessionFolder:
    """Where the files of one session are. Nothing here touches the disk but `parts`.

    Parameters
    ----------
    path
        The folder.

    Examples
    --------
    >>> SessionFolder(Path("loop_2026-11-20T14-03-22")).part(0).name
    'recording.0.mcap'
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"SessionFolder({str(self.path)!r})"

    @property
    def graph(self) -> Path:
        """The graph as run, YAML."""
        return self.path / "graph.yaml"

    @property
    def manifest(self) -> Path:
        """What is in the folder and where it comes from, JSON."""
        return self.path / "manifest.json"

    @property
    def audit(self) -> Path:
        """All that happened, JSON lines."""
        return self.path / AUDIT_FILE

    @property
    def environment(self) -> Path:
        """Packages and versions of the supervisor's environment, text."""
        return self.path / "environment.txt"

    def environment_of(self, node: str) -> Path:
        """Give the path of the packages of a node's own interpreter, text.

        Returns
        -------
        Path
            It may not exist: nodes that share an interpreter have one such file, named
            after the first of them.
        """
        return self.path / f"environment.{node}.txt"

    @property
    def status(self) -> Path:
        """The last status of the run: counters of its nodes and links, JSON."""
        return self.path / "status.json"

    @property
    def report(self) -> Path:
        """The report for a person, HTML."""
        return self.path / "report.html"

    @property
    def logs(self) -> Path:
        """Folder of the nodes' logs."""
        return self.path / "logs"

    @property
    def nodes(self) -> Path:
        """Folder of the nodes' own files."""
        return self.path / "nodes"

    @property
    def code(self) -> Path:
        """Folder of uncommitted changes to the code that ran."""
        return self.path / "code"

    def log(self, node: str) -> Path:
        """Give the log file of a node.

        Returns
        -------
        Path
            It may not exist.
        """
        return self.logs / f"{node}.log"

    def node(self, node: str) -> Path:
        """Give the folder of a node's own files.

        Returns
        -------
        Path
            It may not exist.
        """
        return self.nodes / node

    def part(self, number: int) -> Path:
        """Give the path of one file of the recording.

        Returns
        -------
        Path
            It may not exist.
        """
        return self.path / f"recording.{number}.mcap"

    def counts(self, number: int) -> Path:
        """Give the path of what the recorder counted while it wrote a part.

        Returns
        -------
        Path
            It may not exist.
        """
        return self.path / f"recording.{number}.json"

    def parts(self) -> List[Part]:
        """Find the files of the recording.

        Returns
        -------
        list of Part
            In order of their numbers; empty if nothing was recorded.
        """
        return self._find(_PART)

    def counted_parts(self) -> List[Part]:
        """Find the parts that a recorder has closed, also those that are gone.

        Returns
        -------
        list of Part
            In order of their numbers.
        """
        return [Part(n, self.part(n)) for n, _ in self._find(_COUNTS)]

    def next_part(self) -> Part:
        """Give the first part number that no file has yet, and none had.

        Returns
        -------
        Part
            Its file does not exist; open it with mode "xb".
        """
        numbers = [part.number for part in self.parts() + self.counted_parts()]
        number = max(numbers, default=-1) + 1
        return Part(number, self.part(number))

    def is_of_run(self, name: str) -> bool:
        """Say whether a file is one that a run itself writes.

        Parameters
        ----------
        name
            Its path relative to the folder, with "/".

        Returns
        -------
        bool
            False for what a session has put beside them.
        """
        return _OF_RUN.match(name) is not None

    def _find(self, pattern: Pattern[str]) -> List[Part]:
        matches = ((pattern.match(path.name), path) for path in self.path.glob("*"))
        return sorted(Part(int(m.group(1)), path) for m, path in matches if m)


def find_sessions(folder: Path) -> List[SessionFolder]:
    """Find the sessions that a folder is, or holds.

    Parameters
    ----------
    folder
        A session folder, or one in which session folders lie.

    Returns
    -------
    list of SessionFolder
        The folder itself if anything of a session is in it, else those in it, in order
        of their names.

    Raises
    ------
    RecordingError
        If there are none.
    """
    if _is_session(folder):
        return [SessionFolder(folder)]
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [SessionFolder(path) for path in inside if _is_session(path)]
    if not found:
        raise RecordingError(
            "there is no session.",
            code="RV-D43",
            where=str(folder),
            wanted="a folder with manifest.json, audit.jsonl or recording.0.mcap, or "
            "one in which such folders lie",
            mend="give the session folder of a run, or the folder that holds them",
        )
    return found


def _is_session(path: Path) -> bool:
    # Any one of them is enough: the others may be what is missing.
    folder = SessionFolder(path)
    is_described = folder.manifest.is_file() or folder.audit.is_file()
    return is_described or bool(folder.parts())


def create_session_folder(
    parent: Path, graph_name: str, wall: WallStart
) -> SessionFolder:
    """Make a new folder for a session.

    Parameters
    ----------
    parent
        Where session folders are kept; it is made if it is missing.
    graph_name
        Name of the graph.
    wall
        Start of the run.

    Returns
    -------
    SessionFolder
        Named "<graph>_<YYYY-MM-DDTHH-MM-SS>", with "-2", "-3", … behind it for the
        later of several that begin within one second.

    Raises
    ------
    RecordingError
        If the parent can't be written to.
    """
    stamp = format_stamp(wall.date_at(wall.monotonic_ns))
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, _TRIES):
            suffix = f"-{number}" if number > 1 else ""
            folder = SessionFolder(parent / f"{graph_name}_{stamp}{suffix}")
            try:
                folder.path.mkdir()
            except FileExistsError:
                continue
            folder.logs.mkdir()
            folder.nodes.mkdir()
            return folder
    except OSError as error:
        raise _cannot_create(parent, str(error)) from error
    raise _cannot_create(parent, f"{_TRIES - 1} folders of this second exist")


def _cannot_create(parent: Path, found: str) -> RecordingError:
    return RecordingError(
        "the session folder can't be made.",
        code="RV-D01",
        where=str(parent),
        found=found,
        mend="give a folder on a disk with space that you may write to",
    )
