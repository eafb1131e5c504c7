"""Steps with real processes, sockets and a real terminal."""

import datetime as dt
import http.server
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from ranvier.session.faults import OperatorError, Verdict
from ranvier.session.operator import (
    Question,
    QuestionKind,
    ScriptedOperator,
    TerminalOperator,
)
from ranvier.session.parameters import StepEntry, StepKind, StepPhase
from ranvier.session.programs import StopSignal
from ranvier.session.record import SessionRecord, SessionState
from ranvier.session.steps import StepContext, run_step

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

START = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)


class Sitting:
    """A session folder, a task repository, and steps done there."""

    def __init__(self, folder):
        self.repository = folder / "task"
        self.folder = folder / "mouse-7_2026-11-20_10-00-00"
        for each in (self.repository, self.folder):
            each.mkdir()
        self.stop = StopSignal()
        self.logged = []
        self.data = {}

    def write(self, text, name="task.py"):
        path = self.repository / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(textwrap.dedent(text))
        return name

    def context(self, answers=(), **fields):
        known = {"session": "s", "subject": "mouse-7", "user": "ada", "rig": "rig-1"}
        record = SessionRecord(**known, state=SessionState.RUNNING, start=START)
        operator = ScriptedOperator(dict(answers))
        whole = {"repository": self.repository, "log": self.logged.append, **fields}
        return StepContext(self.folder, record, operator, self.stop, **whole)

    def run_script(self, text, /, path="", context=None, **fields):
        path = path or self.write(text)
        entry = StepEntry(StepKind.SCRIPT, path, StepPhase.BEFORE, 0, **fields)
        return run_step(entry, context or self.context())

    def run(self, name, context=None, /, **parameters):
        entry = StepEntry(StepKind.SHIPPED, name, StepPhase.BEFORE, 0, parameters)
        return run_step(entry, context or self.context())


@pytest.fixture
def sitting(tmp_path):
    return Sitting(tmp_path)


def wait_until(is_so, limit_s=10.0):
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline, "it never was so"
        time.sleep(0.01)


def lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("body", "verdict", "told"),
    [
        ("pass", "ok", ""),
        ("return 0", "ok", ""),
        ("return True", "ok", ""),
        ("return 1", "failed", "run gave 1"),
        ("return False", "failed", "run gave False"),
        ("raise ValueError('no seed')", "failed", "ValueError: no seed"),
        ("import sys; sys.exit(3)", "failed", "sys.exit(3)"),
        ("import os; os._exit(4)", "failed", "exit code 4, no answer"),
        ("import os; os.kill(os.getpid(), 9)", "failed", "exit code -9, no answer"),
        ("return object()", "warning", "run gave a object"),
        ("input()", "failed", "EOFError"),
    ],
)
def test_what_a_script_does_counts(sitting, body, verdict, told):
    result = sitting.run_script(f"def run():\n    {body}\n")

    assert result.verdict == verdict, result.findings
    assert told in "".join(finding.found for finding in result.findings)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("def run():\n    raise ValueError('no seed')\n", "line 2, in run"),
        ("import no_such_package\n", "line 1, in <module>"),
        ("def run(:\n", "line 1"),
    ],
)
def test_the_traceback_of_a_script_begins_in_the_script(sitting, text, first):
    found = sitting.run_script(text, path=sitting.write(text)).findings[0].found
    frames = [line for line in found.splitlines() if line.startswith("  File ")]

    assert first in frames[0]
    assert str(sitting.repository) in frames[0]
    assert "_script_child" not in found
    assert "importlib" not in found


def test_arguments_that_a_script_does_not_take_are_told_without_a_traceback(sitting):
    (finding,) = sitting.run_script("def run(seed):\n    pass\n").findings

    assert "missing 1 required positional argument: 'seed'" in finding.found
    assert "_script_child" not in finding.found


