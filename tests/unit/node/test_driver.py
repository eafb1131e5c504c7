"""One node is stepped as its ports and methods say."""

from __future__ import annotations

import pytest

from ranvier.core import NodeError
from ranvier.links import Message, Origin
from ranvier.node import (
    Emission,
    Input,
    NodeDriver,
    Output,
    Sink,
    Source,
    Stamped,
    StopProducing,
    Transform,
    step_all,
)


def values(emissions):
    return [(each.output, each.value) for each in emissions]


class Adder(Transform):
    """Two inputs that both cause a step."""

    a = Input("float64", shape=())
    b = Input("float64", shape=())
    total = Output("float64", shape=())

    def process(self, b, a):
        return None if a is None or b is None else a + b


def test_several_inputs_come_by_name_with_the_newest_of_the_others():
    sent = step_all(NodeDriver(Adder()), [("a", 1), ("b", 10), ("a", 2), ("b", 20)])

    assert values(sent) == [("total", 11), ("total", 12), ("total", 22)]


class Held(Transform):
    """One input causes a step, the other is held."""

    x = Input()
    gain = Input(hold=True)
    y = Output()

    def process(self, x, gain):
        return (x, gain)


def test_a_held_input_causes_no_step_and_its_newest_value_is_given():
    sent = step_all(NodeDriver(Held()), [("x", 1), ("gain", 5), ("gain", 6), ("x", 2)])

    assert values(sent) == [("y", (1, None)), ("y", (2, 6))]


class OnlyHeld(Sink):
    """Never steps."""

    x = Input(hold=True)

    def process(self, x):
        raise AssertionError("a held input causes no step")


def test_a_node_with_nothing_but_a_held_input_never_steps():
    assert step_all(NodeDriver(OnlyHeld()), [("x", 1)]) == []


class Reset(Transform):
    """An input with a method of its own is no argument of process."""

    x = Input()
    reset = Input()
    y = Output()

    def __init__(self):
        super().__init__()
        self.n = 0

    def process(self, anything):
        self.n += 1
        return self.n

    def on_reset(self, value):
        self.n = 0
        return f"reset by {value}"


def test_an_input_with_its_own_method_goes_there():
    sent = step_all(
        NodeDriver(Reset()), [("x", 0), ("x", 0), ("reset", "me"), ("x", 0)]
    )

    assert [each.value for each in sent] == [1, 2, "reset by me", 1]


class Two(Transform):
    """Several outputs."""

    x = Input()
    low = Output()
    high = Output()

    def process(self, x):
        return x


def test_several_outputs_take_a_mapping():
    driver = NodeDriver(Two())

    assert values(driver.deliver("x", {"high": 2})) == [("high", 2)]
    assert values(driver.deliver("x", {"low": None, "high": 3})) == [("high", 3)]
    assert values(driver.deliver("x", {})) == []
    assert values(driver.deliver("x", None)) == []


@pytest.mark.parametrize("given", [5, {"nope": 1}, {"low": 1, "nope": 2}, [1, 2]])
def test_what_names_no_output_is_refused(given):
    with pytest.raises(NodeError, match="low, high") as caught:
        list(NodeDriver(Two()).deliver("x", given))

    assert caught.value.code == "RV-N09"


def test_times_of_origin_may_be_given_for_all_or_for_each():
    driver = NodeDriver(Two())
    all_at_once = driver.deliver("x", Stamped({"low": 1, "high": 2}, 7))
    each_its_own = driver.deliver("x", {"low": Stamped(1, 5), "high": 2})

    assert list(all_at_once) == [Emission("low", 1, 7), Emission("high", 2, 7)]
    assert list(each_its_own) == [Emission("low", 1, 5), Emission("high", 2, None)]


