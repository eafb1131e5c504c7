#!/usr/bin/env python3
"""A stand-in for Bonsai, for examples and tests: its command line, none of its powers.

    bonsai_stand_in.py task.bonsai --start --no-editor -p Mode=ok -p RootFolder=out

It reads the workflow, refuses a property that this does not externalise, runs trials
and writes `trials.csv` and `task.log` into `RootFolder`. As the real one in application
mode it writes exceptions to stderr and ends with exit code 0. Ctrl-C ends it in order.

The property `Mode` says how it behaves: "ok"; "fail" (exit code 3); "warn" (a line on
stderr); "stderr" (an exception amid the trials); "hang" (says nothing more and does
not hear Ctrl-C); "silent" (works, and says nothing); "children" (leaves a child and a
daemon behind); "memory" (takes more and more).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from xml.etree import ElementTree as ET

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_MOST_BYTES = 512 * 2**20  # of "memory": it must not harm the computer that tests it
_SLEEPER = "import time; time.sleep(60)"


class NetError(Exception):
    """An exception as .NET writes it: its type, and its message."""


class Task:
    """Trials, one after the other, until there are enough or someone stops them.

    Parameters
    ----------
    properties
        Of the workflow, as text.
    """

    def __init__(self, properties: dict[str, str]) -> None:
        self.mode = properties.get("Mode", "ok").lower()
        self.n_trials = int(properties.get("Trials", "5"))
        self.trial_s = float(properties.get("TrialDuration", "0.02"))
        self.folder = Path(properties.get("RootFolder") or ".")
        self.subject = properties.get("Subject", "")
        self.stopping = threading.Event()
        self.hoard: list[bytearray] = []

    def run(self) -> int:
        """Run the trials.

        Returns
        -------
        int
            Exit code.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.mode == "children":
            self.leave_children()
        start_s = time.monotonic()
        trials, log = self.folder / "trials.csv", self.folder / "task.log"
        with trials.open("w") as rows, log.open("w") as notes:
            rows.write("trial,start_s,stop_s\n")
            notes.write(f"subject {self.subject}, mode {self.mode}\n")
            for trial in range(self.n_trials):
                began_s = time.monotonic() - start_s
                self.behave(trial)
                if self.stopping.wait(self.trial_s):
                    notes.write(f"stopped in trial {trial}\n")
                    self.say("stopped")
                    return 0
                rows.write(f"{trial},{began_s:.4f},{time.monotonic() - start_s:.4f}\n")
                rows.flush()
                self.say(f"trial {trial}")
            notes.write("completed\n")
        return 3 if self.mode == "fail" else 0

    def behave(self, trial: int) -> None:
        """Do what the mode wants in the second trial (memory: in each)."""
        if self.mode == "memory" and len(self.hoard) * 2**24 < _MOST_BYTES:
            self.hoard.append(bytearray(b"x" * 2**24))
        if trial != 1:
            return
        if self.mode == "warn":
            sys.stderr.write("the camera's cable is long\n")
        if self.mode == "stderr":
            told = "System.InvalidOperationException: the port COM3 is closed."
            raise NetError(told)
        if self.mode == "hang":
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            threading.Event().wait()

    def leave_children(self) -> None:
        """Start a child, and a daemon that is nobody's child, and forget them."""
        sleeper = [sys.executable, "-I", "-S", "-c", _SLEEPER]
        child = subprocess.Popen(sleeper)
        told = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], "
        told += "start_new_session=True, stdout=-3, stderr=-3).pid)"
        middle = [sys.executable, "-I", "-c", told, *sleeper]
        done = subprocess.run(middle, capture_output=True, check=True, text=True)
        pids = {"child": child.pid, "daemon": int(done.stdout)}
        (self.folder / "children.json").write_text(json.dumps(pids))
        child.returncode = 0  # nobody waits for it

    def say(self, text: str) -> None:
        """Write a line, unless silent."""
        if self.mode != "silent":
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()


def read_properties(workflow: Path) -> dict[str, str]:
    """Read the externalised properties of a workflow, with the values they have there.

    Returns
    -------
    dict
        Name and text; nested ones by dotted name.
    """
    root = ET.parse(workflow).getroot()  # noqa: S314 - our own example
    found: dict[str, str] = {}
    for part in root:
        if local(part) == "Workflow":
            collect(part, "", found)
    return found


def collect(workflow: ET.Element, prefix: str, found: dict[str, str]) -> None:
    """Add the properties of one workflow, and of the groups in it."""
    parts = {local(part): part for part in workflow}
    nodes = list(parts.get("Nodes", ()))
    for edge in parts.get("Edges", ()):
        source = nodes[int(edge.get("From", "0"))]
        target = nodes[int(edge.get("To", "0"))]
        if source.get(_TYPE) == "ExternalizedMapping":
            for item in source:
                name = item.get("Name", "")
                values = [e.text or "" for e in target.iter() if local(e) == name]
                shown = item.get("DisplayName") or name
                found[prefix + shown] = values[0] if values else ""
    for node in nodes:
        inner = {local(part): part for part in node}
        if "Workflow" in inner and "Name" in inner:
            collect(inner["Workflow"], f"{prefix}{inner['Name'].text}.", found)


def local(element: ET.Element) -> str:
    """Give the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def parse(arguments: list[str]) -> tuple[Path, dict[str, str]]:
    """Read the command line as Bonsai does.

    Returns
    -------
    tuple
        The workflow, and what is given of its properties. An option that is not known
        is taken for the workflow (bonsai-rx/bonsai#2407).
    """
    workflow = ""
    given: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        if word in ("-p", "--property"):
            name, _, value = next(words, "").partition("=")
            given[name] = value
        elif word not in ("--start", "--no-editor", "--no-boot"):
            workflow = word
    return Path(workflow), given


def start(arguments: list[str]) -> int:
    """Run a workflow.

    Returns
    -------
    int
        Exit code.
    """
    workflow, given = parse(arguments)
    if not workflow.is_file():
        told = "System.ArgumentException: Specified workflow file does not exist."
        raise NetError(told)
    properties = read_properties(workflow)
    for name in given:
        if name not in properties:
            told = "Unhandled Exception: System.Collections.Generic."
            told += "KeyNotFoundException: The specified property "
            told += f"'{name}' was not found in the workflow."
            raise NetError(told)
    task = Task({**properties, **given})

    def stop(*_: object) -> None:
        task.stopping.set()

    signal.signal(signal.SIGINT, stop)
    return task.run()


def install(folder: Path) -> Path:
    """Put a copy into a folder that can be started as a program.

    Parameters
    ----------
    folder
        Must exist; a "Bonsai" that is there already is left alone and is an error.

    Returns
    -------
    Path
        Of the program: what a parameter file calls `bonsai_exe_path`.
    """
    text = Path(__file__).read_text(encoding="utf-8")
    if os.name == "nt":
        script, program = folder / "bonsai_stand_in.py", folder / "Bonsai.cmd"
        with script.open("x", encoding="utf-8") as file:
            file.write(text)
        with program.open("x", encoding="utf-8") as file:
            file.write(f'@"{sys.executable}" "%~dp0{script.name}" %*\n')
        return program
    program = folder / "Bonsai"
    with program.open("x", encoding="utf-8") as file:
        file.write(f"#!{sys.executable}\n{text.partition(os.linesep)[2]}")
    program.chmod(0o755)
    return program


if __name__ == "__main__":
    try:
        code = start(sys.argv[1:])
    except NetError as error:
        sys.stderr.write(f"{error}\n   at Bonsai.Editor.WorkflowRunner.Run()\n")
        code = 0
    sys.exit(code)