def test_a_script_gets_arguments_prints_and_gives_data(sitting):
    sitting.write("NAME = 'beside'", "src/beside.py")
    path = sitting.write(
        """
        import os
        from pathlib import Path
        import beside
        def make(seed, table_path, session_folder):
            print("working")
            os.system("echo from a child")
            Path(table_path).write_text(str(seed))
            return {"seed": seed, "beside": beside.NAME, "cwd": os.getcwd(),
                    "folder": session_folder}
        """,
        "src/make.py",
    )

    result = sitting.run_script(
        "",
        path=path.replace("/", "\\"),
        function="make",
        function_args={"seed": 42, "table_path": f"{sitting.folder}\\t.csv"},
        output_filename="t.csv",
    )

    assert result.verdict is Verdict.OK, result.findings
    assert result.files == ("t.csv",)
    assert result.data == {
        "seed": 42,
        "beside": "beside",
        "cwd": str(sitting.repository),
        "folder": str(sitting.folder),
    }
    assert sitting.logged == ["src\\make.py: working", "src\\make.py: from a child"]


def test_a_script_of_the_older_launcher_gets_its_file_and_overrides(sitting):
    result = sitting.run_script(
        """
        import json
        def run_pre_acquisition(param_file, overrides=None):
            known = json.load(open(param_file))
            return {"rig": known["rig_id"], "folder": known["output_session_folder"],
                    "own": known["own"], "overrides": overrides}
        """,
        parameters={"own": 1},
        context=sitting.context(session_parameters={"rig_id": "rig-1"}),
    )

    assert result.data == {
        "rig": "rig-1",
        "folder": str(sitting.folder),
        "own": 1,
        "overrides": {"own": 1},
    }


def test_a_function_that_is_not_there_is_told_with_those_that_are(sitting):
    result = sitting.run_script("def make(): pass", function="mke")

    assert result.findings[0].found == "functions: make"
    assert result.findings[0].wanted == "a function mke"


def test_a_file_that_was_not_written_is_a_failure(sitting):
    result = sitting.run_script("def run(): pass", output_filename="t.csv")

    assert result.verdict is Verdict.FAILED
    assert "t.csv is not there" in result.findings[0].found


@pytest.mark.parametrize("path", ["../out.py", "/out.py", "missing.py", "C:/a.py"])
def test_only_files_of_the_repository_are_run(sitting, path):
    (sitting.repository.parent / "out.py").write_text("def run(): pass")

    result = sitting.run_script("", path=path)

    assert result.verdict is Verdict.FAILED
    assert result.findings[0].mend


def test_without_a_repository_no_script_is_run(sitting):
    context = sitting.context(repository=None)

    result = sitting.run_script("", path="a.py", context=context)

    assert result.findings[0].code == "RV-S44"


def test_the_python_of_the_repository_is_used(sitting):
    (sitting.repository / "venv" / "bin").mkdir(parents=True)
    (sitting.repository / "venv" / "bin" / "python").symlink_to(sys.executable)
    known = {"python_venv_path": "venv"}

    result = sitting.run_script(
        "import sys\ndef run(): return sys.executable",
        context=sitting.context(session_parameters=known),
    )
    missing = sitting.run_script(
        "", context=sitting.context(session_parameters={"python_exe_path": "no"})
    )

    venv = str(sitting.repository / "venv" / "bin" / "python")
    assert result.data == {"result": venv}
    assert missing.findings[0].code == "RV-S44"


HANGS = """
    import subprocess, sys, time
    def run(session_folder):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open(session_folder + "/pid", "w").write(str(child.pid))
        time.sleep(60)
    """


def read_pid(sitting):
    path = sitting.folder / "pid"
    wait_until(lambda: path.exists() and path.read_text())
    return int(path.read_text())


def test_a_script_that_hangs_is_ended_with_its_children(sitting):
    result = sitting.run_script(HANGS, parameters={"script_timeout_sec": 1.5})

    assert result.findings[0].code == "RV-S46"
    assert "1.5 s" in result.findings[0].found
    wait_until(lambda: not lives(read_pid(sitting)))


def test_a_stop_ends_a_script_with_its_children(sitting):
    path = sitting.write(HANGS)
    results = []
    thread = threading.Thread(
        target=lambda: results.append(sitting.run_script("", path=path))
    )
    thread.start()
    pid = read_pid(sitting)
    sitting.stop.request(by="operator")
    thread.join(10)

    assert results[0].findings[0].found == "the session was stopped"
    wait_until(lambda: not lives(pid))


