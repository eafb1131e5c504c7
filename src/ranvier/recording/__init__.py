"""What a run leaves on disk: written while it runs, read, checked, mended, replayed."""

from __future__ import annotations

from ranvier.recording._audit import AuditTrail as AuditTrail
from ranvier.recording._audit_kinds import AuditKind as AuditKind
from ranvier.recording._audit_read import (
    AuditBreak as AuditBreak,
)
from ranvier.recording._audit_read import (
    AuditCheck as AuditCheck,
)
from ranvier.recording._audit_read import (
    AuditLine as AuditLine,
)
from ranvier.recording._audit_read import (
    read_audit as read_audit,
)
from ranvier.recording._audit_read import (
    verify_audit as verify_audit,
)
from ranvier.recording._convert import convert_to_hdf5, convert_to_npz
from ranvier.recording._counts import (
    Gap as Gap,
)
from ranvier.recording._counts import (
    PartCounts as PartCounts,
)
from ranvier.recording._counts import (
    StreamCounts as StreamCounts,
)
from ranvier.recording._counts import (
    read_counts as read_counts,
)
from ranvier.recording._findings import Finding as Finding
from ranvier.recording._findings import Severity as Severity
from ranvier.recording._findings import VerifyReport as VerifyReport
from ranvier.recording._layout import Part as Part
from ranvier.recording._layout import SessionFolder as SessionFolder
from ranvier.recording._layout import create_session_folder as create_session_folder
from ranvier.recording._manifest import (
    CodeVersion as CodeVersion,
)
from ranvier.recording._manifest import (
    FileEntry as FileEntry,
)
from ranvier.recording._manifest import (
    HostInfo as HostInfo,
)
from ranvier.recording._manifest import (
    Manifest as Manifest,
)
from ranvier.recording._manifest import (
    NodeEntry as NodeEntry,
)
from ranvier.recording._manifest import (
    StreamEntry as StreamEntry,
)
from ranvier.recording._manifest import (
    describe_host as describe_host,
)
from ranvier.recording._manifest import (
    hash_text as hash_text,
)
from ranvier.recording._manifest import (
    read_manifest as read_manifest,
)
from ranvier.recording._manifest import (
    seal as seal,
)
from ranvier.recording._manifest import (
    write_manifest as write_manifest,
)
from ranvier.recording._nwb import Imaging, Roles, convert_to_nwb, find_roles
from ranvier.recording._provenance import (
    CodeState as CodeState,
)
from ranvier.recording._provenance import (
    collect_environment as collect_environment,
)
from ranvier.recording._provenance import (
    describe_code as describe_code,
)
from ranvier.recording._provenance import (
    write_code as write_code,
)
from ranvier.recording._reader import (
    MissingStream as MissingStream,
)
from ranvier.recording._reader import (
    ParameterChange as ParameterChange,
)
from ranvier.recording._reader import (
    Recording as Recording,
)
from ranvier.recording._reader import (
    open_recording as open_recording,
)
from ranvier.recording._recorder import Recorder as Recorder
from ranvier.recording._recorder import describe_stream as describe_stream
from ranvier.recording._recorder import recorder_port as recorder_port
from ranvier.recording._recover import Recovery as Recovery
from ranvier.recording._recover import recover as recover
from ranvier.recording._replay import ReplaySource
from ranvier.recording._stream import Field as Field
from ranvier.recording._stream import Stream as Stream
from ranvier.recording._stream import StreamInfo as StreamInfo
from ranvier.recording._verify import verify as verify

__all__ = [
    "AuditBreak",
    "AuditCheck",
    "AuditKind",
    "AuditLine",
    "AuditTrail",
    "CodeState",
    "CodeVersion",
    "Field",
    "FileEntry",
    "Finding",
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
    "collect_environment",
    "convert_to_hdf5",
    "convert_to_npz",
    "convert_to_nwb",
    "create_session_folder",
    "describe_code",
    "describe_host",
    "describe_stream",
    "find_roles",
    "hash_text",
    "open_recording",
    "read_audit",
    "read_counts",
    "read_manifest",
    "recorder_port",
    "recover",
    "seal",
    "verify",
    "verify_audit",
    "write_code",
    "write_manifest",
]
