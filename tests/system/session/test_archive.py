"""Sessions copied on real disks: to one that is full, by one who is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ranvier.core import SilentReporter
from ranvier.session.archive import ArchiveRequest, archive_session, verify_archive
from ranvier.session.faults import ArchiveError, Verdict

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

NAME = "M1_2026-11-20_10-00-00"
ARCHIVE = """
import sys
from pathlib import Path
from ranvier.session.archive import ArchiveRequest, archive_session

class Telling:
    def say(self, text): pass
    warn = say
    def advance(self, task, done, total):
        print(done, flush=True)
        if sys.argv[3] == "slowly":
            sys.stdin.readline()

request = ArchiveRequest(Path(sys.argv[1]), Path(sys.argv[2]), chunk_bytes=1 << 16)
archive_session(request, Telling())
"""
RSYNC = """#!{python}
import os, shutil, sys
from pathlib import Path
listing = next(w for w in sys.argv if w.startswith("--files-from=")).partition("=")[2]
source, target = map(Path, sys.argv[-2:])
for name in Path(listing).read_bytes().split(b"\\0")[:-1]:
    shutil.copy2(source / os.fsdecode(name), target / os.fsdecode(name))
{then}
"""


@pytest.fixture
def session(tmp_path):
    folder = tmp_path / "data" / NAME
    (folder / "launcher_metadata").mkdir(parents=True)
    (folder / "leer ünd – пусто").mkdir()
    (folder / "audit.jsonl").write_text("one\n")
    (folder / "launcher_metadata" / "end_state.json").write_text("{}")
    (folder / "Straße №1.bin").write_bytes(os.urandom(300_000))
    (folder / "empty").touch()
    (folder / "within").symlink_to("launcher_metadata/end_state.json")
    for path in folder.rglob("*"):
        os.utime(path, ns=(10**18, 10**18 + 123_456_789), follow_symlinks=False)
    return folder


@pytest.fixture
def request_(session, tmp_path):
    return ArchiveRequest(session, tmp_path / "archive", retry_delay_s=0.0)


def look(folder):
    """Everything in a folder: kind, time, content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        link = str(path.readlink()) if path.is_symlink() else ""
        kind = stat.S_IFMT(seen.st_mode)
        found[str(path.relative_to(folder))] = (kind, seen.st_mtime_ns, content, link)
    return found


def look_at_copy(folder):
    found = look(folder)
    del found["session_archive.json"]
    # A link's own time is not kept.
    return {n: (k, 0 if link else t, c, link) for n, (k, t, c, link) in found.items()}


def test_a_copy_is_the_same_in_both_places_and_the_source_untouched(request_, tmp_path):
    request = replace(request_, backup=tmp_path / "backup")
    before = look(request.source)
    report = archive_session(request)
    wanted = {
        n: (k, 0 if link else t, c, link) for n, (k, t, c, link) in before.items()
    }

    assert (report.files, report.skipped, report.findings) == (8, 0, ())
    assert report.bytes == 2 * (4 + 2 + 300_000)
    for folder in report.folders:
        assert look_at_copy(folder) == wanted
        assert verify_archive(folder).verdict is Verdict.OK
        assert sorted(p.name for p in folder.iterdir() if "ranvier" in p.name) == []
    assert look(request.source) == before


def test_a_second_call_copies_nothing(request_):
    archive_session(request_)
    (folder,) = request_.folders
    before = look(folder)
    report = archive_session(request_)
    before.pop("session_archive.json")

    assert (report.files, report.bytes, report.skipped) == (0, 0, 4)
    assert {**look(folder), "session_archive.json": None} == {
        **before,
        "session_archive.json": None,
    }


def test_a_file_that_changed_since_is_copied_anew(request_):
    archive_session(request_)
    (request_.source / "audit.jsonl").write_text("one\ntwo\n")
    (request_.source / "new.txt").write_text("new")
    report = archive_session(request_)
    (folder,) = request_.folders

    assert (report.files, report.skipped) == (2, 3)
    assert (folder / "audit.jsonl").read_text() == "one\ntwo\n"
    assert verify_archive(folder).verdict is Verdict.OK


def test_files_of_others_are_never_overwritten(request_):
    (folder,) = request_.folders
    folder.mkdir(parents=True)
    (folder / "audit.jsonl").write_text("of another session")
    (folder / "empty").write_text("")
    (folder / "within").mkdir()
    before = look(folder)
    with pytest.raises(ArchiveError, match="other files lie") as caught:
        archive_session(request_)

    assert caught.value.code == "RV-S63"
    assert caught.value.found == "audit.jsonl, within"
    assert look(folder) == before