def test_a_script_after_a_stop_is_done_unless_it_is_urgent(sitting):
    sitting.stop.request(by="operator")
    done = sitting.run_script("import time\ndef run(): time.sleep(0.3)")
    sitting.stop.request(by="operator")
    ended = sitting.run_script(HANGS)

    assert done.verdict is Verdict.OK
    assert ended.findings[0].code == "RV-S46"


def test_what_a_script_left_behind_is_ended(sitting):
    result = sitting.run_script(
        """
        import subprocess, sys
        def run(session_folder):
            code = "import time; time.sleep(60)"
            child = subprocess.Popen([sys.executable, "-c", code])
            open(session_folder + "/pid", "w").write(str(child.pid))
        """
    )

    assert result.verdict is Verdict.OK
    wait_until(lambda: not lives(read_pid(sitting)))


def test_a_script_dies_with_its_launcher(sitting):
    path = sitting.write(HANGS)
    code = f"""
import datetime as dt
from pathlib import Path
from ranvier.session.operator import AbsentOperator
from ranvier.session.parameters import StepEntry, StepKind, StepPhase
from ranvier.session.programs import StopSignal
from ranvier.session.record import SessionRecord, SessionState
from ranvier.session.steps import StepContext, run_step
start = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
record = SessionRecord("s", "m", "u", "r", SessionState.RUNNING, start)
context = StepContext(Path({str(sitting.folder)!r}), record, AbsentOperator(),
                      StopSignal(), repository=Path({str(sitting.repository)!r}))
run_step(StepEntry(StepKind.SCRIPT, {path!r}, StepPhase.BEFORE, 0), context)
"""
    launcher = subprocess.Popen([sys.executable, "-c", code])
    pid = read_pid(sitting)
    script = psutil.Process(pid).ppid()
    launcher.send_signal(signal.SIGKILL)
    launcher.wait(10)

    wait_until(lambda: not lives(pid) and not lives(script))


class Service(http.server.BaseHTTPRequestHandler):
    """A metadata service that knows one animal, and some ways to be wrong."""

    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1]
        status, body = {
            "mouse-7": (200, b'{"subject_id": "mouse-7", "sex": "Male"}'),
            "other": (200, b'{"subject_id": "mouse-8"}'),
            "invalid": (400, b'{"message": "validation errors"}'),
            "list": (200, b"[]"),
            "page": (200, b"<html>"),
            "project_names": (200, b'["Ophys", "Ephys"]'),
            "dark%20grating": (200, b'{"protocol_doi": "10.1/x"}'),
        }.get(name, (404, b"not found"))
        if name == "drips":
            self.drip()
            return
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def drip(self):
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.is_over.wait(0.1):
                self.wfile.write(b" ")
        except OSError:
            return  # it gave up, as it should

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def service():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.is_over = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.is_over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_subject_is_fetched_into_the_session(sitting, service):
    result = sitting.run("metadata_subject_fetch", metadata_service_url=service + "/")

    assert result.verdict is Verdict.OK, result.findings
    assert result.data["subject"]["sex"] == "Male"
    assert (
        json.loads((sitting.folder / "subject.json").read_text())
        == (result.data["subject"])
    )


def test_procedures_are_fetched_where_they_are_asked_for(sitting, service):
    result = sitting.run(
        "metadata_procedures_fetch",
        metadata_service_base_url=service,
        metadata_procedures_path=f"{sitting.folder}\\meta\\p.json",
    )

    assert result.files == ("meta/p.json",)
    assert "procedures" in result.data


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("nobody", "HTTP 404"),
        ("invalid", "HTTP 400 Bad Request"),
        ("other", 'subject "mouse-8"'),
        ("list", "no table"),
        ("page", "no JSON: <html>"),
        ("drips", "no whole answer within 0.5 s"),
    ],
)
def test_an_error_of_the_service_is_an_error(sitting, service, subject, told):
    result = sitting.run(
        "metadata_subject_fetch",
        metadata_service_url=service,
        metadata_subject_id=subject,
        metadata_service_timeout=0.5,
    )

    assert (result.verdict, result.findings[0].code) == (Verdict.FAILED, "RV-S48")
    assert told in result.findings[0].found
    assert list(sitting.folder.iterdir()) == []


