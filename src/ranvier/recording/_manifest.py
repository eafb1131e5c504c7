"""The manifest: what is in a session folder and where it comes from, as plain data."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional, Tuple

import msgspec

from ranvier.core import RecordingError, WallStart, write_atomically
from ranvier.recording._layout import SessionFolder
from ranvier.spec import NodeSpec, PortSpec, StreamPlan

FORMAT = 1
"""Version of the manifest and of the folder's layout."""


class HostInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """One computer that took part.

    Parameters
    ----------
    name
        Its host name.
    system
        Operating system and release.
    machine
        Kind of processor, such as "x86_64".
    cores
        Number of cores it says it has.
    python
        Version of the interpreter of the supervisor.
    """

    name: str
    system: str = ""
    machine: str = ""
    cores: int = 0
    python: str = ""


class CodeVersion(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which code ran.

    Parameters
    ----------
    package
        Name of the distribution, or of the file.
    version
        Version of the distribution; "" for a plain file.
    commit
        git commit of the folder that the code was in; "" if it was in none.
    is_dirty
        True if the folder had changes that were not committed.
    diff_sha256
        Hash of these changes; their text is in the folder `code`.
    diff_file
        Name of the file there.
    source
        Where the code of a plain file was; "" for a package.
    copy
        Name of its copy in the folder `code`, which a replay runs.
    """

    package: str
    version: str = ""
    commit: str = ""
    is_dirty: bool = False
    diff_sha256: str = ""
    diff_file: str = ""
    source: str = ""
    copy: str = ""


class NodeEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One node as it ran.

    Parameters
    ----------
    name
        Its name in the graph.
    spec
        What its type declares.
    code
        Which code it was.
    parameters
        Values at the start, defaults included, in their declared types and units;
        secrets are withheld.
    python
        Version of its interpreter.
    host
        Where it ran.
    """

    name: str
    spec: NodeSpec
    code: Optional[CodeVersion] = None
    parameters: Dict[str, Any] = {}
    python: str = ""
    host: str = "local"


class StreamEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stream of the run.

    Parameters
    ----------
    plan
        Its number, its name and its links.
    port
        What its output declares.
    is_recorded
        True if a recorder read it.
    """

    plan: StreamPlan
    port: Optional[PortSpec] = None
    is_recorded: bool = False


class FileEntry(msgspec.Struct, frozen=True):
    """One file of the folder, as it was when the manifest was sealed.

    Parameters
    ----------
    path
        Relative to the folder, with "/".
    size
        Bytes.
    sha256
        Hash of its content.
    """

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a session folder holds and where it comes from.

    Parameters
    ----------
    run
        Identifier of the run.
    graph_name
        Name of the graph.
    graph_text, graph_sha256
        The graph file, and its hash.
    graph_path
        Where it was.
    wall_start, monotonic_ns
        One instant on both clocks, see `WallStart`.
    ranvier
        Version of ranvier.
    host
        The supervisor's host.
    nodes, streams
        All of the run.
    seed, speed
        Of the run; speed is "real" or "max".
    format
        Version of this format.
    state
        "open" while the run goes on, "sealed" after it.
    files
        All files, at sealing.
    finish_reason
        completed, stopped or failed; "" while it is open.
    changed
        Files that did not fit any more when the folder was recovered or sealed again,
        as they had been sealed before.
    is_rebuilt
        True if `recover` made it anew, because the run's own was lost.
    """

    run: str
    graph_name: str
    graph_text: str
    graph_sha256: str
    wall_start: str
    monotonic_ns: int
    graph_path: str = ""
    ranvier: str = ""
    host: Optional[HostInfo] = None
    nodes: Tuple[NodeEntry, ...] = ()
    streams: Tuple[StreamEntry, ...] = ()
    seed: int = 0
    speed: str = "real"
    format: int = FORMAT
    state: Literal["open", "sealed"] = "open"
    files: Tuple[FileEntry, ...] = ()
    finish_reason: str = ""
    changed: Tuple[FileEntry, ...] = ()
    is_rebuilt: bool = False

    @property
    def wall(self) -> WallStart:
        """Start of the run on both clocks."""
        return WallStart(self.monotonic_ns, self.wall_start)

    def node(self, name: str) -> Optional[NodeEntry]:
        """Give the node of that name, or None.

        Returns
        -------
        NodeEntry or None
            The first of that name.
        """
        return next((node for node in self.nodes if node.name == name), None)

    def recorded_streams(self) -> List[str]:
        """Give the names of the streams that were to be recorded.

        Returns
        -------
        list of str
            "node.output" each.
        """
        return [each.plan.stream for each in self.streams if each.is_recorded]


def describe_host() -> HostInfo:
    """Describe this computer.

    Returns
    -------
    HostInfo
        Of the running process.
    """
    return HostInfo(
        name=socket.gethostname(),
        system=platform.platform(),
        machine=platform.machine(),
        cores=os.cpu_count() or 0,
        python=platform.python_version(),
    )


def hash_text(text: str) -> str:
    """Give the SHA-256 of a text as UTF-8.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def write_manifest(folder: SessionFolder, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all.

    Raises
    ------
    RecordingError
        If the disk refuses it.
    """
    # `format` must always stand in the file, though it is a default.
    fields = msgspec.to_builtins(manifest, enc_hook=str)
    data = msgspec.json.encode({"format": manifest.format, **fields})
    try:
        write_atomically(folder.manifest, msgspec.json.format(data, indent=1) + b"\n")
    except OSError as error:
        raise RecordingError(
            "the manifest can't be written.",
            code="RV-D05",
            where=str(folder.manifest),
            found=str(error),
            mend="make space on the disk, or see who may write there",
        ) from error


def read_manifest(folder: SessionFolder) -> Manifest:
    """Read the manifest of a session folder.

    Returns
    -------
    Manifest
        As written.

    Raises
    ------
    RecordingError
        If there is none, or it is damaged or of a later format.
    """
    path = folder.manifest
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(path, str(error)) from error
    if manifest.format > FORMAT:
        raise _unreadable(path, f"format {manifest.format}")
    return manifest


def _unreadable(path: Path, found: str) -> RecordingError:
    return RecordingError(
        f"{path.name} can't be read.",
        code="RV-D06",
        where=str(path),
        found=found,
        mend="restore it from a copy, or let `ranvier recover` rebuild what it can",
    )
