"""One copy of a session made: its folders and links, its files, its manifest."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ranvier.core import (
    Reporter,
    format_count,
    format_error,
    free_bytes,
    sync_folder,
    to_text,
)
from ranvier.session.archive._copy import copy_file, hash_file, see
from ranvier.session.archive._faults import (
    bad_place,
    changed_meanwhile,
    disk_full,
    leads_outside,
    not_copied,
    not_the_same,
)
from ranvier.session.archive._listing import Item, ItemKind
from ranvier.session.archive._manifest import (
    LOCK,
    Journal,
    name_source,
    write_manifest,
)
from ranvier.session.archive._plan import Entry, Seen, leads_out
from ranvier.session.archive._retry import FULL, repeat
from ranvier.session.archive._survey import survey
from ranvier.session.archive._transfer import TRANSFERS, run_transfer
from ranvier.session.faults import ArchiveError
from ranvier.session.record import FileLock

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.archive._request import ArchiveRequest
    from ranvier.session.faults import Finding

# For folders, the manifest, and what the file system itself takes.
_MARGIN = 1 << 20
_PER_FILE = 4096


@dataclass
class Copying:
    """The way to one copy.

    Parameters
    ----------
    request, folder, listener
        From where, to where, and who is told.
    n_files, n_bytes, n_skipped, findings
        What was done so far.
    """

    request: ArchiveRequest
    folder: Path
    listener: Reporter
    n_files: int = 0
    n_bytes: int = 0
    n_skipped: int = 0
    findings: list[Finding] = field(default_factory=list["Finding"])
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    left: int = 0
    done: int = 0
    total: int = 0

    def run(self) -> None:
        """Make the copy, or what is missing of it.

        Raises
        ------
        ArchiveError
            If it is not whole afterwards.
        OSError
            If a disk fails, or is full.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / LOCK) as lock:
            if not lock.acquire(self.request.source.name):
                holder = f"{lock.find_holder() or 'another process'} archives to it now"
                raise bad_place(self.folder, holder, "one at a time")
            try:
                self._work()
            finally:
                # Windows removes no open file: it then stays, and names nobody.
                with contextlib.suppress(OSError):
                    lock.path.unlink()

    def _work(self) -> None:
        plan = survey(self.request, self.folder)
        self.entries, self.n_skipped = dict(plan.whole), len(plan.whole)
        self.total = self.left = sum(item.size for item in plan.waiting)
        self._check_room(len(plan.waiting))
        source = name_source(self.request.source)
        with Journal(self.folder, source) as journal:
            for entry in self.entries.values():
                journal.add(entry)
            failures = self._make_folders_and_links(plan.items)
            failures += self._copy_all(plan.waiting, journal)
        failures += [
            not_copied(item.path, item.kind.value)
            for item in plan.items
            if item.kind is ItemKind.OTHER
        ]
        if failures:
            raise _join(failures)
        self._keep_folder_times(plan.items)
        write_manifest(self.folder, source, plan.items, self.entries)

    def explain(self, error: OSError) -> ArchiveError:
        """Put an error of the system into words, with what is free and needed."""
        if error.errno in FULL:
            place = self.folder if self.folder.is_dir() else self.request.source
            needed = self.left + _MARGIN
            return disk_full(place, free_bytes(place), needed, format_error(error))
        return not_copied(str(error.filename or self.folder), format_error(error))

    def _check_room(self, n_files: int) -> None:
        needed = self.left + n_files * _PER_FILE + _MARGIN if n_files else 0
        free = free_bytes(self.folder)
        if free < needed:
            raise disk_full(self.folder, free, needed)

    def _make_folders_and_links(self, items: list[Item]) -> list[ArchiveError]:
        failures: list[ArchiveError] = []
        for item in items:
            place = self.folder / item.path
            try:
                if item.kind is ItemKind.FOLDER:
                    place.mkdir(exist_ok=True)
                if item.kind is ItemKind.LINK and not place.is_symlink():
                    place.symlink_to(item.target)
            except OSError as error:
                if error.errno in FULL:
                    raise
                failures.append(not_copied(item.path, format_error(error)))
            if item.kind is ItemKind.LINK and leads_out(item.path, item.target):
                self.findings.append(leads_outside(item.path, item.target))
        return failures

    def _copy_all(
        self, waiting: dict[Item, bool], journal: Journal
    ) -> list[ArchiveError]:
        failures: list[ArchiveError] = []
        transfer = TRANSFERS.get(self.request.transfer)
        if transfer:
            names = [item.path for item in waiting]
            run_transfer(transfer, self.request.source, self.folder, names)
        for item, is_ours in waiting.items():
            try:
                entry = (
                    self._verify(item)
                    if transfer
                    else self._copy(item, is_ours=is_ours)
                )
            except ArchiveError as error:
                failures.append(error)
                continue
            self.entries[item.path] = entry
            journal.add(entry)
            self._look_for_change(item, entry)
            self.n_files += 1
            self.n_bytes += entry.copied_bytes
            self.left -= item.size
        return failures

    def _copy(self, item: Item, *, is_ours: bool) -> Entry:
        source, target = self.request.source / item.path, self.folder / item.path

        def act() -> Entry:
            start, chunk = self.done, self.request.chunk_bytes
            try:
                return copy_file(
                    source,
                    target,
                    item.path,
                    chunk,
                    self._advance,
                    is_new=not is_ours,
                )
            except BaseException:
                self.done = start
                raise

        def tell(error: OSError, retry: int) -> None:
            name, limit = to_text(item.path), self.request.max_retries
            told = f"{name}: {format_error(error)}; retry {retry} of {limit}"
            self.listener.warn(told)

        try:
            limits = (self.request.max_retries, self.request.retry_delay_s)
            return repeat(act, *limits, time.sleep, tell)
        except OSError as error:
            if error.errno in FULL:
                raise
            raise not_copied(item.path, format_error(error)) from error

    def _verify(self, item: Item) -> Entry:
        source, target = self.request.source / item.path, self.folder / item.path
        try:
            digest = hash_file(source)
            with target.open("rb+") as file:
                os.fsync(file.fileno())
            is_same = digest == hash_file(target)
            size, kept_ns = target.stat().st_size, target.stat().st_mtime_ns
        except OSError as error:
            raise not_copied(item.path, format_error(error)) from error
        if not is_same:
            raise not_the_same(item.path, target)
        self._advance(item.size)
        return Entry(item.path, item.size, item.mtime_ns, digest, size, kept_ns)

    def _advance(self, n_bytes: int) -> None:
        self.done += n_bytes
        task = f"archive to {to_text(self.folder)}"
        self.listener.advance(task, self.done, max(self.total, self.done))

    def _look_for_change(self, item: Item, entry: Entry) -> None:
        now = see(self.request.source / item.path)
        read = Seen(entry.size, entry.mtime_ns)
        if now == read and entry.copied_bytes == entry.size:
            return
        size = "gone" if now is None else format_count(now.size, "byte")
        found = f"{format_count(entry.copied_bytes, 'byte')} copied, now {size}"
        self.findings.append(changed_meanwhile(item.path, found))

    def _keep_folder_times(self, items: list[Item]) -> None:
        folders = [item for item in items if item.kind is ItemKind.FOLDER]
        for item in reversed(folders):  # each after those in it
            place = self.folder / item.path
            sync_folder(place)
            os.utime(place, ns=(item.mtime_ns, item.mtime_ns))
        sync_folder(self.folder)


def _join(failures: list[ArchiveError]) -> ArchiveError:
    first = failures[0]
    if len(failures) > 1:
        more = "\n".join(str(each) for each in failures[1:10])
        first.found += f"\nand {format_count(len(failures) - 1, 'more file')}:\n{more}"
    return first
