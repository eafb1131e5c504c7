"""The pages of the session are followed as they stand, in a folder of their own.

Files whose name stands before a block are written, commands are run at a terminal of
their own, and every line of a block of text must be what they printed, in this order;
"…" stands for what is left out. Dates, commits, sizes and the folder may differ.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

if sys.platform == "win32":
    pytest.skip(
        "the example's stand-in is started as on POSIX", allow_module_level=True
    )

import pty
import socket

from ranvier.core import RanvierError
from ranvier.session.faults import Verdict
from ranvier.session.programs import Limits
from ranvier.session.record import build_files, read_record
from ranvier.session.steps import find_step

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

DOCS = Path(__file__).resolve().parents[3] / "docs"
REPLIES = {
    "before the session?": "24.5",
    "after the session?": "24.3",
    "Notes of this session?": "It ran well.",
}
GIT = {
    f"GIT_{who}_{what}": "someone@localhost"
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
# What differs from one time to the other: no line of a page may fail for it.
VARIES = (
    (r"M\d+_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(-\d+)?", "SESSION"),
    (r"\b[0-9a-f]{12}\b", "COMMIT"),
    (r"[\d.]+ GiB", "SIZE"),
    (r"\b\d+ files", "FILES"),
    (r"for \d+\.\d s", "for SECONDS"),
    (r"\s+", " "),
)


class Block(NamedTuple):
    language: str
    text: str
    name: str  # of the file that it is, or ""


class Reader:
    """Someone who does what a page says, at a terminal."""

    def __init__(self, desk, folder):
        self.folder, self._desk = folder, desk
        self._place = str(folder)
        self.environment = {**desk.environment, **GIT, "TERM": "dumb"}
        self.printed, self.statuses = "", []
        self.space = {"__name__": "__main__"}

    def follow(self, page, changes=()):
        """Do all of a page; give the status of each command."""
        for block in read_blocks(page, changes):
            self.do(block)
        return self.statuses

    def do(self, block):
        if block.language == "python" and not block.name:
            exec(compile(block.text, "<page>", "exec"), self.space)
        elif block.name.endswith(".py"):
            self.change_line(self.folder / block.name, block.text)
        elif block.name:
            (self.folder / block.name).write_text(block.text, encoding="utf-8")
        elif block.language == "text":
            self.compare(block.text)
        elif not block.language:
            self.printed = ""
            for line in block.text.splitlines():
                self.type_in(line)

    def change_line(self, path, line):
        """Put a line in place of the one that sets the same name."""
        start = line.partition("=")[0]
        text = path.read_text(encoding="utf-8")
        assert text.count(start) == 1
        path.write_text(re.sub(rf"{start}.*", line.strip(), text), encoding="utf-8")

    def type_in(self, line):
        """Run a command, answer what it asks, and give its status."""
        words = shlex.split(self.name_last_session(line))
        if words[0] == "cd":
            self.folder /= words[1]
            os.chdir(self.folder)
            return
        running, screen = self.start(words)
        self.printed += self.attend(running, screen, '"Trials": 1000' in line)
        self.statuses.append(running.returncode)

    def name_last_session(self, line):
        folders = sorted(self.folder.glob("sessions/M*"), key=read_start)
        return line.replace("M001_…", folders[-1].name) if folders else line

    def start(self, words):
        """Start a command at a terminal of its own."""
        if words[:2] == ["ranvier", "session"]:
            words = self._desk.command(*words[2:])
        elif words[0] == "ranvier":
            words = [sys.executable, "-m", *words]
        screen, inside = pty.openpty()
        running = subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.environment,
            stdin=inside,
            stdout=inside,
            stderr=inside,
        )
        os.close(inside)
        self._desk.started.append(running)
        return running, screen

    def attend(self, running, screen, is_stopped=False, limit_s=30.0):
        """Answer questions until it ends; give what was on the screen."""
        told, waiting = "", dict(REPLIES)
        deadline = time.monotonic() + limit_s
        while data := read_some(screen):
            assert time.monotonic() < deadline, told
            told += data
            asked = [each for each in waiting if each in told]
            for each in asked:
                os.write(screen, f"{waiting.pop(each)}\n".encode())
            if is_stopped and "acquisition: bonsai" in told:
                self.wait_for_trials()
                running.send_signal(signal.SIGINT)
                is_stopped = False
        os.close(screen)
        running.wait()
        return told

    def wait_for_trials(self, number=2):
        """Wait until the last session has so many trials; give its folder."""

        def look():
            for folder in sorted(self.folder.glob("sessions/M*"), key=read_start)[-1:]:
                trials = folder / "trials.csv"
                if trials.exists() and len(trials.read_text().split()) > number:
                    return folder
            return None

        return self._desk.wait_for(look)

    def compare(self, shown):
        """See that the last commands printed these lines."""
        lines = [self.smooth(line) for line in self.printed.split("\n")]
        for line in shown.splitlines():
            wanted = ".*".join(map(re.escape, self.smooth(line).split("…")))
            found = [n for n, each in enumerate(lines) if re.fullmatch(wanted, each)]
            assert found, f"{line}\n is not in\n{self.printed}"
            if line != "…":
                lines = lines[found[0] + 1 :]

    def smooth(self, line):
        line = line.strip().rpartition("\r")[2].replace(f"{self._place}/", "")
        for pattern, name in VARIES:
            line = re.sub(pattern, name, line)
        return line.strip()


def read_start(folder):
    """Give when a session began: several may do so in one second."""
    trail = folder / "audit.jsonl"
    return trail.read_text().partition('"wall":')[2][:40] if trail.exists() else ""


def read_some(screen):
    try:
        ready, _, _ = select.select([screen], [], [], 30.0)
        return os.read(screen, 65536).decode() if ready else ""
    except OSError:  # Linux: nobody is at the other end any more
        return ""


def read_blocks(page, changes=()):
    text = (DOCS / page).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    parts = re.split(r"^```(\w*)\n(.*?)^```\n", text, flags=re.DOTALL | re.MULTILINE)
    for before, language, body in zip(
        parts[:-1:3], parts[1::3], parts[2::3], strict=True
    ):
        named = re.search(r"`([\w/.-]+\.(?:yaml|toml|json|py))`[^`]*:\s*\Z", before)
        yield Block(language, body, named.group(1) if named else "")


@pytest.fixture
def reader(desk, tmp_path, monkeypatch):
    folder = tmp_path / "read"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Reader(desk, folder)


def test_the_tutorial_is_as_it_says(reader):
    statuses = reader.follow("tutorials/first-session.md")
    sessions = sorted(reader.folder.glob("sessions/M*"), key=read_start)
    _, held, changed, *_, hung, stopped = sessions
    started = [a for each in sessions for a in read_record(each).attempts]
    page = (DOCS / "tutorials/first-session.md").read_text(encoding="utf-8")
    table = page.partition("## 4.")[2].partition("## 5.")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    named = re.findall(r"`([\w./]+)`", " ".join(cells))
    orientations = {
        row.split(",")[1] for row in (changed / "gratings.csv").read_text().split()[1:]
    }

    assert statuses == [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    assert [n for n in named if not find_file(held, n)] == []
    assert orientations == {"0", "90"}
    assert [each.command for each in started if "Trails=20" in each.command] == []
    assert [each["limit"] for each in read_record(hung).limits] == ["silence_s"]
    assert [each["by"] for each in read_record(stopped).stops] == ["operator"]
    assert reader.space["end"]["exit_status"] == 0
    assert reader.space["end"]["experiment_data"]["animal_weight_prior_g"] == 24.5


def find_file(folder, name):
    return (folder / name).exists() or (folder / "launcher_metadata" / name).exists()


def test_a_session_is_finished_after_a_crash_as_the_page_says(reader, desk, tmp_path):
    reader.folder = desk.folder
    reader._place = str(desk.folder)
    words = ["session", "start", "first_session.json", "--rig", "rig.toml", "--answers"]
    many = 'script_parameters={"Trials": 4000}'
    running, screen = reader.start(["ranvier", *words, "answers.yaml", "--set", many])
    folder = reader.wait_for_trials()
    program = read_record(folder).attempts[0].pid
    running.kill()
    reader.attend(running, screen)
    desk.wait_gone([program])
    copies = tmp_path / "mnt"
    statuses = reader.follow(
        "how-to/finish-a-session-after-a-crash.md", [("/mnt/", f"{copies}/")]
    )
    record = read_record(folder)

    assert statuses == [0, 0, 0, 0, 0, 0, 0]
    assert record.verdict is Verdict.FAILED
    assert (record.exit_status, record.is_end_seen) == (None, False)
    assert record.data_of("animal_weight_post_g") == 24.3
    assert (copies / "second" / folder.name / "session.json").exists()


def test_two_machines_hold_one_session_as_the_page_says(reader):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    page = "how-to/several-machines.md"
    blocks = list(read_blocks(page, [("47011", port), ('"5"', '"0.2"')]))
    for block in blocks:
        if block.name:
            reader.do(block)
    commands = [shlex.split(b.text) for b in blocks if not b.language]
    shown = [block.text for block in blocks if block.language == "text"]
    ends = hold_together(reader, commands)
    for (status, told), text in zip(ends, shown[:2], strict=True):
        reader.printed = told
        for line in text.splitlines():  # news of machines come from a thread
            reader.compare(line)

        assert status == 0
    (ours,), (theirs,) = (list(Path(p).iterdir()) for p in ("behaviour", "camera"))
    starts = [read_record(each).acquisition_start for each in (ours, theirs)]

    assert ours.name == theirs.name
    assert abs((starts[0] - starts[1]).total_seconds()) < 1.0

    other = [commands[0], [*commands[1], "--set", "subject_id=M002"]]
    (master, _), (slave, reader.printed) = hold_together(reader, other)
    reader.compare(shown[2])

    assert (master, slave) == (1, 1)


def hold_together(reader, commands):
    """Hold a session on two machines; give status and screen of each."""
    (master, its_screen), (slave, screen) = map(reader.start, commands)
    told = reader.attend(slave, screen)
    if slave.returncode:
        master.send_signal(signal.SIGINT)  # it would wait for another one
    told_by_master = reader.attend(master, its_screen)
    return (master.returncode, told_by_master), (slave.returncode, told)


def test_an_openscope_file_is_held_as_the_page_says(reader):
    page = "how-to/come-from-openscope.md"
    blocks = list(read_blocks(page))
    for block in blocks:
        if block.name or block.language == "python":
            reader.do(block)
    (command,) = [b.text for b in blocks if "session start lab.json" in b.text]
    reader.type_in(command.strip())
    (folder,) = (reader.folder / "data" / "sessions").iterdir()
    said = (folder / "launcher_metadata" / "echo.stdout.log").read_text().strip()
    text = (DOCS / page).read_text(encoding="utf-8")
    (written,) = re.findall(r"has then `(.*?)`", text)

    assert reader.statuses == [0]
    assert said == f"M1 {folder.name} COM3"
    assert reader.smooth(written) == reader.smooth(said)


def test_modules_that_the_page_calls_not_shipped_are_refused_with_what_to_do():
    page = (DOCS / "how-to/come-from-openscope.md").read_text(encoding="utf-8")
    part = page.partition("Not\nshipped are")[2].partition("Put the file")[0]
    names = re.findall(r"`(\w+)`", part)

    assert len(names) == 7
    for name in names:
        with pytest.raises(RanvierError, match="script_module"):
            find_step(name)


def test_every_key_of_the_end_state_is_in_the_reference(desk):
    desk.start(desk.plain)
    page = (DOCS / "reference/session-folder.md").read_text(encoding="utf-8")
    part = page.partition("## end_state.json")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    files = [*build_files(read_record(desk.session)), "launcher.log"]

    assert sorted(told) == sorted(desk.read("end_state.json"))
    assert [name for name in files if f"{name}" not in page] == []


def test_the_limits_that_the_pages_name_are_the_defaults():
    page = (DOCS / "explanations/what-a-session-leaves.md").read_text(encoding="utf-8")

    assert f"`stop_timeout_sec` ({Limits().stop_s:g} s)" in page
