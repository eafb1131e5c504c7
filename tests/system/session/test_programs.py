"""Real programs, run and ended for real: the process rows of the fault table."""

from __future__ import annotations

import importlib.util
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

import ranvier
from ranvier.session.faults import ProgramError, Verdict
from ranvier.session.programs import (
    Limits,
    ProgramSpec,
    RetryPolicy,
    SilentListener,
    StderrPolicy,
    StopBy,
    StopSignal,
    build_bonsai,
    run_program,
)

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="says what Linux does"),
]

EXAMPLE = Path(ranvier.__file__).parent / "examples" / "session"
SILENT = SilentListener()


class Hearer(SilentListener):
    """Keeps what it is told, and lets a test wait for a word."""

    def __init__(self):
        self.told = []
        self.words = queue.SimpleQueue()

    def started(self, pid, command, attempt):
        self.pid = pid
        self.told.append(("started", attempt))
        self.words.put("started")

    def said(self, stream, text):
        self.told.append((stream, text))
        self.words.put(text)

    def sampled(self, processes, system):
        self.told.append(("sampled", sum(p["rss_bytes"] for p in processes)))
        self.last_sample = processes, system
        self.words.put("sampled")

    def limit_fired(self, limit, value, allowed):
        self.told.append(("limit", limit))

    def exited(self, end):
        self.told.append(("exited", end.attempts))
        self.words.put("exited")

    def wait_for(self, word):
        while self.words.get(timeout=15) != word:
            pass

    def of(self, kind):
        return [text for what, text in self.told if what == kind]


class Runner:
    """Runs a program in a thread of its own, as a session does."""

    def __init__(self, spec, folder, stop=None):
        self.hearer, self.stop = Hearer(), stop or StopSignal()
        self._end = queue.SimpleQueue()
        self._args = (spec, folder, self.hearer, self.stop)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        self._end.put(run_program(*self._args))

    def wait(self):
        end = self._end.get(timeout=30)
        self._thread.join()
        return end