def test_a_copy_that_someone_edited_is_not_overwritten(request_):
    archive_session(request_)
    (folder,) = request_.folders
    (folder / "audit.jsonl").write_text("edited in the archive")
    (request_.source / "audit.jsonl").write_text("and at the rig")
    with pytest.raises(ArchiveError, match="other files lie"):
        archive_session(request_)

    assert (folder / "audit.jsonl").read_text() == "edited in the archive"


def test_a_session_of_the_same_name_from_elsewhere_does_not_mix(request_, tmp_path):
    archive_session(request_)
    other = tmp_path / "other rig" / NAME
    other.mkdir(parents=True)
    (other / "audit.jsonl").write_text("two\n")
    with pytest.raises(ArchiveError, match="other files lie"):
        archive_session(replace(request_, source=other))

    assert (request_.folders[0] / "audit.jsonl").read_text() == "one\n"


def test_what_is_left_out_is_left_out(request_):
    (request_.source / "cache").mkdir()
    (request_.source / "cache" / "x.tmp").touch()
    report = archive_session(replace(request_, exclude=("cache", "*.bin")))
    names = {path.name for path in report.folders[0].iterdir()}

    assert not {"cache", "Straße №1.bin"} & names
    assert "audit.jsonl" in names


@pytest.mark.parametrize("where", [".", "..", "launcher_metadata"])
def test_a_copy_within_its_source_is_refused(request_, where):
    request = replace(request_, destination=request_.source / where)
    before = look(request.source)
    with pytest.raises(ArchiveError, match="can't be archived like this"):
        archive_session(request)
    with pytest.raises(ArchiveError, match="can't be archived like this"):
        archive_session(replace(request_, backup=request_.destination))

    assert look(request.source) == before