def test_a_service_that_is_not_there_is_told_at_once(sitting):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    result = sitting.run(
        "metadata_subject_fetch", metadata_service_url=f"http://127.0.0.1:{port}"
    )
    silent = sitting.run("metadata_subject_fetch")
    wrong = sitting.run("metadata_subject_fetch", metadata_service_url="file:///etc")

    assert result.findings[0].code == "RV-S48"
    assert silent.verdict is Verdict.SKIPPED
    assert wrong.verdict is Verdict.FAILED


def test_a_project_that_is_known_needs_no_question(sitting, service):
    known = {"protocol_id": ["10.1/x"]}

    result = sitting.run(
        "metadata_project_validator",
        sitting.context(session_parameters=known),
        metadata_service_url=service,
        metadata_project_name="ophys",
    )

    assert result.verdict is Verdict.OK, result.findings
    assert result.data == {
        "project": "Ophys",
        "protocol": "10.1/x",
        "experimenters": ["ada"],
    }
    assert json.loads((sitting.folder / "project.json").read_text()) == {
        "project_name": "Ophys",
        "protocol_id": ["10.1/x"],
        "operator": "ada",
    }


def test_a_project_that_is_not_known_is_chosen(sitting, service):
    answers = {"project": "2", "protocol": ""}

    result = sitting.run(
        "metadata_project_validator",
        sitting.context(answers),
        metadata_service_url=service,
        metadata_project_name="Ofis",
    )

    assert result.data["project"] == "Ephys"
    assert "protocol" not in result.data


def test_a_protocol_is_looked_up(sitting, service):
    result = sitting.run(
        "metadata_protocol_validator",
        metadata_service_url=service,
        metadata_protocol_name="dark grating",
    )

    assert result.data == {"protocol": "10.1/x"}


def test_an_editor_is_waited_for(sitting):
    code = "import sys; open(sys.argv[1], 'a').write('calm')"
    command = [sys.executable, "-c", code]

    result = sitting.run(
        "experiment_notes_editor",
        sitting.context(has_terminal=True),
        experiment_notes_editor_command=command,
    )

    assert (result.verdict, result.data) == (Verdict.OK, {})
    assert (sitting.folder / "experiment_notes.txt").read_text() == "calm"


def test_a_detached_editor_is_known_again_and_never_closed(sitting):
    from ranvier.session.steps._editor import is_open

    result = sitting.run(
        "experiment_notes_editor",
        sitting.context(has_terminal=True),
        experiment_notes_editor_command=[
            sys.executable,
            "-c",
            "import time; time.sleep(60)",
        ],
        experiment_notes_editor_detached=True,
    )
    editor = result.data["notes_editor"]
    was_open = is_open(editor)
    psutil.Process(editor["pid"]).kill()

    assert was_open
    wait_until(lambda: not is_open(editor))


def meet(sitting, port, node, **parameters):
    return sitting.run(
        "ready_barrier",
        ready_barrier_port=port,
        ready_barrier_node=node,
        **{"ready_barrier_timeout_sec": 10, **parameters},
    )


