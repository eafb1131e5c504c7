"""The command line as a person uses it: real commands, real runs."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

GRAPH = """\
ranvier: 1
name: steered
nodes:
  sensor:
    type: signal_generator
    parameters: {rate_hz: 100, amplitude: 2.0}
  counter:
    type: counter
links:
  - {from: sensor.signal, to: counter.message}
record: all
run:
  duration: 60 s
"""


class Desk:
    """Where a person sits: a working folder, and runs that nobody else sees."""

    def __init__(self, folder: Path, runs: Path):
        self.folder = folder
        # Sockets of runs are below it, and their names must be short.
        self.environment = {**os.environ, "RANVIER_RUNS": str(runs), "COLUMNS": "200"}
        self.started: list[subprocess.Popen[str]] = []

    def call(self, *arguments, status=0):
        """Call a command to its end and give what it printed."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=45,
        )
        assert status in (None, done.returncode), done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def start(self, *arguments):
        """Start a command that goes on."""
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def write_graph(self, text=GRAPH):
        (self.folder / "graph.yaml").write_text(text)

    def write_sink(self, methods):
        """Write the graph with a sink of these methods in place of its counter."""
        (self.folder / "own.py").write_text(
            "import time\n"
            "from ranvier.node import Sink, Input\n"
            "class Own(Sink):\n"
            "    '''Be odd.'''\n"
            "    x = Input()\n" + methods
        )
        own = GRAPH.replace("type: counter", "type: ./own.py:Own")
        self.write_graph(own.replace("counter.message", "counter.x"))

    def start_run(self, *options):
        """Start a run and wait until it is running."""
        self.write_graph()
        process = self.start("run", "graph.yaml", *options)
        self.wait_until(lambda runs: runs and runs[0]["state"] == "running")
        return process

    def runs(self):
        return json.loads(self.call("status", "--json"))

    def wait_until(self, is_so, limit_s=20.0):
        deadline = time.monotonic() + limit_s
        while not is_so(runs := self.runs()):
            if time.monotonic() > deadline:
                pytest.fail(f"never so: {runs}")
        return runs

    def session(self):
        return max((self.folder / "sessions").iterdir())

    def audit(self):
        lines = (self.session() / "audit.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def command(self, *arguments):
        # As from a terminal, even where the tests were started by nohup.
        code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); "
        code += "from ranvier.cli import main; main()"
        return [sys.executable, "-c", code, *map(str, arguments)]


@pytest.fixture
def desk(tmp_path):
    runs = Path(tempfile.mkdtemp(prefix="rv"))
    desk = Desk(tmp_path, runs)
    yield desk
    for process in desk.started:
        process.kill()
        process.communicate()
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("RANVIER_RUNS") == str(runs):
            process.kill()
    shutil.rmtree(runs, ignore_errors=True)


def end(process, limit_s=20.0):
    """Wait for the end of a command; give its status and what it printed."""
    out, err = process.communicate(timeout=limit_s)
    assert "Traceback" not in err
    return process.returncode, out + err


def test_the_first_five_minutes(desk):
    """new → check → test → run → verify → inspect → replay → convert."""
    made = desk.call("new", "blink")
    checked = desk.call("check", "blink")
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "blink", "-p", "no:cacheprovider"],
        cwd=desk.folder,
        capture_output=True,
        text=True,
    )
    ran = desk.call("run", "blink", "--duration", "1s", "--set", "detector.level=0.1")
    session = desk.session()
    verified = desk.call("verify", session)
    inspected = desk.call("inspect", session)
    replayed = desk.call("replay", session, "--check")
    desk.call("convert", session, "--to", "npz", "--out", "signal.npz")
    again = desk.call("replay", session, "--pace", "max", "--quiet")

    assert "nodes.py" in made
    assert "no faults" in checked
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "completed: sessions/blink_" in ran
    assert verified.startswith("ok: nothing is missing")
    assert "sensor.signal" in inspected
    assert "detector: agrees" in replayed
    assert (desk.folder / "signal.npz").stat().st_size
    assert "ok:" in desk.call("verify", again.strip())
    assert '"level":0.1' in (session / "manifest.json").read_text().replace(" ", "")


def test_all_faults_of_a_graph_are_told_with_lines(desk):
    (desk.folder / "nodes.py").write_text(
        "from ranvier.node import Sink, Input\n"
        "print('user code prints')\n"
        "class Eye(Sink):\n"
        "    '''Look.'''\n"
        "    x = Input('bool', shape=())\n"
        "    def process(self, x): pass\n"
    )
    (desk.folder / "kills.py").write_text("import os\nos._exit(9)\n")
    desk.write_graph("""\
ranvier: 1
name: wrong
nodes:
  a: {type: signal_generator, parameters: {rate: 5}}
  b: {type: ./nodes.py:Eye, colour: red}
  c: {type: ./kills.py:Eye}
  d: {type: ./nodes.py:Nose}
links:
  - {from: a.signal, to: b.y}
""")

    found = desk.call("check", "graph.yaml", status=2)
    as_json = json.loads(desk.call("check", ".", "--json", status=2))

    lines = [fault["line"] for fault in as_json["faults"]]
    assert {4, 5, 6, 7, 9} == set(lines)
    assert sorted(lines) == lines
    assert "graph.yaml, line 6" in found
    assert "its process died" in found
    assert "user code prints" not in found


