"""The files of `launcher_metadata`, projected from a record: all of them, always."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import msgspec

from ranvier.audit import withhold
from ranvier.core import format_command, write_atomically
from ranvier.session.record._read import METADATA_FOLDER, cannot_write
from ranvier.session.record._resources import summarise
from ranvier.session.record._states import describe_end, describe_errors

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.record._model import RepositoryState, SessionRecord

_YAML = frozenset({".yaml", ".yml"})


def build_files(record: SessionRecord) -> dict[str, bytes]:
    """Make the files that tell of a session.

    Parameters
    ----------
    record
        Of the session, however far it is.

    Returns
    -------
    dict
        Their bytes, by their names in `launcher_metadata`. The parameter file is as it
        was given, byte by byte; there is none if none was given. No other has a secret.
    """
    files = {
        "processed_parameters.json": _encode(record.parameters),
        "command_line_arguments.json": _encode(_describe_command(record)),
        "git_revisions.json": _encode(_describe_revisions(record)),
        "resource_usage.json": _encode_samples(record),
        "end_state.json": _encode(describe_end(record)),
        "debug_state.json": _encode(describe_errors(record)),
    }
    if record.input_name or record.input_text:
        is_yaml = PurePath(record.input_name).suffix.lower() in _YAML
        name = "input_parameters.yaml" if is_yaml else "input_parameters.json"
        files[name] = record.input_text.encode("utf-8")
    return files


def write_files(folder: Path, record: SessionRecord) -> tuple[Path, ...]:
    """Write the files that tell of a session into its folder.

    Parameters
    ----------
    folder
        The session folder.
    record
        Of the session.

    Returns
    -------
    tuple of Path
        Those that were written: what has not changed is left alone, and what is
        written replaces the old file whole.

    Raises
    ------
    SessionError
        If the disk refuses one; the others are then as they were, or new.
    """
    inside = folder / METADATA_FOLDER
    written: list[Path] = []
    for name, content in build_files(record).items():
        path = inside / name
        try:
            inside.mkdir(exist_ok=True)
            if not _has(path, content):
                write_atomically(path, content)
                written.append(path)
        except OSError as error:
            raise cannot_write(path, error) from error
    return tuple(written)


def _has(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _describe_command(record: SessionRecord) -> dict[str, Any]:
    # What a launcher told of its surroundings stands in `host`.
    return {
        "command_line": format_command(*record.argv),
        "arguments": record.argv,
        "working_directory": record.host.get("working_directory"),
        "python_executable": record.host.get("python_executable"),
        "original_param_file": record.input_name or None,
        "timestamp": record.start,
        "by": record.by or None,
        "host": record.host,
        "software": record.software,
    }


def _describe_revisions(record: SessionRecord) -> list[dict[str, Any]]:
    rows = [_describe_repository(record.repository)] if record.repository else []
    version = record.software.get("ranvier")
    if version:
        commit = record.software.get("ranvier_commit")
        rows.append({"name": "ranvier", "commit": commit, "package_version": version})
    return rows


def _describe_repository(state: RepositoryState) -> dict[str, Any]:
    return {
        "name": "workflow_repository",
        "path": state.path,
        "repository_url": state.url,
        "commit": state.commit,
        "ref": state.ref or None,
        "is_dirty": state.is_dirty,
        "diff": state.diff or None,
        "left_out": state.left_out,
        "submodules": state.submodules,
    }


def _encode_samples(record: SessionRecord) -> bytes:
    # A line for each: thousands, and someone may want to search them.
    rows = [
        msgspec.json.encode(
            {"time": s.time, "program": s.program, "processes": s.processes}
            | {"system": s.system},
            enc_hook=str,
        )
        for s in record.samples
    ]
    summary = _encode(summarise(record.samples)).rstrip()
    body = b",\n".join(rows)
    return b'{"summary": ' + summary + b',\n"samples": [\n' + body + b"\n]}\n"


def _encode(value: Any) -> bytes:
    # Once more: a field of a newer trail may have come in under another name.
    data = msgspec.json.encode(withhold("", value), enc_hook=str)
    return msgspec.json.format(data, indent=2) + b"\n"
