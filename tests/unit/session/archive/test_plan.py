"""What is done with each file, by table; what an archive says of itself."""

from __future__ import annotations

import errno
import itertools

import pytest

from ranvier.session.archive._copy import copy_file, hash_file
from ranvier.session.archive._listing import ItemKind, list_items
from ranvier.session.archive._manifest import (
    JOURNAL,
    MANIFEST,
    Journal,
    read_known,
    write_manifest,
)
from ranvier.session.archive._plan import Action, Entry, Seen, decide, leads_out
from ranvier.session.archive._retry import repeat

ENTRY = Entry("a", 10, 5, "0" * 64, 10, 7)


@pytest.mark.parametrize(
    ("source", "entry", "copy", "is_ours", "action"),
    [
        (Seen(10, 5), None, None, True, Action.COPY),
        (Seen(10, 5), ENTRY, None, True, Action.COPY),
        (Seen(10, 5), ENTRY, Seen(10, 7), True, Action.SKIP),
        (Seen(11, 6), ENTRY, Seen(10, 7), True, Action.REPLACE),
        (Seen(10, 6), ENTRY, Seen(10, 7), True, Action.REPLACE),
        (Seen(10, 5), ENTRY, Seen(10, 8), True, Action.COMPARE),
        (Seen(10, 5), ENTRY, Seen(-1, 7), True, Action.COMPARE),
        (Seen(10, 5), None, Seen(10, 7), True, Action.COMPARE),
        (Seen(11, 6), ENTRY, Seen(10, 7), False, Action.COMPARE),
    ],
)
def test_what_is_done_with_a_file(source, entry, copy, is_ours, action):
    assert decide(source, entry, copy, is_ours=is_ours) is action


def test_content_is_replaced_only_where_it_is_known_to_be_our_own():
    seen = [Seen(10, 5), Seen(10, 7), Seen(11, 5), Seen(-1, 7)]
    for source, entry, copy, is_ours in itertools.product(
        seen, [None, ENTRY], seen, [True, False]
    ):
        action = decide(source, entry, copy, is_ours=is_ours)
        is_known = bool(entry) and is_ours and copy == Seen(10, 7)

        assert (action in (Action.REPLACE, Action.SKIP)) == is_known
        assert action is not Action.COPY


def test_a_file_that_grew_while_it_was_copied_is_copied_again():
    grown = Entry("a", 10, 5, "0" * 64, 12, 7)

    assert decide(Seen(10, 5), grown, Seen(12, 7)) is Action.REPLACE


@pytest.mark.parametrize("target", ["/etc", "..", "../../x", "C:\\x", "\\\\server\\x"])
def test_links_out_of_the_session_are_seen(target):
    assert leads_out("folder/link", f"../{target}" if target == ".." else target)
    assert not leads_out("folder/link", "../x")


def test_an_error_that_may_pass_is_tried_again_with_growing_waits():
    errors = [OSError(errno.EIO, "lost"), OSError(errno.ETIMEDOUT, "late")]
    waits, told = [], []

    def act():
        if errors:
            raise errors.pop(0)
        return "done"

    done = repeat(act, 3, 0.5, waits.append, lambda e, n: told.append((e.errno, n)))

    assert done == "done"
    assert waits == [0.5, 1.0]
    assert told == [(errno.EIO, 1), (errno.ETIMEDOUT, 2)]


@pytest.mark.parametrize(
    ("number", "times"), [(errno.EIO, 3), (errno.ENOSPC, 1), (errno.ENOENT, 1)]
)
def test_retries_are_bounded_and_a_full_disk_is_not_tried_again(number, times):
    calls = []

    def act():
        calls.append(1)
        raise OSError(number, "no")

    with pytest.raises(OSError, match="no"):
        repeat(act, 2, 0.0, lambda _: None, lambda *_: None)
    assert len(calls) == times


def test_a_manifest_says_what_was_written(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("a")
    items = list_items(tmp_path)
    with Journal(tmp_path, "rig:/data") as journal:
        journal.add(ENTRY)
    write_manifest(tmp_path, "rig:/data", items, {"a": ENTRY})
    known = read_known(tmp_path)

    assert known.source == "rig:/data"
    assert known.entries == {"a": ENTRY}
    assert (known.links, known.folders) == ({"link": "a"}, ("folder",))
    assert not (tmp_path / JOURNAL).exists()


def test_a_journal_cut_at_any_byte_is_read_as_far_as_it_is_whole(tmp_path):
    entries = [Entry(f"f\udcff{n}", n, n, "0" * 64, n, n) for n in range(3)]
    with Journal(tmp_path, "rig:/data") as journal:
        for entry in entries:
            journal.add(entry)
    whole = (tmp_path / JOURNAL).read_bytes()
    for n_bytes in range(len(whole) + 1):
        (tmp_path / JOURNAL).write_bytes(whole[:n_bytes])
        known = list(read_known(tmp_path).entries.values())

        assert known == entries[: len(known)]
        assert len(known) >= whole[:n_bytes].count(b"\n") - 1
    assert known == entries


def test_a_journal_that_goes_on_after_half_a_line_is_read(tmp_path):
    with Journal(tmp_path, "rig:/data") as journal:
        journal.add(ENTRY)
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b'{"path": "ha')
    with Journal(tmp_path, "rig:/data") as journal:
        journal.add(Entry("b", 1, 1, "1" * 64, 1, 1))

    assert set(read_known(tmp_path).entries) == {"a", "b"}


def test_a_journal_of_another_source_makes_nothing_ours(tmp_path):
    with Journal(tmp_path, "rig:/data") as journal:
        journal.add(ENTRY)
    with Journal(tmp_path, "other:/data"):
        pass

    assert read_known(tmp_path).entries == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ranvier_archive": 2}', "nonsense"])
def test_a_manifest_that_is_none_of_ours_tells_nothing(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)

    assert read_known(tmp_path).entries == {}


def test_a_copy_has_content_hash_time_and_rights_of_its_source(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(bytes(range(256)) * 10)
    source.chmod(0o640)
    told = []
    entry = copy_file(source, target, "a", 1000, told.append)

    assert target.read_bytes() == source.read_bytes()
    assert entry.sha256 == hash_file(source) == hash_file(target)
    assert told == [1000, 1000, 560]
    assert target.stat().st_mtime_ns == source.stat().st_mtime_ns == entry.mtime_ns
    assert target.stat().st_mode == source.stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_items_are_listed_with_folders_first_and_links_not_followed(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "ñ").write_text("x")
    (tmp_path / "around").symlink_to(tmp_path)
    kinds = {item.path: item.kind for item in list_items(tmp_path)}

    assert kinds == {
        "around": ItemKind.LINK,
        "folder": ItemKind.FOLDER,
        "folder/ñ": ItemKind.FILE,
    }
    assert [item.path for item in list_items(tmp_path, ("folder",))] == ["around"]
    assert len(list_items(tmp_path, ("folder/*",))) == 2