def test_an_interpreter_that_is_not_there_is_told(desk):
    desk.write_graph(
        "ranvier: 1\nname: x\nnodes:\n  a: {type: counter, python: ./no/python}\n"
    )

    found = desk.call("check", "graph.yaml", status=2)

    assert "line 4" in found
    assert "can't be started" in found


def test_a_graph_with_faults_does_not_run(desk):
    desk.write_graph(GRAPH.replace("counter.message", "counter.massage"))

    found = desk.call("run", "graph.yaml", status=2)

    assert "line 10" in found
    assert "mend" in found


def test_a_parameter_of_a_node_that_is_not_there_is_refused(desk):
    desk.write_graph()

    found = desk.call("run", "graph.yaml", "--set", "senser.rate_hz=3", status=2)

    assert "senser" in found


def test_a_running_run_is_steered_from_another_terminal(desk):
    running = desk.start_run()
    desk.call("recover", desk.session(), status=1)

    changed = desk.call("param", "set", "sensor.amplitude", "3")
    value = desk.call("param", "get", "sensor.amplitude")
    desk.call("param", "set", "sensor.amplitude", "loud", status=1)
    desk.call("param", "set", "nose.amplitude", "1", status=1)
    desk.call("note", "the", "mouse", "sleeps")
    desk.call("pause")
    paused = desk.runs()[0]["state"]
    desk.call("pause", status=1)
    desk.call("resume", "steered")
    stopped = desk.call("stop", "--reason", "enough")
    status, text = end(running)

    assert "2.0 → 3.0" in changed
    assert value == "3.0\n"
    assert paused == "paused"
    assert "stopped" in stopped
    assert status == 0
    assert "stopped: sessions/" in text
    kinds = [line["kind"] for line in desk.audit()]
    assert {"parameter_changed", "parameter_refused", "note", "paused"} <= set(kinds)
    assert desk.runs() == []


def test_ctrl_c_stops_in_good_order(desk):
    running = desk.start_run()

    running.send_signal(signal.SIGINT)
    status, text = end(running)

    assert status == 0
    assert "stopped: sessions/" in text
    assert "ok:" in desk.call("verify", desk.session())


def test_ctrl_c_twice_ends_at_once(desk):
    desk.write_sink("    def process(self, x): time.sleep(600)\n")
    running = desk.start("run", "graph.yaml")
    desk.wait_until(lambda runs: runs and runs[0]["state"] == "running")

    running.send_signal(signal.SIGINT)
    desk.wait_until(lambda runs: not runs or runs[0]["state"] == "stopping")
    running.send_signal(signal.SIGINT)
    status, text = end(running)

    assert status == 0, text
    assert desk.runs() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_run_goes_on_when_its_command_line_is_killed(desk, number):
    running = desk.start_run()

    running.send_signal(number)
    running.communicate(timeout=5)
    steps = desk.runs()[0]["nodes"][0]["steps"]
    desk.wait_until(lambda runs: runs[0]["nodes"][0]["steps"] > steps)
    desk.call("stop")

    assert desk.runs() == []
    assert "ok:" in desk.call("verify", desk.session())


def test_on_a_terminal_the_run_is_drawn_and_the_terminal_given_back(desk):
    desk.write_graph()
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        desk.command("run", "graph.yaml", "--duration", "30s"),
        cwd=desk.folder,
        env={**desk.environment, "COLUMNS": "80", "LINES": "24", "TERM": "xterm"},
        stdout=terminal,
        stderr=terminal,
        text=False,
    )
    desk.started.append(process)
    os.close(terminal)

    drawn = read_until(screen, "running")
    drawn += read_until(screen, "sensor.signal → counter.message")
    process.send_signal(signal.SIGINT)
    drawn += read_until(screen, "stopped: sessions/")

    assert process.wait(10) == 0
    assert "Traceback" not in drawn
    # The cursor was hidden and is shown again.
    assert drawn.rindex("\x1b[?25h") > drawn.rindex("\x1b[?25l")


def read_until(screen, text, limit_s=20.0):
    """Read a terminal until a text was on it."""
    drawn, deadline = b"", time.monotonic() + limit_s
    while text.encode() not in drawn:
        if not select.select([screen], [], [], deadline - time.monotonic())[0]:
            pytest.fail(f"never on the terminal: {text}")
        drawn += os.read(screen, 65536)
    return drawn.decode(errors="replace")


def test_the_exit_status_of_a_run_that_failed_is_1(desk):
    desk.write_sink(
        "    def setup(self): raise OSError('no camera')\n"
        "    def process(self, x): pass\n"
    )

    found = desk.call("run", "graph.yaml", status=1)

    assert "no camera" in found


def test_what_a_killed_run_left_is_cleaned(desk):
    running = desk.start_run()
    supervisors = psutil.Process(running.pid).children()

    supervisors[0].kill()
    status, text = end(running)
    desk.call("clean")

    assert status == 1
    assert "mend" in text
    assert "nothing was left behind" in desk.call("clean")
    desk.call("recover", desk.session())
    assert "damaged" not in desk.call("verify", desk.session(), status=None)


def test_the_help_imports_nothing_heavy():
    heavy = [
        "numpy",
        "pydantic",
        "ruamel",
        "iceoryx2",
        "h5py",
        "mcap",
        "psutil",
        "rich.table",
    ]
    code = (
        f"import sys, ranvier.cli._app; print([m for m in {heavy} if m in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert found.stdout.strip() == "[]"