class Echo(Transform):
    """Gives out what came in."""

    x = Input()
    y = Output()

    def process(self, x):
        return x


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, [Emission("y", 0)]),
        (False, [Emission("y", False)]),
        ("", [Emission("y", "")]),
        ({"y": 1}, [Emission("y", {"y": 1})]),
        (Stamped(3, 99), [Emission("y", 3, 99)]),
        (None, []),
        (Stamped(None, 99), []),
    ],
)
def test_one_output_takes_the_value_itself(given, expected):
    assert list(NodeDriver(Echo()).deliver("x", given)) == expected


def test_a_stamped_nothing_among_several_outputs_is_nothing():
    sent = NodeDriver(Two()).deliver("x", {"low": Stamped(None, 1), "high": 2})

    assert values(sent) == [("high", 2)]


class Burst(Transform):
    """Gives out several messages for one."""

    n = Input()
    y = Output()

    def process(self, n):
        for value in range(n):
            yield value if value % 2 == 0 else None


def test_a_generator_sends_each_of_its_values():
    driver = NodeDriver(Burst())

    assert values(driver.deliver("n", 5)) == [("y", 0), ("y", 2), ("y", 4)]
    assert values(driver.deliver("n", 0)) == []


class Counter(Source):
    """A source that is a generator, with a tidy end."""

    y = Output()

    def __init__(self):
        super().__init__()
        self.closed = False

    def produce(self):
        try:
            yield 1
            yield None
            yield Stamped(3, 30)
        finally:
            self.closed = True


def test_a_generator_source_gives_one_item_a_call_and_then_stops():
    driver = NodeDriver(Counter())
    first = list(driver.produce())
    rest = [list(driver.produce()) for _ in range(2)]

    assert first == [Emission("y", 1)]
    assert rest == [[], [Emission("y", 3, 30)]]
    assert driver.is_generator
    for _ in range(2):
        with pytest.raises(StopProducing):
            driver.produce()


def test_a_generator_source_is_closed_in_the_middle():
    node = Counter()
    driver = NodeDriver(node)
    driver.produce()
    driver.close()

    assert node.closed


class Countdown(Source):
    """A source that gives one item a call."""

    y = Output()
    left = 2

    def produce(self):
        if not self.left:
            raise StopProducing
        self.left -= 1
        return self.left


def test_a_source_without_generator_is_asked_until_it_stops():
    driver = NodeDriver(Countdown())
    sent = [list(driver.produce()) for _ in range(2)]

    assert sent == [[Emission("y", 1)], [Emission("y", 0)]]
    assert not driver.is_generator
    with pytest.raises(StopProducing):
        driver.produce()


def test_a_node_that_is_no_source_produces_nothing():
    with pytest.raises(StopProducing):
        NodeDriver(Echo()).produce()


class Steered(Source):
    """A source with an input."""

    amount = Input()
    y = Output()

    def on_amount(self, value):
        return value * 10

    def produce(self):
        yield 1


def test_a_source_answers_its_inputs():
    assert values(NodeDriver(Steered()).deliver("amount", 4)) == [("y", 40)]


class Ender(Transform):
    """Gives out the rest at its end."""

    x = Input()
    y = Output()

    def process(self, x):
        return None

    def finish(self):
        yield "last"
        yield "very last"


def test_finish_gives_the_last_outputs():
    assert values(NodeDriver(Ender()).finish()) == [("y", "last"), ("y", "very last")]
    assert list(NodeDriver(Echo()).finish()) == []


class Silent(Sink):
    """What a sink returns goes nowhere."""

    x = Input()

    def process(self, x):
        return x


def test_what_a_sink_returns_goes_nowhere():
    assert list(NodeDriver(Silent()).deliver("x", 5)) == []


def test_errors_of_the_node_come_through_unchanged():
    class Broken(Sink):
        x = Input()

        def process(self, x):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        NodeDriver(Broken()).deliver("x", 1)


def test_a_message_is_delivered_with_its_header():
    class Looks(Transform):
        x = Input()
        y = Output()

        def process(self, x):
            return self.context.message.sequence

    message = Message("p", 1, 42, 0, 5, Origin(1, 42, 5))

    assert [e.value for e in step_all(NodeDriver(Looks()), [("x", message)])] == [42]
