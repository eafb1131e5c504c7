"""One file copied: hashed while it is read, and read back from its new disk."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

from ranvier.session.archive._faults import in_the_way, not_the_same
from ranvier.session.archive._plan import Entry, Seen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CHUNK = 4 << 20


def copy_file(
    source: Path,
    target: Path,
    path: str,
    chunk_bytes: int = _CHUNK,
    advance: Callable[[int], None] = lambda _: None,
    *,
    is_new: bool = True,
) -> Entry:
    """Copy one file such that its name appears once its content is known to be right.

    The copy is written under a temporary name, forced to the disk, read back and
    compared. On Linux the system's cache of it is given up before, so that a local
    disk itself must answer. Elsewhere, and where a server keeps a cache of its own,
    what is read back may come from memory: it then proves that what was handed over is
    right, not what the disk kept.

    Parameters
    ----------
    source, target
        From where to where.
    path
        What the manifest calls it.
    chunk_bytes
        Read and written at once.
    advance
        Told of the bytes of each chunk.
    is_new
        False if what is at `target` may be replaced.

    Returns
    -------
    Entry
        For the manifest; `copied_bytes` is not `size` if the file changed its length.

    Raises
    ------
    OSError
        If either can't be read or written.
    ArchiveError
        If what is read back is not what was written, or something lies at `target`.
    """
    # Always the same name, so that what a killed launcher left is written over.
    token = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    part = target.with_name(f".ranvier-{token}.part")
    try:
        with source.open("rb", buffering=0) as reader, part.open("wb") as writer:
            before = os.fstat(reader.fileno())
            digest = hashlib.sha256()
            n_bytes = 0
            while chunk := reader.read(chunk_bytes):
                digest.update(chunk)
                writer.write(chunk)
                n_bytes += len(chunk)
                advance(len(chunk))
            writer.flush()
            os.fsync(writer.fileno())
        _compare(part, digest.hexdigest(), path, target)
        with contextlib.suppress(OSError):  # rights that this disk can't keep
            part.chmod(before.st_mode & 0o777)
        os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
        kept_ns = part.stat().st_mtime_ns
        _reveal(part, target, is_new=is_new)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    told = (before.st_size, before.st_mtime_ns, digest.hexdigest())
    return Entry(path, *told, n_bytes, kept_ns)


def hash_file(path: Path, chunk_bytes: int = _CHUNK) -> str:
    """Read a file from its disk, where the system lets one, and give its SHA-256.

    Returns
    -------
    str
        64 hex digits.

    Raises
    ------
    OSError
        If it can't be read.
    """
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        _drop_cache(file.fileno())
        while chunk := file.read(chunk_bytes):
            digest.update(chunk)
    return digest.hexdigest()


def see(path: Path) -> Seen | None:
    """Look at size and time of a file, or of what else has its name.

    Returns
    -------
    Seen or None
        None if nothing is there; a size of -1 if it is no file.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    is_file = path.is_file() and not path.is_symlink()
    return Seen(found.st_size if is_file else -1, found.st_mtime_ns)


def _compare(part: Path, digest: str, path: str, target: Path) -> None:
    if hash_file(part) != digest:
        raise not_the_same(path, target)


def _reveal(part: Path, target: Path, *, is_new: bool) -> None:
    # It may have come while we copied. Between this look and the next line lies the
    # time of one call: not every disk of a network has a renaming that refuses.
    if is_new and see(target) is not None:
        raise in_the_way(target.parent, [target.name])
    part.replace(target)


def _drop_cache(handle: int) -> None:
    if hasattr(os, "posix_fadvise"):
        with contextlib.suppress(OSError):
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
