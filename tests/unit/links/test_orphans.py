"""Memory that nobody uses any more is removed, and no other."""

from __future__ import annotations

import mmap

from ranvier.links import RunFolder, remove_orphans

DEAD, LIVE, KNOWN = (
    RunFolder.of(f"2026-11-20T10-20-3{n}-abcdef").prefix for n in range(3)
)


def test_only_what_no_process_uses_and_no_folder_leads_to_is_removed(tmp_path):
    for prefix in (DEAD, LIVE, KNOWN):
        for name in ("used", "unused"):
            (tmp_path / f"{prefix}{name}").write_bytes(b"0" * 4096)
    (tmp_path / "ranvier_notes").touch()
    with (tmp_path / f"{LIVE}used").open() as file:
        memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    removed = remove_orphans({KNOWN}, tmp_path)
    memory.close()

    assert removed == [DEAD]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{LIVE}unused", f"{LIVE}used", f"{KNOWN}unused", f"{KNOWN}used",
        "ranvier_notes",
    ]  # fmt: skip


def test_without_shared_memory_that_has_names_nothing_is_done(tmp_path):
    assert remove_orphans(set(), tmp_path / "missing") == []