@pytest.fixture(scope="module")
def bonsai(tmp_path_factory):
    path = EXAMPLE / "bonsai_stand_in.py"
    found = importlib.util.spec_from_file_location("bonsai_stand_in", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.install(tmp_path_factory.mktemp("Bonsai folder"))


@pytest.fixture
def make_bonsai(bonsai, tmp_path):
    def make(mode, properties=(), **words):
        given = {"Mode": mode, "Subject": "m1", **dict(properties)}
        command = build_bonsai(bonsai, EXAMPLE / "task.bonsai", given, (), tmp_path)
        return ProgramSpec("bonsai", command, tmp_path, **words)

    return make


@pytest.fixture
def make_python(tmp_path):
    def make(code, name="task", **words):
        command = (sys.executable, "-I", "-S", "-u", "-c", code)
        return ProgramSpec(name, command, tmp_path, **words)

    return make


def run(spec, stop=None, ask_retry=None):
    hearer = Hearer()
    return run_program(
        spec, spec.folder, hearer, stop or StopSignal(), ask_retry
    ), hearer


def log_of(spec, stream):
    path = spec.folder / "launcher_metadata" / f"{spec.name}.{stream}.log"
    return path.read_bytes()


def codes_of(end):
    return [finding.code for finding in end.findings]


def is_gone(pid, limit_s=5.0):
    """Wait until a process that is no child of ours is gone."""
    try:
        psutil.Process(pid).wait(limit_s)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_a_task_runs_from_start_to_end(make_bonsai):
    spec = make_bonsai("ok", {"Trials": 3})
    end, hearer = run(spec)

    assert (end.verdict, end.exit_code, end.findings) == (Verdict.OK, 0, ())
    assert hearer.of("stdout") == ["trial 0", "trial 1", "trial 2"]
    assert log_of(spec, "stdout") == b"trial 0\ntrial 1\ntrial 2\n"
    assert len((spec.folder / "trials.csv").read_text().splitlines()) == 4
    assert hearer.told[0] == ("started", 1)
    assert hearer.told[-1] == ("exited", 1)


def test_exit_code_3_is_a_failure_with_the_code(make_bonsai):
    end, _ = run(make_bonsai("fail"))

    assert (end.verdict, end.exit_code, codes_of(end)) == (
        Verdict.FAILED,
        3,
        ["RV-S31"],
    )


def test_a_line_on_stderr_and_exit_0_is_a_warning(make_bonsai):
    end, hearer = run(make_bonsai("warn"))

    assert (end.verdict, end.exit_code) == (Verdict.WARNING, 0)
    assert hearer.of("stderr") == ["the camera's cable is long"]


def test_a_dotnet_exception_and_exit_0_is_a_failure(make_bonsai):
    end, _ = run(make_bonsai("stderr"))

    assert (end.verdict, end.exit_code, codes_of(end)) == (
        Verdict.FAILED,
        0,
        ["RV-S32"],
    )
    assert "COM3" in end.findings[0].found


def test_an_unknown_property_is_a_failure_though_bonsai_exits_0(make_bonsai):
    spec = make_bonsai("ok", {"Colour": "red"})
    end, _ = run(spec)

    assert (end.verdict, end.exit_code) == (Verdict.FAILED, 0)
    assert "'Colour'" in end.findings[0].found
    assert not (spec.folder / "trials.csv").exists()


def test_a_stop_ends_it_in_order(make_bonsai):
    spec = make_bonsai("ok", {"Trials": 10_000})
    runner = Runner(spec, spec.folder)
    runner.hearer.wait_for("trial 1")
    runner.stop.request("operator", "the animal is restless")
    end = runner.wait()

    assert (end.verdict, end.is_stopped, end.exit_code) == (Verdict.OK, True, 0)
    assert runner.hearer.of("stdout")[-1] == "stopped"
    assert "stopped in trial" in (spec.folder / "task.log").read_text()


def test_what_does_not_stop_is_killed_after_its_grace(make_bonsai):
    spec = make_bonsai("hang", limits=Limits(stop_s=0.3))
    runner = Runner(spec, spec.folder)
    runner.hearer.wait_for("trial 0")
    runner.stop.request("operator")
    end = runner.wait()

    assert (end.verdict, end.signal, end.is_stopped) == (
        Verdict.WARNING,
        "SIGKILL",
        True,
    )
    assert codes_of(end) == ["RV-S34"]
    assert is_gone(runner.hearer.pid)


def test_a_second_stop_kills_at_once(make_bonsai):
    spec = make_bonsai("hang", limits=Limits(stop_s=50))
    runner = Runner(spec, spec.folder)
    runner.hearer.wait_for("trial 0")
    runner.stop.request("SIGTERM")
    runner.stop.request("SIGTERM")
    end = runner.wait()

    assert (end.verdict, end.signal) == (Verdict.WARNING, "SIGKILL")
    assert "at once, at a second request" in end.findings[0].problem
    assert "50" not in str(end.findings[0])


def test_a_program_may_be_asked_by_sigterm(make_python):
    code = "import signal; print('up'); signal.sigwait([signal.SIGTERM]); print('down')"
    mask = "import signal; signal.pthread_sigmask(0, [signal.SIGTERM]); "
    spec = make_python(mask + code, stop_by=StopBy.TERMINATE)
    runner = Runner(spec, spec.folder)
    runner.hearer.wait_for("up")
    runner.stop.request("operator")

    assert runner.wait().verdict is Verdict.OK
    assert runner.hearer.of("stdout") == ["up", "down"]


def test_grandchild_and_daemon_of_a_finished_program_are_gone_and_told_of(make_bonsai):
    spec = make_bonsai("children")
    end, _ = run(spec)
    pids = json.loads((spec.folder / "children.json").read_text())

    assert (end.verdict, end.exit_code, codes_of(end)) == (
        Verdict.WARNING,
        0,
        ["RV-S34"],
    )
    assert "2 processes" in end.findings[0].problem
    assert is_gone(pids["child"], 0)
    assert is_gone(pids["daemon"], 0)


def test_grandchild_and_daemon_of_a_killed_program_are_gone(make_bonsai):
    spec = make_bonsai("children", {"Trials": 10_000})
    runner = Runner(spec, spec.folder)
    runner.hearer.wait_for("trial 0")
    runner.stop.request("operator")
    runner.stop.request("operator")
    runner.wait()
    pids = json.loads((spec.folder / "children.json").read_text())

    assert is_gone(pids["child"], 0)
    assert is_gone(pids["daemon"], 0)


def test_a_child_that_ends_with_its_parent_is_no_fault(make_python):
    code = """
import os, signal, sys
if os.fork() == 0:
    signal.sigwait([signal.SIGINT])
    os._exit(0)
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
print("up")
while True:
    signal.pause()
"""
    mask = "import signal; signal.pthread_sigmask(0, [signal.SIGINT])"
    spec = make_python(f"{mask}{code.replace('print', unmask() + '; print')}")
    runner = Runner(spec, spec.folder)
    runner.hearer.wait_for("up")
    runner.stop.request("operator")
    end = runner.wait()

    assert (end.verdict, end.findings) == (Verdict.OK, ())


def unmask():
    return "signal.pthread_sigmask(1, [signal.SIGINT])"


def test_a_silent_hang_is_killed_and_told_by_its_limit(make_bonsai):
    spec = make_bonsai("hang", limits=Limits(silence_s=0.5, stop_s=0.2))
    end, hearer = run(spec)

    assert (end.verdict, end.signal, end.is_stopped) == (
        Verdict.FAILED,
        "SIGKILL",
        False,
    )
    assert codes_of(end) == ["RV-S33", "RV-S34"]
    assert hearer.of("limit") == ["silence_s"]
    assert is_gone(hearer.pid)


def test_no_sign_of_life_after_the_start_is_told_by_its_limit(make_bonsai):
    spec = make_bonsai("silent", {"Trials": 10_000}, limits=Limits(start_s=0.5))
    end, hearer = run(spec)

    assert end.verdict is Verdict.FAILED
    assert hearer.of("limit") == ["start_s"]


def test_files_that_grow_keep_a_silent_program_alive(make_bonsai, tmp_path):
    limits = Limits(start_s=0.3, silence_s=0.2, heartbeat=tmp_path)
    spec = make_bonsai("silent", {"Trials": 40}, limits=limits)
    end, hearer = run(spec)

    assert (end.verdict, hearer.of("limit")) == (Verdict.OK, [])


def test_a_program_that_runs_too_long_is_ended(make_bonsai):
    end, hearer = run(make_bonsai("ok", {"Trials": 10_000}, limits=Limits(run_s=0.5)))

    assert (end.verdict, end.exit_code) == (Verdict.FAILED, 0)
    assert hearer.of("limit") == ["run_s"]


def test_a_memory_runaway_fires_at_the_first_sample_above(make_bonsai):
    limits = Limits(memory_bytes=100 * 2**20)
    spec = make_bonsai("memory", {"Trials": 500}, limits=limits, sample_interval_s=0.1)
    end, hearer = run(spec)
    above = [rss for rss in hearer.of("sampled") if rss > limits.memory_bytes]
    seen = [what for what, _ in hearer.told]
    before = seen[: seen.index("limit")].count("sampled")

    assert (end.verdict, hearer.of("limit")) == (Verdict.FAILED, ["memory_bytes"])
    assert hearer.of("sampled")[before - 1] == above[0]
    assert all(rss <= limits.memory_bytes for rss in hearer.of("sampled")[: before - 1])


def test_samples_say_what_each_process_uses(make_python):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', "
    code += "'import time; time.sleep(9)']); print(1)"
    spec = make_python(code, sample_interval_s=0.1)
    runner = Runner(spec, spec.folder)
    hearer = runner.hearer
    hearer.wait_for("sampled")
    while (
        len(hearer.last_sample[0]) < 2 or "cpu_percent" not in hearer.last_sample[0][1]
    ):
        hearer.wait_for("sampled")
    processes, system = hearer.last_sample
    runner.stop.request("operator")
    runner.wait()

    assert hearer.pid in [process["pid"] for process in processes]
    assert all(process["rss_bytes"] > 2**20 for process in processes)
    assert 0 <= system["cpu_percent"] <= 100
    assert system["disk_free_bytes"] > 0


def test_two_programs_run_at_once_and_one_stop_ends_both(make_python):
    code = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
print("up")
while True:
    signal.pause()
"""
    stop = StopSignal()
    specs = [make_python(code, name) for name in ("one", "two")]
    runners = [Runner(spec, spec.folder, stop) for spec in specs]
    for runner in runners:
        runner.hearer.wait_for("up")
    stop.request("operator")
    ends = [runner.wait() for runner in runners]

    assert [end.verdict for end in ends] == [Verdict.OK, Verdict.OK]
    assert [log_of(spec, "stdout") for spec in specs] == [b"up\n", b"up\n"]


LAUNCHER = """
import sys
from pathlib import Path
from ranvier.session.programs import *

class Hearer(SilentListener):
    def started(self, pid, command, attempt):
        print(pid, flush=True)
    def said(self, stream, text):
        print(text, flush=True)

folder = Path(sys.argv[1])
spec = ProgramSpec("bonsai", tuple(sys.argv[2:]), folder)
run_program(spec, folder, Hearer(), StopSignal())
"""


def test_when_the_launcher_is_killed_all_is_gone_and_the_program_ended_in_order(
    make_bonsai,
):
    spec = make_bonsai("children", {"Trials": 10_000})
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(spec.folder), *spec.command],
        stdout=subprocess.PIPE,
        text=True,
    )
    with launcher:
        pid = int(launcher.stdout.readline())
        while launcher.stdout.readline() != "trial 1\n":
            pass
        pids = [pid, *json.loads((spec.folder / "children.json").read_text()).values()]
        keeper = psutil.Process(pid).ppid()
        launcher.send_signal(signal.SIGKILL)
        launcher.wait()
        killed_s = time.monotonic()

        assert all(is_gone(one) for one in [*pids, keeper])
        assert time.monotonic() - killed_s < 5
    assert "stopped in trial" in (spec.folder / "task.log").read_text()
    assert log_of(spec, "stdout").endswith(b"stopped\n")


def test_when_the_launcher_is_killed_what_hangs_is_killed(make_bonsai):
    spec = make_bonsai("hang")
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(spec.folder), *spec.command],
        stdout=subprocess.PIPE,
        text=True,
    )
    with launcher:
        pid = int(launcher.stdout.readline())
        assert launcher.stdout.readline() == "trial 0\n"
        launcher.send_signal(signal.SIGKILL)

        assert is_gone(pid, 5.0)


def test_when_the_keeper_is_killed_the_program_is_ended_and_it_is_told(make_bonsai):
    spec = make_bonsai("ok", {"Trials": 10_000})
    runner = Runner(spec, spec.folder)
    runner.hearer.wait_for("trial 1")
    psutil.Process(runner.hearer.pid).parent().kill()
    end = runner.wait()

    assert (end.verdict, codes_of(end)) == (Verdict.FAILED, ["RV-S31"])
    assert "keeper" in end.findings[0].problem
    assert is_gone(runner.hearer.pid)
    assert "stopped in trial" in (spec.folder / "task.log").read_text()


def test_a_listener_that_fails_ends_the_program(make_bonsai):
    class Full(SilentListener):
        def started(self, pid, command, attempt):
            self.pid = pid

        def said(self, stream, text):
            raise OSError(28, "No space left on device")

    spec, listener = make_bonsai("ok", {"Trials": 10_000}), Full()
    with pytest.raises(OSError, match="No space left"):
        run_program(spec, spec.folder, listener, StopSignal())

    assert is_gone(listener.pid, 0)


@pytest.mark.parametrize(
    ("command", "word"),
    [(("no-such-program",), "not there"), (("./plain",), "may not be executed")],
)
def test_a_program_that_can_not_run_is_an_error_before_anything(
    tmp_path, command, word
):
    (tmp_path / "plain").touch()
    spec = ProgramSpec("task", command, tmp_path)
    with pytest.raises(ProgramError, match=word) as caught:
        run_program(spec, tmp_path, SILENT, StopSignal())

    assert caught.value.code == "RV-S30"
    assert caught.value.mend
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain"]


def test_a_missing_working_folder_is_an_error_before_anything(tmp_path):
    spec = ProgramSpec("task", (sys.executable,), tmp_path / "none")
    with pytest.raises(ProgramError, match="working folder"):
        run_program(spec, tmp_path, SILENT, StopSignal())

    assert list(tmp_path.iterdir()) == []


def test_what_the_system_does_not_start_is_an_error_with_its_words(tmp_path):
    program = tmp_path / "task"
    program.write_bytes(b"\x7fELF not at all")
    program.chmod(0o755)
    with pytest.raises(ProgramError, match="Exec format error"):
        run_program(
            ProgramSpec("task", (str(program),), tmp_path), tmp_path, SILENT, stop()
        )


def stop():
    return StopSignal()


def test_after_a_stop_nothing_is_started(make_bonsai):
    asked = StopSignal()
    asked.request("operator")
    end, hearer = run(make_bonsai("ok"), asked)

    assert (end.verdict, end.attempts, end.is_stopped) == (Verdict.SKIPPED, 0, True)
    assert hearer.told == []


def test_much_output_neither_blocks_nor_fills_memory(make_python):
    code = "import sys\nrow = 'x' * 99 + '\\n'\n"
    code += "for n in range(1000): sys.stdout.write(row * 1000)\n"
    spec = make_python(code)

    class Counter(SilentListener):
        n = 0

        def said(self, stream, text):
            self.n += 1

    counter, before = Counter(), psutil.Process().memory_info().rss
    end = run_program(spec, spec.folder, counter, StopSignal())
    grown = psutil.Process().memory_info().rss - before
    log = spec.folder / "launcher_metadata" / "task.stdout.log"

    assert (end.verdict, counter.n) == (Verdict.OK, 1_000_000)
    assert log.stat().st_size == 100_000_000
    assert grown < 40 * 2**20


def test_it_is_retried_no_more_often_than_it_may_be(make_bonsai):
    end, hearer = run(make_bonsai("fail", retry=RetryPolicy(max_retries=2)))

    assert (end.verdict, end.attempts) == (Verdict.FAILED, 3)
    assert hearer.of("started") == [1, 2, 3]
    assert hearer.of("exited") == [1, 2, 3]


def test_a_retry_that_works_is_a_warning(make_python):
    code = "import pathlib, sys; p = pathlib.Path('seen'); is_first = not p.exists()\n"
    code += (
        "p.touch(); print('COM3 is closed', file=sys.stderr) if is_first else None\n"
    )
    code += "sys.exit(5 * is_first)"
    policy = RetryPolicy(max_retries=3, patterns=("COM3",))
    end, _ = run(make_python(code, retry=policy, stderr=StderrPolicy(patterns=())))

    assert (end.verdict, end.attempts, end.exit_code) == (Verdict.WARNING, 2, 0)
    assert "1 attempt failed" in end.findings[-1].problem


def test_a_person_who_says_no_is_not_asked_again(make_bonsai):
    asked = []
    policy = RetryPolicy(max_retries=None, ask=True)
    spec = make_bonsai("fail", retry=policy)
    end, _ = run(
        spec, ask_retry=lambda end: asked.append(end.attempts) or len(asked) < 2
    )

    assert (asked, end.attempts) == ([1, 2], 2)


def test_a_stop_ends_the_wait_for_a_retry(make_bonsai):
    spec = make_bonsai("fail", retry=RetryPolicy(max_retries=5, delay_s=50))
    runner = Runner(spec, spec.folder)
    runner.hearer.wait_for("exited")
    runner.stop.request("operator")

    assert runner.wait().attempts == 1


def test_a_program_gets_its_environment_and_no_input(make_python):
    code = "import os, sys; print(os.environ['A'], repr(sys.stdin.read()))"
    _, hearer = run(make_python(code, environment={"A": "é"}))

    assert hearer.of("stdout") == ["é ''"]


def n_open():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_log_that_can_not_be_opened_is_an_error_and_leaves_nothing_open(make_python):
    spec = make_python("print(1)")
    (spec.folder / "launcher_metadata" / "task.stderr.log").mkdir(parents=True)
    before = n_open()
    with pytest.raises(IsADirectoryError):
        run(spec)

    assert n_open() == before


def test_nothing_stays_open_after_a_run(make_python):
    run(make_python("print(1)"))
    before = n_open(), threading.active_count()
    run(make_python("print(1)"))

    assert (n_open(), threading.active_count()) == before
