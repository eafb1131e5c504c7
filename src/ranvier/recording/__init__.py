"""What a run leaves on disk: written while it runs, read, checked, mended, replayed."""

from __future__ import annotations

from ranvier.recording._convert import (
    convert_to_hdf5,
    convert_to_npz,
    count_missing,
)
from ranvier.recording._counts import (
    Gap,
    PartCounts,
    StreamCounts,
    read_all_counts,
    read_counts,
)
from ranvier.recording._findings import (
    Finding,
    Severity,
    VerifyReport,
)
from ranvier.recording._inventory import (
    find_run_files,
)
from ranvier.recording._layout import (
    Part,
    SessionFolder,
    create_session_folder,
    find_sessions,
)
from ranvier.recording._manifest import (
    CodeVersion,
    FileEntry,
    HostInfo,
    Manifest,
    NodeEntry,
    StreamEntry,
    describe_host,
    hash_text,
    read_manifest,
    write_manifest,
)
from ranvier.recording._nwb import (
    Imaging,
    Roles,
    convert_to_nwb,
    find_roles,
)
from ranvier.recording._packages import (
    collect_environment,
)
from ranvier.recording._provenance import (
    CodeState,
    FolderState,
    ask_environment,
    describe_code,
    write_code,
)
from ranvier.recording._reader import (
    MissingStream,
    ParameterChange,
    Recording,
    open_recording,
)
from ranvier.recording._recorder import (
    Recorder,
    describe_damage,
    describe_stream,
    recorder_port,
)
from ranvier.recording._recover import (
    Recovery,
    recover,
)
from ranvier.recording._replay import (
    ReplaySource,
)
from ranvier.recording._seal import (
    seal,
)
from ranvier.recording._stream import (
    Field,
    Stream,
    StreamInfo,
)
from ranvier.recording._verify import (
    find_gaps,
    verify,
)

__all__ = [
    "CodeState",
    "CodeVersion",
    "Field",
    "FileEntry",
    "Finding",
    "FolderState",
    "Gap",
    "HostInfo",
    "Imaging",
    "Manifest",
    "MissingStream",
    "NodeEntry",
    "ParameterChange",
    "Part",
    "PartCounts",
    "Recorder",
    "Recording",
    "Recovery",
    "ReplaySource",
    "Roles",
    "SessionFolder",
    "Severity",
    "Stream",
    "StreamCounts",
    "StreamEntry",
    "StreamInfo",
    "VerifyReport",
    "ask_environment",
    "collect_environment",
    "convert_to_hdf5",
    "convert_to_npz",
    "convert_to_nwb",
    "count_missing",
    "create_session_folder",
    "describe_code",
    "describe_damage",
    "describe_host",
    "describe_stream",
    "find_gaps",
    "find_roles",
    "find_run_files",
    "find_sessions",
    "hash_text",
    "open_recording",
    "read_all_counts",
    "read_counts",
    "read_manifest",
    "recorder_port",
    "recover",
    "seal",
    "verify",
    "write_code",
    "write_manifest",
]
