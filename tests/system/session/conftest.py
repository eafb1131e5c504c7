"""A desk with the example session, and environments with AIND's own libraries.

The environments are built once and kept: they judge our files. aind-data-schema 1.x
and 2.x can't be installed together, and neither belongs into ours. They lie in the
folder that RANVIER_AIND_ENVS names, else in the user's cache.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ranvier.audit import read_audit

REQUIREMENTS = {
    "1.x": ["aind-data-schema==1.4.0"],
    "2.x": ["aind-data-schema>=2.9,<2.10", "aind-metadata-upgrader==0.17.14"],
}
# What pip says if it can't get at the index, in the words of urllib3 and of systems.
OUT_OF_REACH = (
    "NewConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "ProxyError",
    "SSLError",
    "Network is unreachable",
    "name resolution",
    "Name or service not known",
    "getaddrinfo failed",
)


@pytest.fixture(scope="session")
def aind_1():
    """A Python with aind-data-schema 1.4.0."""
    return find_environment("1.x")


@pytest.fixture(scope="session")
def aind_2():
    """A Python with aind-data-schema 2.9 and AIND's upgrader."""
    return find_environment("2.x")


def find_environment(name):
    place = Path(os.environ.get("RANVIER_AIND_ENVS") or find_cache() / "aind-envs")
    place.mkdir(parents=True, exist_ok=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = place / f"schema-{name}-python-{version}"
    wanted = "\n".join(REQUIREMENTS[name])
    done = folder / "requirements.txt"
    with held(place / f"{folder.name}.lock"):
        if not done.exists() or done.read_text("utf-8") != wanted:
            build(folder, REQUIREMENTS[name])
            done.write_text(wanted, "utf-8")
    return find_python(folder)


def build(folder, requirements):
    # "--clear": one that was broken off is begun anew.
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"]
    command = [str(find_python(folder)), "-m", "pip", "install", *options]
    pip = subprocess.run(
        [*command, *requirements],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
    )
    if pip.returncode == 0:
        return
    said = pip.stderr[-2000:]
    if any(words in pip.stderr for words in OUT_OF_REACH):
        pytest.skip(f"pip can't reach the package index: {said}")
    pytest.fail(f"pip could not install {requirements}: {said}")


def find_python(folder):
    is_windows = os.name == "nt"
    return folder / ("Scripts/python.exe" if is_windows else "bin/python")


def find_cache():
    if os.name == "nt":
        return Path(os.environ["LOCALAPPDATA"]) / "ranvier" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ranvier"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ranvier"


@contextlib.contextmanager
def held(path):
    """Hold a lock that the system frees if its holder dies."""
    with path.open("a") as file:
        if os.name == "nt":
            import msvcrt

            while True:
                with contextlib.suppress(OSError):  # it gives up after ten seconds
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


GRAPH = """\
ranvier: 1
name: beside
nodes:
  sensor: {type: signal_generator, parameters: {rate_hz: 100, amplitude: 2.0}}
  counter: {type: counter}
links:
  - {from: sensor.signal, to: counter.message}
record: all
"""


class Desk:
    """Where a person sits: the folder of the example session, and the command line.

    A session of `plain` has neither repository nor steps, so that it takes little time.
    """

    def __init__(self, folder, place):
        self.folder = folder
        self.task, self.sessions = folder / "task", folder / "sessions"
        self.started = []
        # Locks of rigs are in the folder of temporary files: this one is ours alone.
        self.environment = {**os.environ, "TMPDIR": str(place), "COLUMNS": "200"}

    @property
    def plain(self):
        """Parameters of a short session of the stand-in Bonsai alone."""
        return {
            "launcher": "bonsai",
            "subject_id": "M001",
            "user_id": "someone",
            "rig_id": "stand-in-rig",
            "output_root_folder": str(self.sessions),
            "script_path": str(self.task / "task.bonsai"),
            "bonsai_exe_path": str(self.task / "bonsai" / "Bonsai"),
            "script_parameters": {"Trials": 3},
        }

    @property
    def bare(self):
        """Parameters of a session without anything that acquires."""
        keys = ("subject_id", "user_id", "rig_id", "output_root_folder")
        return {key: self.plain[key] for key in keys}

    @property
    def graph(self):
        """The keys of a graph that runs until it is stopped, and its file."""
        file = self.folder / "graph.yaml"
        file.write_text(GRAPH)
        return {"launcher": "graph", "graph_path": str(file)}

    @property
    def whole(self):
        """Parameters of the example, as they are shipped, and the rig's in them."""
        shipped = json.loads((self.folder / "first_session.json").read_text())
        return {**shipped, "script_parameters": {"Trials": 3, "Subject": "M001"}}

    def write(self, parameters, name="session.json"):
        path = self.folder / name
        path.write_text(json.dumps(parameters, indent=1))
        return path

    def start(self, parameters, *words, status=0, **how):
        """Hold a session of these parameters to its end; give what was printed."""
        file = self.write(parameters)
        return self.call(
            "start", file, "--rig", "rig.toml", *words, status=status, **how
        )

    def call(self, *words, status=0, before=(), **how):
        """Call `ranvier session …` to its end; give what was printed."""
        how = {"cwd": self.folder, "env": self.environment, **how}
        done = subprocess.run(
            [*before, *self.command(*words)],
            **{"stdin": subprocess.DEVNULL, "timeout": 30, **how},
            capture_output=True,
            text=True,
        )
        told = done.stdout + done.stderr
        assert status == done.returncode, told
        # Of a step of the task its own may be shown, and is wanted.
        assert "ranvier/cli/_app.py" not in told
        return told

    def launch(self, parameters, *words, name="session.json", **how):
        """Start a session and do not wait for it."""
        file = self.write(parameters, name)
        output = (self.folder / f"{file.stem}.out").open("w")
        how = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output} | how
        launched = subprocess.Popen(
            self.command("start", file, "--rig", "rig.toml", *words),
            cwd=self.folder,
            env=self.environment,
            **how,
        )
        output.close()
        self.started.append(launched)
        return launched

    def command(self, *words):
        # As from a terminal, even where the tests were started by nohup.
        code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); "
        code += "from ranvier.cli import main; main()"
        return [sys.executable, "-c", code, "session", *map(str, words)]

    def list_folders(self):
        """Give the session folders that are there."""
        return sorted(p for p in self.sessions.glob("M*_*") if p.is_dir())

    @property
    def session(self):
        """The one session folder that is there."""
        (folder,) = self.list_folders()
        return folder

    def read(self, name, folder=None):
        """Read a JSON file of the session's `launcher_metadata`."""
        place = (folder or self.session) / "launcher_metadata"
        return json.loads((place / name).read_text())

    def read_trail(self, kind, folder=None):
        """Give the fields of the lines of one kind."""
        lines = read_audit((folder or self.session) / "audit.jsonl")
        return [line.fields for line in lines if line.kind == kind]

    def wait_for(self, is_so, limit_s=20.0):
        """Wait until something is so, and give what it gave."""
        deadline = time.monotonic() + limit_s
        while not (found := is_so()):
            if time.monotonic() > deadline:
                pytest.fail(f"never so: {is_so}")
            time.sleep(0.01)
        return found

    def wait_for_trial(self, number):
        """Wait until the task has done so many trials; give the session folder."""

        def look():
            for folder in self.list_folders():
                trials = folder / "trials.csv"
                if trials.exists() and len(trials.read_text().split()) > number:
                    return folder
            return None

        return self.wait_for(look)

    def find_tree(self, launched):
        """Give a launcher and all that it started, in so far as it is seen."""
        return [launched.pid, *(p.pid for p in _list_children(launched.pid))]

    def wait_gone(self, pids, limit_s=5.0):
        """Wait until no process of these is there any more; give how long it took."""
        began = time.monotonic()
        self.wait_for(lambda: not any(map(_lives, pids)), limit_s)
        return time.monotonic() - began


def _list_children(pid):
    return psutil.Process(pid).children(recursive=True)


def _lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="session")
def shipped_example(tmp_path_factory):
    """The folder that `ranvier session new` makes."""
    desk = Desk(
        tmp_path_factory.mktemp("shipped") / "first", tmp_path_factory.getbasetemp()
    )
    desk.call("new", desk.folder, cwd=desk.folder.parent)
    return desk.folder


@pytest.fixture
def desk(shipped_example, tmp_path):
    folder = tmp_path / "desk"
    shutil.copytree(shipped_example, folder, symlinks=True)
    rig = folder / "rig.toml"
    rig.write_text(rig.read_text().replace(str(shipped_example), str(folder)))
    place = tmp_path / "temporary"
    place.mkdir()
    desk = Desk(folder, place)
    yield desk
    for launched in desk.started:
        if launched.poll() is None:
            children = _list_children(launched.pid)
            for process in (launched, *children):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            launched.wait()
