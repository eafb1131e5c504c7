"""What a worker hears of its supervisor, over a real socket pair."""

from __future__ import annotations

import socket
import threading

import pytest

from ranvier.worker import Begin, Exit, Finish, Pause, Setup, pack_word
from ranvier.worker._orders import Orders, ToldToExit
from ranvier.worker._words import ToWorker, WordSocket


class Desk:
    """The supervisor's end of the socket, and the orders at the other."""

    def __init__(self):
        self.mine, self.theirs = socket.socketpair()
        self.alone = threading.Event()
        self.orders = Orders(WordSocket(self.theirs, ToWorker), self.alone.set)
        self.orders.listen()

    def say(self, *words):
        self.mine.sendall(b"".join(map(pack_word, words)))


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.mine.close()
    assert desk.alone.wait(5)
    desk.theirs.close()


def test_words_of_other_kinds_are_passed_over_until_the_start(desk):
    desk.say(Pause(), Finish(), Begin(7))

    assert desk.orders.next(Begin).start_ns == 7
    assert not desk.orders.waiting


def test_the_word_to_exit_ends_the_waiting_for_any_other(desk):
    desk.say(Exit())

    with pytest.raises(ToldToExit):
        desk.orders.next(Setup)
    assert desk.orders.exits
    assert not desk.orders.orphaned


def test_a_word_wakes_the_loop(desk):
    woken = threading.Event()
    desk.orders.wake = woken.set
    desk.say(Pause())

    assert woken.wait(5)
    assert list(desk.orders.waiting) == [Pause()]


def test_a_worker_whose_supervisor_is_gone_is_an_orphan_that_ends(desk):
    desk.mine.close()

    assert desk.alone.wait(5)
    assert desk.orders.orphaned
    with pytest.raises(ToldToExit):
        desk.orders.next(Begin)


def test_nonsense_on_the_socket_is_taken_for_a_lost_supervisor(desk):
    desk.mine.sendall(b"\xff" * 64)

    assert desk.alone.wait(5)
    assert desk.orders.orphaned
