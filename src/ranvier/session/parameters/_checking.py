"""All that can be said of parameters before anything is asked, made or started."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import ranvier
from ranvier.core import format_value, suggest
from ranvier.session.faults import Report, Severity
from ranvier.session.parameters._entries import iter_entries
from ranvier.session.parameters._expanding import find_circles
from ranvier.session.parameters._faults import (
    incomplete,
    unfilled,
    unknown_key,
    without_effect,
    wrong_value,
    wrong_version,
)
from ranvier.session.parameters._placeholders import (
    PieceKind,
    iter_texts,
    split_placeholders,
)
from ranvier.session.parameters._schema_check import find_wrong_values
from ranvier.session.parameters._shapes import as_mapping
from ranvier.session.parameters._table import ALIASES, KEYS, SESSION_NAMES, find_name
from ranvier.session.parameters._versions import allows, is_specifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.session.faults import Finding
    from ranvier.session.parameters._faults import KeyPath
    from ranvier.session.parameters._merging import Parameters
    from ranvier.session.parameters._placeholders import Piece

LAUNCHER_VERSION = "0.2.57"
"""Version of the OpenScope Experimental Launcher whose files mean here what they say
there; `launcher_version` is held against it, `ranvier_version` against ours."""

_NEAR = 0.85  # one or two letters of a dozen: "subjct_id", not "custom_parameter"
# A session never starts without them: who is not given is asked for.
_ASKED = ("subject_id", "user_id")
_NEEDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("launcher", "bonsai"): ("script_path",),
    ("launcher", "python"): ("script_path",),
    ("launcher", "graph"): ("graph_path",),
    ("launcher", "command"): ("command",),
    ("session_sync_role", "master"): (
        "session_sync_port",
        "session_sync_expected_slaves",
    ),
    ("session_sync_role", "slave"): ("session_sync_port", "session_sync_master_host"),
}
_HANG_ON = {
    "repository_commit_hash": "repository_url",
    "local_repository_path": "repository_url",
    "graph_duration": "graph_path",
    "graph_parameters": "graph_path",
}


def check_parameters(parameters: Parameters, *, is_lenient: bool = False) -> Report:
    """Check parameters: values, names, placeholders, versions, what goes together.

    What a session asks for (`subject_id`, `user_id`) may be missing here. Nothing is
    looked up on the disk, in the environment or on the network.

    Parameters
    ----------
    parameters
        Merged, not yet expanded.
    is_lenient
        True if the code of a lab reads keys of its own at the top: a key that nobody
        knows is then a warning, unless it looks like a known one mistyped.

    Returns
    -------
    Report
        Every fault at once, in the order of the file where there is one.
    """
    placeholders = list(_iter_placeholders(parameters))
    named = {find_name(piece.name) for _, piece in placeholders}
    findings = [
        *find_wrong_values(parameters),
        *_find_unknown(parameters, named, is_lenient=is_lenient),
        *_find_unread(parameters),
        *_find_unfilled(parameters, placeholders),
        *find_circles(parameters),
        *_find_versions(parameters),
        *_find_incomplete(parameters),
        *_find_bad_steps(parameters),
    ]
    return Report.of(sorted(_once(findings), key=_line))


def _once(findings: list[Finding]) -> list[Finding]:
    """Leave out what was said before of the same place with the same words."""
    seen: dict[tuple[str, str, str], Finding] = {}
    for each in findings:
        seen.setdefault((each.code, each.problem, each.where), each)
    return list(seen.values())


def _line(finding: Finding) -> int:
    number = finding.where.rpartition(", line ")[2].partition(",")[0]
    return int(number) if number.isdigit() else 0


def _iter_placeholders(parameters: Parameters) -> Iterator[tuple[KeyPath, Piece]]:
    for key, value in parameters.values.items():
        if key in KEYS and KEYS[key].is_literal:
            continue
        for path, text in iter_texts(value, (key,)):
            for piece in split_placeholders(text):
                if piece.kind in (PieceKind.KEY, PieceKind.RIG):
                    yield path, piece


def _find_unknown(
    parameters: Parameters, named: set[str], *, is_lenient: bool
) -> Iterator[Finding]:
    known = [name for name, key in KEYS.items() if key.read_by] + list(ALIASES)
    for key, origin in parameters.origins.items():
        if key in KEYS or key in named:
            continue
        near = difflib.get_close_matches(key.lower(), known, 1, _NEAR)
        # A rig file is for many sessions: what one does not read another may.
        is_rig = origin.endswith("rig")
        if is_rig and not near:
            continue
        is_mild = is_rig or (is_lenient and not near)
        severity = Severity.WARNING if is_mild else Severity.ERROR
        candidates = near if is_lenient or is_rig else known
        mend = _mend_unknown(key, candidates, is_rig=is_rig)
        where = parameters.where((key,))
        yield unknown_key((parameters.written[key],), where, mend, severity)


def _mend_unknown(key: str, candidates: list[str], *, is_rig: bool) -> str:
    if is_rig:
        return f"{suggest(key, candidates, '')} Else leave it: placeholders may name it"
    otherwise = 'put it under "custom", or into "script_parameters"'
    mend = suggest(key, candidates, otherwise)
    return mend if mend == otherwise else f'{mend} Else put it under "custom"'


def _find_unread(parameters: Parameters) -> Iterator[Finding]:
    for key in parameters.values:
        if key in KEYS and not KEYS[key].read_by:
            where = parameters.where((key,))
            yield without_effect(key, where, "nothing reads it", KEYS[key].instead)
    for key in as_mapping(parameters.values.get("custom")):
        if find_name(key) in KEYS or key in SESSION_NAMES:
            where = parameters.where(("custom", key))
            reason = "it is a key of the session, and is not looked for there"
            yield without_effect(f"custom.{key}", where, reason, "put it at the top")
    for key, other in _HANG_ON.items():
        if key in parameters.values and other not in parameters.values:
            if parameters.origins[key].endswith("rig"):
                continue
            where = parameters.where((key,))
            mend = f'give "{other}" too, or delete it'
            yield without_effect(key, where, f'there is no "{other}"', mend)


def _find_unfilled(
    parameters: Parameters, placeholders: list[tuple[KeyPath, Piece]]
) -> Iterator[Finding]:
    own = as_mapping(parameters.values.get("custom"))
    given = {*parameters.values, *own, *SESSION_NAMES, *_ASKED}
    known = {*given, *KEYS, *ALIASES}
    for path, piece in placeholders:
        name = find_name(piece.name)
        if name in given or (name in KEYS and KEYS[name].default is not None):
            continue
        where = parameters.where(path, is_full=True)
        if name in KEYS:
            reason, mend = "has no value yet", f'give "{name}"'
            yield unfilled(piece.text, where, reason, mend, Severity.WARNING)
        elif piece.kind is PieceKind.RIG and parameters.rig is None:
            reason = "names a value of the rig, and there is no rig file"
            mend = f'name a rig file that has "{name}", or give it with --set'
            yield unfilled(piece.text, where, reason, mend, Severity.WARNING)
        else:
            otherwise = (
                f'give "{name}" under "custom" or in the rig file, or write {{{{'
            )
            mend = suggest(name, sorted(known), otherwise)
            yield unfilled(piece.text, where, "names nothing", mend, Severity.ERROR)


def _find_versions(parameters: Parameters) -> Iterator[Finding]:
    ours = {
        "launcher_version": LAUNCHER_VERSION,
        "ranvier_version": ranvier.__version__,
    }
    for key, version in ours.items():
        specifier = parameters.values.get(key)
        if not isinstance(specifier, str):
            continue
        where = parameters.where((key,))
        if not is_specifier(specifier):
            wanted = "versions, as `>=0.2.7,<1`"
            yield wrong_value((key,), where, format_value(specifier), wanted)
        elif not allows(specifier, version):
            yield wrong_version(key, where, version, specifier)


def _find_incomplete(parameters: Parameters) -> Iterator[Finding]:
    for (key, value), needed in _NEEDS.items():
        if parameters.values.get(key) != value:
            continue
        for other in needed:
            if other not in parameters.values:
                where = parameters.where((key,))
                text, missing = f'"{key}": "{value}"', f'"{other}"'
                yield incomplete(text, where, missing, f'give "{other}"')


def _find_bad_steps(parameters: Parameters) -> Iterator[Finding]:
    findings: list[Finding] = []
    for _ in iter_entries(parameters, findings):
        pass
    yield from findings
