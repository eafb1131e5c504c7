"""The one Stop of a session."""

from __future__ import annotations

import queue
import signal
import threading
import time

from ranvier.session.programs import StopRequest, StopSignal


def test_the_second_request_is_urgent():
    stop = StopSignal()
    stop.request("operator", "restless")
    stop.request("SIGTERM")

    assert stop.requests == (
        StopRequest("operator", "restless", is_urgent=False),
        StopRequest("SIGTERM", "", is_urgent=True),
    )
    assert stop.is_requested
    assert stop.is_urgent


def test_nothing_is_asked_at_first():
    stop = StopSignal()

    assert not stop.is_requested
    assert not stop.is_urgent
    assert not stop.wait(0)


def test_a_listener_hears_what_was_asked_before_it_came():
    stop = StopSignal()
    stop.request("operator")
    heard = []
    stop.add_listener(heard.append)
    stop.request("operator")

    assert [request.is_urgent for request in heard] == [False, True]


def test_a_removed_listener_hears_no_more():
    stop = StopSignal()
    heard = []
    remove = stop.add_listener(heard.append)
    remove()
    remove()
    stop.request("operator")

    assert heard == []


def test_a_waiting_thread_is_woken():
    stop = StopSignal()
    woken = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: woken.put(stop.wait(5)))
    thread.start()
    stop.request("operator")

    assert woken.get(timeout=5)
    thread.join()


def test_a_signal_handler_may_ask_while_its_own_thread_waits():
    stop = StopSignal()
    before = signal.signal(signal.SIGUSR1, lambda *_: stop.request("SIGUSR1"))
    here = threading.get_ident()
    timer = threading.Timer(0.01, signal.pthread_kill, [here, signal.SIGUSR1])
    start_s = time.monotonic()
    try:
        timer.start()
        is_asked = stop.wait(5)
        waited_s = time.monotonic() - start_s
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)

    assert is_asked
    assert waited_s < 4


def test_many_threads_ask_and_each_request_is_told_once():
    stop = StopSignal()
    heard = queue.SimpleQueue()
    stop.add_listener(heard.put)
    threads = [threading.Thread(target=stop.request, args=(str(n),)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [heard.get(timeout=1) for _ in range(20)]

    assert heard.empty()
    assert {request.by for request in told} == {str(n) for n in range(20)}
    assert [request.is_urgent for request in told].count(False) == 1
