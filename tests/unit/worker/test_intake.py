"""The order of a node's acts is kept and sent on in batches."""

from __future__ import annotations

from ranvier.links import Message, Origin
from ranvier.worker import ENTRY, FINISH, MESSAGE, PARAMETER, PRODUCE, Intake


class Sent:
    """A writer that keeps what it is given."""

    def __init__(self):
        self.payloads = []
        self.ended = False

    def write(self, payload):
        self.payloads.append(payload)

    def end(self):
        self.ended = True


def a_message(sequence, epoch=0):
    return Message(None, 0, sequence, epoch, 0, Origin(0, 0, 0))


def test_acts_are_kept_in_order():
    sent = Sent()
    intake = Intake(sent)
    intake.produce()
    intake.message(3, a_message(2**40, epoch=2**31))
    intake.parameter("level", [1])
    intake.finish()
    intake.flush(None)

    (payload,) = sent.payloads
    assert payload["entries"].dtype == ENTRY
    assert payload["entries"].tolist() == [
        (PRODUCE, 0, 0, 0),
        (MESSAGE, 3, 2**31, 2**40),
        (PARAMETER, 0, 0, 0),
        (FINISH, 0, 0, 0),
    ]
    assert payload["parameters"] == [("level", [1])]


def test_nothing_is_sent_when_nothing_happened():
    sent = Sent()
    Intake(sent).flush(None)

    assert sent.payloads == []


def test_batches_are_sent_by_time_and_by_number():
    sent = Sent()
    intake = Intake(sent)
    intake.produce()
    intake.flush(10**12)
    intake.produce()
    intake.flush(10**12 + 10**8)
    early = len(sent.payloads)
    intake.flush(10**12 + 3 * 10**8)
    for _ in range(1100):
        intake.produce()

    assert early == 1
    assert [len(each["entries"]) for each in sent.payloads] == [1, 1, 512, 512]
    assert intake.is_pending


def test_a_parameter_is_sent_with_its_entry_once():
    sent = Sent()
    intake = Intake(sent)
    for value in range(3):
        intake.parameter("p", value)
        intake.flush(None)
    intake.end()

    assert [each["parameters"] for each in sent.payloads] == [
        [("p", 0)],
        [("p", 1)],
        [("p", 2)],
    ]
    assert sent.ended
