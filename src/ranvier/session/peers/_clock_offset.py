"""How far the clock of another machine is from ours, and how sure that is.

As in NTP: a question and its answer bound the offset by half their round trip, however
unlike the two ways are; of several, the one with the shortest round trip says most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

N_EXCHANGES = 8


@dataclass(frozen=True)
class ClockExchange:
    """One question for the time and its answer.

    Parameters
    ----------
    asked_ns, back_ns
        On our monotonic clock: the question went, the answer came.
    heard_ns, answered_ns
        On the other's: the question came, the answer went.
    """

    asked_ns: int
    heard_ns: int
    answered_ns: int
    back_ns: int

    @property
    def round_trip_ns(self) -> int:
        """Time on the way, there and back."""
        return (self.back_ns - self.asked_ns) - (self.answered_ns - self.heard_ns)


@dataclass(frozen=True)
class ClockOffset:
    """The other's monotonic clock minus ours at one instant.

    Parameters
    ----------
    offset_ns
        To be added to a time of ours.
    error_ns
        The true offset is at most so far from it, as long as neither clock has drifted
        away since: some 10 µs in a second, for common quartzes.
    """

    offset_ns: int
    error_ns: int


def estimate_offset(exchanges: Iterable[ClockExchange]) -> ClockOffset | None:
    """Estimate the offset by the exchange with the shortest round trip.

    Parameters
    ----------
    exchanges
        Of one connection; those whose round trip is negative are not possible, and
        left out.

    Returns
    -------
    ClockOffset or None
        None if none is left.

    Examples
    --------
    >>> estimate_offset([ClockExchange(0, 1_050, 1_060, 110)])
    ClockOffset(offset_ns=1000, error_ns=50)
    """
    possible = [each for each in exchanges if each.round_trip_ns >= 0]
    if not possible:
        return None
    best = min(possible, key=lambda each: each.round_trip_ns)
    there, back = best.heard_ns - best.asked_ns, best.answered_ns - best.back_ns
    # Both are odd or both even: what the one loses by rounding, the other has more.
    return ClockOffset((there + back) // 2, (best.round_trip_ns + 1) // 2)


class ClockBurst:
    """Several exchanges, one after the other.

    Parameters
    ----------
    n_exchanges
        How many.
    """

    def __init__(self, n_exchanges: int = N_EXCHANGES) -> None:
        self._left = n_exchanges
        self._asked_ns: int | None = None
        self._exchanges: list[ClockExchange] = []

    @property
    def is_over(self) -> bool:
        """True if all have been made."""
        return self._left <= 0

    @property
    def offset(self) -> ClockOffset | None:
        """What the exchanges so far say."""
        return estimate_offset(self._exchanges)

    def ask(self, now_ns: int) -> dict[str, Any]:
        """Give the next question.

        Returns
        -------
        dict
            A word for the other machine.
        """
        self._asked_ns = now_ns
        return {"status": "clock", "asked_ns": now_ns}

    def hear(self, word: dict[str, Any], now_ns: int) -> bool:
        """Take an answer.

        Returns
        -------
        bool
            False if it is none to the last question; nothing has changed then.
        """
        times = (word.get("heard_ns"), word.get("answered_ns"))
        if self._asked_ns is None or word.get("asked_ns") != self._asked_ns:
            return False
        self._left, asked_ns, self._asked_ns = self._left - 1, self._asked_ns, None
        if all(type(each) is int for each in times):
            heard_ns, answered_ns = times
            self._exchanges.append(
                ClockExchange(
                    asked_ns, int(heard_ns or 0), int(answered_ns or 0), now_ns
                )
            )
        return True


def answer_clock(word: dict[str, Any], now_ns: int) -> dict[str, Any]:
    """Answer a question for the time.

    Returns
    -------
    dict
        A word for the other machine.
    """
    asked_ns = word.get("asked_ns")
    return {
        "status": "clock",
        "asked_ns": asked_ns,
        "heard_ns": now_ns,
        "answered_ns": now_ns,
    }
