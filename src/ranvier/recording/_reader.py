"""Opens what a run left on disk: streams, parameters, audit trail, manifest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Union

from ranvier.audit import AuditKind, AuditLine, read_audit
from ranvier.core import RecordingError, WallStart, format_count
from ranvier.recording._continuity import Explanations
from ranvier.recording._counts import read_all_counts
from ranvier.recording._layout import SessionFolder
from ranvier.recording._manifest import Manifest, read_manifest
from ranvier.recording._mcap_file import McapFile
from ranvier.recording._places import find_places
from ranvier.recording._stream import Stream, StreamInfo


class MissingStream(RecordingError, KeyError):  # noqa: N818 - what is missing
    """The recording has no such stream; also a KeyError, as mappings raise."""


class ParameterChange(NamedTuple):
    """A value of a parameter, and from when it held.

    Parameters
    ----------
    time_ns
        When, ns on the monotonic clock of the supervisor's host.
    name
        The parameter.
    value
        Its value from then on.
    by
        Who changed it: "start", "cli", a node, …
    from_sequence
        Sequence number of the first message of the node's first output that it held
        for, of its first step for a sink; None for the start.
    """

    time_ns: int
    name: str
    value: Any
    by: str
    from_sequence: Optional[int] = None


class Recording(Mapping[str, Stream]):
    """What a run left on disk: a mapping of "node.output" to its stream.

    Parameters
    ----------
    files
        Its MCAP files, in order.
    folder
        The session folder; None for a file by itself.
    """

    def __init__(
        self, files: List[McapFile], folder: Optional[SessionFolder] = None
    ) -> None:
        self._files = files
        self.folder = folder
        self._infos = _find_infos(files)
        self._streams: Dict[str, Stream] = {}
        self._manifest: Optional[Manifest] = None
        self._audit: Optional[List[AuditLine]] = None
        self._explanations: Optional[Explanations] = None

    def __repr__(self) -> str:
        run = self.run or "an unknown run"
        return f"<recording of {run}: {format_count(len(self), 'stream')}>"

    def __getitem__(self, name: str) -> Stream:
        if name not in self._infos:
            raise _no_stream(name, list(self._infos))
        if name not in self._streams:
            places = find_places(self._files, name)
            self._streams[name] = Stream(self._infos[name], places)
        return self._streams[name]

    def __contains__(self, name: object) -> bool:
        return name in self._infos

    def __iter__(self) -> Iterator[str]:
        return iter(self._infos)

    def __len__(self) -> int:
        return len(self._infos)

    @property
    def files(self) -> List[McapFile]:
        """The files, in order."""
        return self._files

    @property
    def streams(self) -> List[StreamInfo]:
        """What the ports of all recorded streams declare."""
        return list(self._infos.values())

    @property
    def run(self) -> str:
        """Identifier of the run; "" if the files do not tell."""
        return self._files[0].scan.metadata.get("run", {}).get("run", "")

    @property
    def is_finished(self) -> bool:
        """True if each file was closed by its recorder."""
        return all(file.scan.is_finished for file in self._files)

    @property
    def problems(self) -> List[str]:
        """Places of the files that can't be read, in words; empty if none is known.

        Checksums are looked at when values are read, so it may grow by reading.
        """
        return [
            f"{file.path.name}, bytes {start} to {end}: {problem}"
            for file in self._files
            for start, end, problem in [
                *file.scan.faults,
                *((c.start, c.end, file.describe_unfit(c)) for c in file.unfit),
            ]
        ]

    @property
    def manifest(self) -> Manifest:
        """The manifest of the session folder.

        Raises
        ------
        RecordingError
            If this is a file by itself, or the manifest can't be read.
        """
        if self._manifest is None:
            self._manifest = read_manifest(self._in_folder())
        return self._manifest

    @property
    def audit(self) -> List[AuditLine]:
        """The audit trail.

        Raises
        ------
        RecordingError
            If this is a file by itself, or the trail can't be read.
        """
        if self._audit is None:
            self._audit = read_audit(self._in_folder().audit)
        return self._audit

    @property
    def explanations(self) -> Explanations:
        """What it says of its own losses; of a file by itself, nothing."""
        if self._explanations is None:
            try:
                audit = self.audit
            except RecordingError:
                audit = []  # less is then explained
            counted = [] if self.folder is None else read_all_counts(self.folder)
            self._explanations = Explanations.collect(audit, counted)
        return self._explanations

    @property
    def graph_text(self) -> str:
        """The graph file as run.

        Raises
        ------
        RecordingError
            If this is a file by itself, or the manifest can't be read.
        """
        return self.manifest.graph_text

    def parameters(self, node: str) -> List[ParameterChange]:
        """Give the parameters of a node over time.

        Parameters
        ----------
        node
            Name of the node.

        Returns
        -------
        list of ParameterChange
            The values at the start, then each change, in order of time.

        Raises
        ------
        RecordingError
            If there is no such node, or this is a file by itself.
        """
        entry = self.manifest.node(node)
        if entry is None:
            known = ", ".join(each.name for each in self.manifest.nodes)
            raise RecordingError(
                f'the run has no node "{node}".',
                code="RV-D16",
                wanted=known,
                mend="ask for one of its nodes",
            )
        start = self.manifest.monotonic_ns
        found = [
            ParameterChange(start, name, value, "start")
            for name, value in entry.parameters.items()
        ]
        return found + [
            ParameterChange(
                line.time_ns,
                str(line.fields.get("parameter")),
                line.fields.get("new"),
                str(line.fields.get("by") or ""),
                line.fields.get("from_sequence"),
            )
            for line in self.audit
            if line.kind == AuditKind.PARAMETER_CHANGED.value and line.node == node
        ]

    def wall_time(self, time_ns: int) -> dt.datetime:
        """Give the date of a time stamp of this recording.

        Parameters
        ----------
        time_ns
            ns on the monotonic clock of the recorder's host.

        Returns
        -------
        datetime.datetime
            Aware, in the offset that the run started in.

        Raises
        ------
        RecordingError
            If neither the file nor the manifest says when the run began.
        """
        fields = self._files[0].scan.metadata.get("run", {})
        try:
            wall = WallStart(int(fields["monotonic_ns"]), fields["wall_start"])
            return wall.date_at(int(time_ns))
        except (KeyError, ValueError, OverflowError):
            return self.manifest.wall.date_at(int(time_ns))

    def close(self) -> None:
        """Let go of the files; arrays that view them keep them open until they go."""
        self._streams.clear()
        for file in self._files:
            file.close()

    def _in_folder(self) -> SessionFolder:
        if self.folder is None:
            raise RecordingError(
                "a single file has neither manifest nor audit trail.",
                code="RV-D17",
                where=str(self._files[0].path),
                mend="open the session folder that the file lies in",
            )
        return self.folder


def open_recording(path: Union[str, Path]) -> Recording:
    """Open a recording, also one that is unfinished or damaged.

    Parameters
    ----------
    path
        A session folder, or one of its .mcap files.

    Returns
    -------
    Recording
        What can be read of it; `problems` tells what can't.

    Raises
    ------
    RecordingError
        If there is nothing to read.
    """
    path = Path(path)
    if not path.is_dir():
        return Recording([McapFile(path)])
    folder = SessionFolder(path)
    files: List[McapFile] = []
    first: Optional[RecordingError] = None
    for part in folder.parts():
        try:
            files.append(McapFile(part.path))
        except RecordingError as error:
            # A part that was killed before its first chunk must not hide the others;
            # `verify` tells of it.
            first = first or error
    if files:
        return Recording(files, folder)
    raise first or RecordingError(
        "the folder holds no recording.",
        code="RV-D18",
        where=str(path),
        wanted="recording.0.mcap",
        mend="give a session folder; list what to record under `record:` in the graph",
    )


def _find_infos(files: List[McapFile]) -> Dict[str, StreamInfo]:
    found: Dict[str, StreamInfo] = {}
    for file in files:
        for entry in file.channels.values():
            found.setdefault(entry.topic, _read_info(entry.topic, entry.metadata))
    return found


def _read_info(name: str, fields: Mapping[str, str]) -> StreamInfo:
    try:
        rate_hz = float(fields.get("rate_hz") or "nan")
    except ValueError:
        rate_hz = float("nan")
    return StreamInfo(
        name=name,
        kind=fields.get("kind", ""),
        dtype=fields.get("dtype", ""),
        shape=fields.get("shape", ""),
        unit=fields.get("unit", ""),
        rate_hz=None if rate_hz != rate_hz else rate_hz,
        help=fields.get("help", ""),
    )


def _no_stream(name: str, known: List[str]) -> MissingStream:
    return MissingStream(
        f'the recording has no stream "{name}".',
        code="RV-D19",
        wanted=", ".join(known),
        mend="ask for one of its streams, or record it: see `record:` in the graph",
    )
