"""Hosts that answer, refuse or stay silent; packages of another interpreter."""

import socket
import sys
import time
from pathlib import Path

import pytest

from ranvier.session.faults import Severity
from ranvier.session.preflight import Endpoint, HostsReachable, PackagesPresent

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@pytest.fixture
def silent():
    """A port whose queue is full: whoever connects waits, as for a host that is off."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
            waiting.append(one)
        yield listening.getsockname()[1]
        for one in waiting:
            one.close()


def test_a_host_that_answers_is_well(server):
    (finding,) = HostsReachable((Endpoint("127.0.0.1", server),)).run()

    assert finding.severity is Severity.OK


def test_a_host_that_refuses_is_an_error_unless_it_is_optional(server, free_port):
    endpoints = (
        Endpoint("127.0.0.1", free_port),
        Endpoint("127.0.0.1", server),
        Endpoint("127.0.0.1", free_port, is_required=False),
    )
    findings = HostsReachable(endpoints).run()

    assert [f.severity for f in findings] == [Severity.ERROR, Severity.WARNING]
    assert findings[0].code == "RV-S93"
    assert findings[0].problem == f"127.0.0.1:{free_port} does not answer."


def test_silent_hosts_are_waited_for_together(silent):
    started = time.monotonic()
    findings = HostsReachable((Endpoint("127.0.0.1", silent, 0.5),) * 10).run()
    took_s = time.monotonic() - started

    assert len(findings) == 10
    assert took_s < 2.5


def test_another_interpreter_is_asked_for_its_own_packages():
    wanted = ("pytest", "no-such-package")
    findings = PackagesPresent(wanted, python=Path(sys.executable)).run()

    assert [f.found for f in findings] == ["none"]
