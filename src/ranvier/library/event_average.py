"""Event-triggered averages on line: the mean response to each kind of event so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ranvier import causal
from ranvier.library._samples import as_row, read_time
from ranvier.node import Input, Output, Parameter, Stamped, Transform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike

_S = 1e-9


class EventAverage(Transform):
    """Average a signal around events, by condition, as they come.

    A response is aligned exactly, by interpolation at ``event + t``, and sent with
    the average of its condition once the signal has reached the end of the window.
    See `ranvier.causal.EventAverage`.

    The time of an event is its `time_ns` where it has one (as those of
    `event_trigger`), else that of its message; it may be told up to `patience` late.

    Examples
    --------
    >>> node = EventAverage(start=-1, stop=1, rate_hz=1, baseline=0, max_gap=2)
    >>> node.on_event({"time_ns": 2_000_000_000, "condition": "cue"})
    >>> sent = [node.advance([10.0 * s], s * 1_000_000_000) for s in range(4)]
    >>> list(sent[2])[0].value["mean"].ravel()
    array([10., 20.])
    """

    signal = Input("any", help="() or (n_channels,), one sample a message.")
    event = Input("any", help="A mapping, or anything that comes at its moment.")
    average = Output(
        "mapping",
        help="condition, event_s, and by point and channel: response, mean, sem, n; t.",
    )

    start = Parameter(-1.0, unit="s", help="Start of the window, from the event.")
    stop = Parameter(2.0, unit="s", help="End of the window, from the event.")
    rate_hz = Parameter(
        30.0, unit="Hz", minimum=0.001, help="Points per second of the response."
    )
    baseline = Parameter(
        0.2,
        unit="s",
        minimum=0.0,
        help="Time before the event whose mean is taken away; 0 for none.",
    )
    condition_key = Parameter(
        "condition", help="Name, within the event, of what it is averaged by."
    )
    max_gap = Parameter(
        0.5, unit="s", minimum=0.0, help="Longest gap of the signal bridged."
    )
    patience = Parameter(
        1.0, unit="s", minimum=0.0, help="How late an event may be told."
    )

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._average = causal.EventAverage(
            (self.start, self.stop),
            self.rate_hz,
            baseline=(-self.baseline, 0.0) if self.baseline else None,
            max_gap=self.max_gap,
            patience=self.patience,
        )

    def on_event(self, event: Any) -> None:
        """Take in an event.

        Parameters
        ----------
        event
            A mapping with `time_ns` (ns on the clock of the signal) and the
            condition, both of which may be missing; or any other value.
        """
        told = cast("dict[str, Any]", event) if isinstance(event, dict) else {}
        time_ns = told.get("time_ns", read_time(self))
        condition = str(told.get(self.condition_key, ""))
        self._average.add_event(int(time_ns) * _S, condition)

    def on_signal(self, signal: ArrayLike) -> Iterator[Stamped]:
        """Take in a sample.

        Parameters
        ----------
        signal
            () or (n_channels,), any unit.

        Returns
        -------
        iterator of Stamped
            See `advance`.
        """
        return self.advance(signal, read_time(self))

    def advance(self, signal: ArrayLike, time_ns: int) -> Iterator[Stamped]:
        """Take in a sample with its time; `on_signal` for those outside a run.

        Parameters
        ----------
        signal
            () or (n_channels,), any unit.
        time_ns
            Its time, ns, on any one clock.

        Returns
        -------
        iterator of Stamped
            For each response now complete: `condition`, `event_s` (time of the
            event, s), `response`, and of its condition up to this sample `mean`,
            `sem` and `n`, all (n_points, n_channels); `t` (n_points,), s from the
            event.
        """
        row = as_row(signal)
        responses = self._average.update([time_ns * _S], row)
        averages = self._average.averages if responses else {}
        return (
            Stamped(self._describe(response, averages[response.condition]), time_ns)
            for response in responses
        )

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the averages, and the events under way.

        Returns
        -------
        dict
            Plain data and arrays.
        """
        return self._average.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._average.restore(state)

    def _describe(
        self, response: causal.Response, average: causal.ConditionAverage
    ) -> dict[str, Any]:
        return {
            "condition": response.condition,
            "event_s": response.time,
            "response": response.values,
            **average._asdict(),
        }
