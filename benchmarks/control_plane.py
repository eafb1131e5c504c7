"""Control plane: an inherited socket pair against zenoh, on what a supervisor needs.

For each worker of a run: time from the start of the process until it has said that it
is there, private memory and threads that the connection costs, round trip of a small
word, and how soon the supervisor knows that the process was killed with signal 9.

    pip install eclipse-zenoh
    python benchmarks/control_plane.py --repeats 15

Both kinds take turns, so that what else the machine does falls on both alike.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

N_PINGS = 300
PAUSE_S = 0.002


def main() -> int:
    arguments = _parse_arguments()
    if arguments.worker:
        return WORKERS[arguments.worker](*arguments.rest)
    kinds = [kind for kind in MEASURED if kind != "zenoh" or _has_zenoh()]
    if "zenoh" not in kinds:
        print("eclipse-zenoh is not installed: only the socket pair is measured")
    results: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    for _ in range(arguments.repeats):
        for kind in kinds:
            results[kind].append(MEASURED[kind]())
    _print_table(results)
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


def _has_zenoh() -> bool:
    try:
        import zenoh  # noqa: F401
    except ImportError:
        return False
    return True


# --- the socket pair ---------------------------------------------------------------


def measure_socket_pair() -> dict[str, float]:
    ours, theirs = socket.socketpair()
    began = time.monotonic()
    process = _start("socket", str(theirs.fileno()), keep=theirs.fileno())
    theirs.close()
    found = json.loads(ours.recv(65536))
    found["ready_ms"] = (time.monotonic() - began) * 1e3

    def ping() -> None:
        ours.sendall(b"x" * 100)
        ours.recv(65536)

    found["round_trip_us"] = _time_pings(ping)
    killed = time.monotonic()
    process.send_signal(signal.SIGKILL)
    ours.recv(65536)  # ends with the process
    found["notice_ms"] = (time.monotonic() - killed) * 1e3
    ours.close()
    process.wait()
    return found


def work_by_socket_pair(handle: str) -> int:
    before = _look_at_self()
    began = time.monotonic()
    connection = socket.socket(fileno=int(handle))
    opened = time.monotonic() - began
    _say(connection.sendall, before, opened)
    while data := connection.recv(65536):
        connection.sendall(data)
    return 0


# --- zenoh ---------------------------------------------------------------------------


def measure_zenoh() -> dict[str, float]:
    import zenoh

    endpoint = f"tcp/127.0.0.1:{_free_port()}"
    session = zenoh.open(_zenoh_config("listen", endpoint))
    said: list[bytes] = []
    arrived, gone = threading.Event(), threading.Event()

    def hear(sample: object) -> None:
        said.append(bytes(sample.payload))
        arrived.set()

    def see(sample: object) -> None:
        if sample.kind == zenoh.SampleKind.DELETE:
            gone.set()

    heard = session.declare_subscriber("run/said", hear)
    alive = session.liveliness().declare_subscriber("run/alive/*", see)
    began = time.monotonic()
    process = _start("zenoh", endpoint)
    if not arrived.wait(30):
        raise TimeoutError("the worker has not come up")
    found = json.loads(said[0])
    found["ready_ms"] = (time.monotonic() - began) * 1e3

    def ping() -> None:
        for _ in session.get("run/ask", payload=b"x" * 100):
            pass

    found["round_trip_us"] = _time_pings(ping)
    killed = time.monotonic()
    process.send_signal(signal.SIGKILL)
    gone.wait(30)
    found["notice_ms"] = (time.monotonic() - killed) * 1e3
    process.wait()
    heard.undeclare()
    alive.undeclare()
    session.close()
    return found


def work_by_zenoh(endpoint: str) -> int:
    before = _look_at_self()
    began = time.monotonic()
    import zenoh

    session = zenoh.open(_zenoh_config("connect", endpoint))
    token = session.liveliness().declare_token("run/alive/worker")
    answer = session.declare_queryable(
        "run/ask", lambda query: query.reply(query.key_expr, query.payload)
    )
    opened = time.monotonic() - began
    _say(lambda data: session.put("run/said", data), before, opened)
    threading.Event().wait()
    del token, answer
    return 0


def _zenoh_config(direction: str, endpoint: str) -> object:
    import zenoh

    config = zenoh.Config()
    config.insert_json5("mode", '"peer"')
    config.insert_json5("scouting/multicast/enabled", "false")
    config.insert_json5(f"{direction}/endpoints", json.dumps([endpoint]))
    if direction == "connect":
        config.insert_json5("listen/endpoints", "[]")
    return config


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- common to both -------------------------------------------------------------------


def _start(kind: str, *rest: str, keep: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, __file__, "--worker", kind, *rest],
        pass_fds=() if keep is None else (keep,),
    )


def _time_pings(ping: object) -> float:
    took = []
    for _ in range(N_PINGS):
        began = time.monotonic()
        ping()
        took.append((time.monotonic() - began) * 1e6)
        time.sleep(PAUSE_S)
    return statistics.median(took)


def _look_at_self() -> tuple[float, int]:
    text = Path("/proc/self/smaps_rollup").read_text()
    private = sum(
        int(line.split()[1])
        for line in text.splitlines()
        if line.startswith("Private_")
    )
    return private / 1e3, len(list(Path("/proc/self/task").iterdir()))


def _say(send: object, before: tuple[float, int], opened_s: float) -> None:
    memory_mb, n_threads = _look_at_self()
    found = {
        "open_ms": opened_s * 1e3,
        "memory_mb": memory_mb - before[0],
        "threads": n_threads - before[1],
    }
    send(json.dumps(found).encode())


def _print_table(results: dict[str, list[dict[str, float]]]) -> None:
    rows = (
        ("open_ms", "open the connection, ms (zenoh: with its import)"),
        ("ready_ms", "process started until heard, ms"),
        ("memory_mb", "private memory of it in the worker, MB"),
        ("threads", "threads of it in the worker"),
        ("round_trip_us", "round trip of 100 B, us"),
        ("notice_ms", "kill -9 until noticed, ms"),
    )
    print(f"{'median (smallest to largest)':<52}", *(f"{k:>28}" for k in results))
    for key, words in rows:
        cells = []
        for runs in results.values():
            values = sorted(run[key] for run in runs)
            middle = statistics.median(values)
            cells.append(f"{middle:.4g} ({values[0]:.3g} to {values[-1]:.3g})")
        print(f"{words:<52}", *(f"{cell:>28}" for cell in cells))


WORKERS = {"socket": work_by_socket_pair, "zenoh": work_by_zenoh}
MEASURED = {"socket pair": measure_socket_pair, "zenoh": measure_zenoh}

if __name__ == "__main__":
    sys.exit(main())
