"""Whether a copy still is what its manifest says: every byte read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import Reporter, SilentReporter, format_count, format_error
from ranvier.session.archive._copy import hash_file
from ranvier.session.archive._faults import CHECK, name_some, not_whole
from ranvier.session.archive._listing import ItemKind, list_items
from ranvier.session.archive._manifest import (
    JOURNAL,
    LOCK,
    MANIFEST,
    Known,
    read_manifest,
)
from ranvier.session.faults import Finding, Report, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.archive._plan import Entry


def verify_archive(folder: Path, reporter: Reporter | None = None) -> Report:
    """Read a copy again, whole, and compare it with its manifest.

    Parameters
    ----------
    folder
        Of the copy: the one that has `session_archive.json`.
    reporter
        Is told how far it is.

    Returns
    -------
    Report
        An error for each file, folder or link that is missing or otherwise; a finding
        that names what lies there beyond the manifest.
    """
    try:
        known = read_manifest((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        told = f"{MANIFEST} can't be read: {format_error(error)}"
        if (folder / JOURNAL).exists():
            told = "the archive was interrupted, and never gone on with"
        return Report((not_whole(folder, told),))
    findings = _check_files(folder, known, reporter or SilentReporter())
    findings += _check_others(folder, known)
    if not findings:
        files = format_count(len(known.entries), "file")
        findings = [Finding(Severity.OK, CHECK, f"{files}, all as archived")]
    return Report.of(findings + _find_more(folder, known))


def _check_files(folder: Path, known: Known, reporter: Reporter) -> list[Finding]:
    findings: list[Finding] = []
    total = sum(entry.copied_bytes for entry in known.entries.values())
    done = 0
    for entry in known.entries.values():
        found = _check_file(folder / entry.path, entry)
        if found:
            findings.append(not_whole(folder, f"{entry.path}: {found}"))
        done += entry.copied_bytes
        reporter.advance("verify", done, total)
    return findings


def _check_file(path: Path, entry: Entry) -> str:
    try:
        size = path.lstat().st_size
        if path.is_symlink() or not path.is_file():
            return "no file"
        if size != entry.copied_bytes:
            return f"{size:,} bytes, not {entry.copied_bytes:,}"
        return "" if hash_file(path) == entry.sha256 else "another SHA-256"
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return format_error(error)


def _check_others(folder: Path, known: Known) -> list[Finding]:
    missing = [name for name in known.folders if not (folder / name).is_dir()]
    for name, target in known.links.items():
        place = folder / name
        if not place.is_symlink() or str(place.readlink()) != target:
            missing.append(name)
    return [not_whole(folder, f"{name}: it is missing") for name in missing]


def _find_more(folder: Path, known: Known) -> list[Finding]:
    listed = {*known.entries, *known.links, *known.folders, MANIFEST, JOURNAL, LOCK}
    more = [
        item.path
        for item in list_items(folder)
        if item.path not in listed and item.kind is not ItemKind.FOLDER
    ]
    if not more:
        return []
    told = f"{format_count(len(more), 'more file')} than archived: {name_some(more)}"
    return [Finding(Severity.OK, CHECK, told)]