def test_a_launcher_killed_half_way_is_gone_on_with(request_):
    for number in range(20):
        (request_.source / f"{number:02}.bin").write_bytes(os.urandom(200_000))
    (folder,) = request_.folders
    words = [str(request_.source), str(request_.destination)]
    with subprocess.Popen(
        [sys.executable, "-c", ARCHIVE, *words, "slowly"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        for _ in range(30):
            process.stdout.readline()
            process.stdin.write(b"\n")
            process.stdin.flush()
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    whole = {
        json.loads(line)["path"]
        for line in (folder / "session_archive.part.jsonl").read_text().splitlines()
        if '"path"' in line
    }
    times = {name: (folder / name).stat().st_ctime_ns for name in whole}
    interrupted = verify_archive(folder)
    report = archive_session(request_)

    assert len(whole) >= 5
    assert "interrupted" in interrupted.errors[0].found
    assert (report.files, report.skipped) == (24 - len(whole), len(whole))
    assert {n: (folder / n).stat().st_ctime_ns for n in whole} == times
    assert verify_archive(folder).verdict is Verdict.OK
    assert len(verify_archive(folder).findings) == 1
    assert not (folder / "session_archive.part.jsonl").exists()


class Writing(SilentReporter):
    """Writes to a file of the session whenever another chunk of it was copied."""

    def __init__(self, path):
        self.path, self.left = path, 3

    def advance(self, task, done, total):
        if self.left:
            self.left -= 1
            with self.path.open("ab") as file:
                file.write(b"more\n")


def test_a_file_that_grows_meanwhile_is_told_of_and_copied_again_later(request_):
    log = request_.source / "audit.jsonl"
    log.write_bytes(b"x" * 1000)
    (request_.source / "Straße №1.bin").unlink()
    report = archive_session(replace(request_, chunk_bytes=400), Writing(log))
    (folder,) = request_.folders

    (warning,) = report.findings
    assert warning.code == "RV-S66"
    assert "audit.jsonl" in warning.problem
    assert log.read_bytes().startswith((folder / "audit.jsonl").read_bytes())
    assert verify_archive(folder).verdict is Verdict.OK
    assert archive_session(request_).files == 1
    assert log.read_bytes() == (folder / "audit.jsonl").read_bytes()


def test_a_link_that_leads_elsewhere_is_told_of(request_, tmp_path):
    (request_.source / "raw").symlink_to(tmp_path)
    report = archive_session(request_)

    assert [finding.code for finding in report.findings] == ["RV-S67"]
    assert (request_.folders[0] / "raw").readlink() == tmp_path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_can_not_be_copied_is_an_error_and_all_else_is_copied(request_):
    os.mkfifo(request_.source / "a pipe")
    with pytest.raises(ArchiveError, match="can't be copied") as caught:
        archive_session(request_)
    (folder,) = request_.folders

    assert caught.value.code == "RV-S64"
    assert (folder / "audit.jsonl").read_text() == "one\n"
    assert verify_archive(folder).verdict is Verdict.FAILED


def test_verifying_sees_each_change(request_):
    archive_session(request_)
    (folder,) = request_.folders
    with (folder / "Straße №1.bin").open("r+b") as file:
        file.seek(150_000)
        file.write(b"\0\1\2\3")
    (folder / "audit.jsonl").unlink()
    (folder / "within").unlink()
    (folder / "empty").write_text("no longer")
    (folder / "leer ünd – пусто").rmdir()
    report = verify_archive(folder)
    told = sorted(finding.found for finding in report.errors)

    assert {finding.code for finding in report.errors} == {"RV-S68"}
    assert told == [
        "Straße №1.bin: another SHA-256",
        "audit.jsonl: it is missing",
        "empty: 9 bytes, not 0",
        "leer ünd – пусто: it is missing",
        "within: it is missing",
    ]


def test_a_folder_that_is_no_archive_does_not_verify(tmp_path):
    assert verify_archive(tmp_path).verdict is Verdict.FAILED


@pytest.fixture
def small_disk(tmp_path):
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small disk of its own can only be mounted by root on Linux")
    folder = tmp_path / "small"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    done = subprocess.run(["mount", *options], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no mount here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class Filling(SilentReporter):
    """Fills a disk as soon as the first bytes are copied."""

    def __init__(self, disk):
        self.ballast = disk / "ballast"

    def advance(self, task, done, total):
        if not self.ballast.exists():
            with contextlib.suppress(OSError), self.ballast.open("wb", 0) as file:
                while True:
                    file.write(bytes(1 << 16))


def test_a_disk_that_is_too_small_is_refused_before_anything_is_copied(
    request_, small_disk
):
    (request_.source / "movie.bin").write_bytes(os.urandom(9 << 20))
    request = replace(request_, destination=small_disk)
    with pytest.raises(ArchiveError, match="not enough room") as caught:
        archive_session(request)

    assert caught.value.code == "RV-S62"
    assert "bytes free" in caught.value.found
    assert "bytes" in caught.value.wanted
    assert list((small_disk / NAME).iterdir()) == []


def test_a_disk_that_fills_up_leaves_the_source_whole_and_is_gone_on_with(
    request_, small_disk
):
    for number in range(4):
        path = request_.source / f"{number}.bin"
        path.write_bytes(os.urandom(1 << 20))
    request = replace(request_, destination=small_disk, chunk_bytes=1 << 16)
    before = look(request.source)
    filling = Filling(small_disk)
    with pytest.raises(ArchiveError, match="not enough room") as caught:
        archive_session(request, filling)
    left = [p.name for p in (small_disk / NAME).rglob("*") if "ranvier" in p.name]
    filling.ballast.unlink()
    report = archive_session(request)

    assert caught.value.code == "RV-S62"
    assert "No space left" in caught.value.found
    assert left == []
    assert look(request.source) == before
    assert report.files + report.skipped == 8
    assert verify_archive(small_disk / NAME).verdict is Verdict.OK


def test_a_full_disk_does_not_keep_the_other_copy_from_being_made(
    request_, small_disk, tmp_path
):
    (request_.source / "movie.bin").write_bytes(os.urandom(9 << 20))
    places = {"destination": small_disk, "backup": tmp_path / "backup"}
    with pytest.raises(ArchiveError, match="not enough room"):
        archive_session(replace(request_, **places))

    assert verify_archive(tmp_path / "backup" / NAME).verdict is Verdict.OK


def stand_in(tmp_path, monkeypatch, then):
    """A program with the command line of rsync, since it is not installed here."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "rsync"
    program.write_text(RSYNC.format(python=sys.executable, then=then))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script of POSIX")
def test_what_rsync_copied_is_verified(request_, tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "")
    report = archive_session(replace(request_, transfer="rsync"))

    assert (report.files, report.findings) == (4, ())
    assert verify_archive(report.folders[0]).verdict is Verdict.OK
    assert archive_session(request_).skipped == 4


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script of POSIX")
def test_what_rsync_copied_wrongly_is_seen(request_, tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "(target / 'audit.jsonl').write_text('wro')")
    with pytest.raises(ArchiveError, match="is not what was read") as caught:
        archive_session(replace(request_, transfer="rsync"))

    assert caught.value.code == "RV-S65"


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script of POSIX")
def test_an_rsync_that_fails_or_is_missing_is_told(request_, tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "sys.exit('no such host')")
    request = replace(request_, transfer="rsync")
    with pytest.raises(ArchiveError, match="rsync did not copy") as caught:
        archive_session(request)
    monkeypatch.setenv("PATH", str(Path(sys.prefix) / "nothing"))
    with pytest.raises(ArchiveError, match="rsync did not copy") as missing:
        archive_session(request)

    assert "no such host" in caught.value.found
    assert missing.value.found == "it is not installed"


def test_two_that_archive_to_one_place_do_not_meet(request_):
    words = [str(request_.source), str(request_.destination)]
    with subprocess.Popen(
        [sys.executable, "-c", ARCHIVE, *words, "slowly"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        with pytest.raises(ArchiveError, match="can't be archived like this") as caught:
            archive_session(request_)
        process.stdin.close()
        code = process.wait(20)

    assert f"process {process.pid}" in caught.value.found
    assert code == 0
    assert archive_session(request_).skipped == 4
    assert len(verify_archive(request_.folders[0]).findings) == 1


class Intruding(SilentReporter):
    """Puts a file where a copy is about to get its name."""

    def __init__(self, path):
        self.path = path

    def advance(self, task, done, total):
        self.path.write_text("of someone else")


def test_a_file_that_comes_while_it_is_copied_is_not_overwritten(request_):
    (folder,) = request_.folders
    with pytest.raises(ArchiveError, match="other files lie"):
        archive_session(request_, Intruding(folder / "Straße №1.bin"))

    assert (folder / "Straße №1.bin").read_text() == "of someone else"
    assert (folder / "audit.jsonl").read_text() == "one\n"


class Damaging(SilentReporter):
    """Changes a byte of what was written, as a failing disk does."""

    def __init__(self, folder):
        self.folder = folder

    def advance(self, task, done, total):
        for part in self.folder.glob(".ranvier-*.part"):
            if part.stat().st_size == 300_000:
                with part.open("r+b") as file:
                    first = file.read(1)[0]
                    file.seek(0)
                    file.write(bytes([first ^ 1]))


def test_a_copy_that_reads_back_otherwise_never_gets_its_name(request_):
    (folder,) = request_.folders
    with pytest.raises(ArchiveError, match="is not what was read") as caught:
        archive_session(request_, Damaging(folder))
    left = {path.name for path in folder.iterdir()}
    report = archive_session(request_)

    assert caught.value.code == "RV-S65"
    assert "audit.jsonl" in left
    assert not any("bin" in name or "ranvier" in name for name in left)
    assert (report.files, report.skipped) == (1, 3)


def call(*words):
    command = [sys.executable, "-m", "ranvier", "session", "archive", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_folder_that_is_no_session_is_not_archived(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    (folder / "photo.jpg").touch()
    status, _, told = call(folder, tmp_path / "archive")

    assert status == 1
    assert told.count("ArchiveError RV-S60") == 1
    assert str(folder) in told
    assert not (tmp_path / "archive").exists()


def test_a_copy_is_verified_by_its_own_list(request_):
    archive_session(request_)
    (copy,) = request_.folders
    whole = call(copy, "--verify")
    (copy / "Straße №1.bin").write_bytes(b"less")
    before = look(copy)
    broken = call(copy, "--verify")

    assert whole[0] == 0
    assert "4 files, all as archived" in whole[1]
    assert broken[0] == 1
    assert "RV-S68" in broken[1]
    assert "Straße №1.bin: 4 bytes, not 300,000" in broken[1]
    assert look(copy) == before


@pytest.mark.parametrize("words", [[], ["there", "--verify"]])
def test_a_copy_needs_a_place_and_a_look_at_one_needs_none(session, words):
    status, _, told = call(session, *words)

    assert status == 2
    assert "Traceback" not in told


def test_what_is_wrong_with_both_copies_is_printed_once(request_, tmp_path):
    places = (tmp_path / "archive", tmp_path / "backup")
    for place in places:
        (place / NAME).mkdir(parents=True)
        (place / NAME / "empty").write_text("not empty")
    status, _, told = call(request_.source, places[0], "--backup", places[1])

    assert status == 1
    assert told.count("ArchiveError RV-S63") == 2
    assert all(told.count(str(place)) == 1 for place in places)


def test_a_copy_within_the_other_is_refused(request_):
    inner = request_.destination / "inner"
    exact = (request_.destination, inner)
    request = replace(request_, backup=inner, exact=exact)
    with pytest.raises(ArchiveError) as caught:
        archive_session(request)

    assert caught.value.code == "RV-S60"
    assert not request_.destination.exists()