def meet_in_threads(sitting, port, machines):
    results = {}

    def come(node, parameters):
        results[node] = meet(sitting, port, node, **parameters)

    threads = [threading.Thread(target=come, args=each) for each in machines.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return unused.getsockname()[1]


HOST = {"ready_barrier_role": "host"}
GUEST = {"ready_barrier_role": "guest"}


def test_nobody_goes_before_all_are_there(sitting, port):
    machines = {
        "b": GUEST,
        "c": GUEST,
        "a": {**HOST, "ready_barrier_guests": 2},
    }

    results = meet_in_threads(sitting, port, machines)

    assert {result.verdict for result in results.values()} == {Verdict.OK}
    assert set(results["a"].data["ready_barrier"]) == {"a", "b", "c"}


def test_another_session_and_a_silent_caller_do_not_open_the_barrier(sitting, port):
    machines = {
        "stranger": {**GUEST, "ready_barrier_key": "mouse-9"},
        "a": {**HOST, "ready_barrier_timeout_sec": 2},
    }
    silent = threading.Thread(target=lambda: hold_open(port))
    silent.start()

    results = meet_in_threads(sitting, port, machines)
    silent.join(10)

    assert "mouse-9" in results["a"].findings[0].found
    assert results["stranger"].findings[0].problem == "the host refused this machine."


def hold_open(port):
    def connect():
        try:
            return socket.create_connection(("127.0.0.1", port), 1)
        except OSError:
            return None

    found = []
    wait_until(lambda: found.append(connect()) or found[-1])
    with found[-1] as connection:
        connection.settimeout(10)
        connection.recv(1)  # until the host gives up


def test_a_stop_opens_no_barrier(sitting, port):
    stopper = threading.Thread(target=lambda: stop_when_met(sitting, port))
    stopper.start()
    machines = {"a": {**HOST, "ready_barrier_guests": 2}, "b": GUEST}

    results = meet_in_threads(sitting, port, machines)
    stopper.join(10)

    assert {result.verdict for result in results.values()} == {Verdict.FAILED}


def stop_when_met(sitting, port):
    def is_joined():
        return any(
            each.status == "ESTABLISHED" and each.laddr.port == port
            for each in psutil.Process().net_connections("tcp")
        )

    wait_until(is_joined)
    sitting.stop.request(by="operator")


def test_a_guest_without_a_host_says_so(sitting, port):
    result = meet(sitting, port, "b", **{**GUEST, "ready_barrier_timeout_sec": 0.3})

    assert result.findings[0].problem == "the ready barrier did not open."


def test_ready_is_told_over_zeromq_to_one_who_comes_later(sitting, port):
    pytest.importorskip("zmq")
    address = f"tcp://127.0.0.1:{port}"
    results = []
    teller = threading.Thread(
        target=lambda: results.append(
            sitting.run(
                "zmq_ready_publisher",
                zmq_ready_publisher_wait=3,
                zmq_ready_publisher_address=address,
            )
        )
    )
    teller.start()
    heard = sitting.run(
        "zmq_ready_waiter", zmq_ready_waiter_timeout=5, zmq_ready_waiter_address=address
    )
    sitting.stop.request(by="test")
    teller.join(10)
    alone = sitting.run(
        "zmq_ready_waiter", zmq_ready_waiter_timeout=0, zmq_ready_waiter_address=address
    )

    assert heard.verdict is Verdict.OK, heard.findings
    assert results[0].verdict is Verdict.OK, results[0].findings
    assert alone.verdict is Verdict.FAILED


@pytest.fixture
def terminal():
    master, slave = pty.openpty()
    with os.fdopen(slave, "r") as stdin, Path(os.ttyname(slave)).open("w") as stdout:
        yield master, stdin, stdout
    os.close(master)


def test_a_person_answers_at_a_real_terminal(terminal):
    keys, stdin, stdout = terminal
    operator = TerminalOperator(stdin, stdout, lambda: False)
    os.write(keys, b"250\n23.5\n")

    answer = operator.ask(
        Question("weight", "Weight?", QuestionKind.NUMBER, (), "g", 5, 100)
    )

    assert answer == 23.5


def test_a_stop_takes_a_question_back(terminal):
    _, stdin, stdout = terminal
    operator = TerminalOperator(stdin, stdout, lambda: True)

    with pytest.raises(OperatorError) as caught:
        operator.ask(Question("user", "Who?"))

    assert caught.value.found == "the session was stopped"


def test_the_end_of_a_terminal_is_no_answer(terminal):
    keys, stdin, stdout = terminal
    os.write(keys, b"\x04")

    with pytest.raises(OperatorError) as caught:
        TerminalOperator(stdin, stdout).ask(Question("user", "Who?"))

    assert caught.value.code == "RV-S83"
