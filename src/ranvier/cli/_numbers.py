"""Rates and times in as few characters as a table has room for."""

from __future__ import annotations


def format_rate(hz: float) -> str:
    """Write a rate in at most five characters.

    Returns
    -------
    str
        Without its unit.

    Examples
    --------
    >>> [format_rate(hz) for hz in (0, 0.254, 14.98, 120.2, 1000.4, 20_400)]
    ['0', '0.25', '15.0', '120', '1000', '20.4k']
    """
    if hz == 0:
        return "0"
    if hz < 10:
        return f"{hz:.2f}"
    if hz < 100:
        return f"{hz:.1f}"
    if hz < 9_999.5:
        return f"{hz:.0f}"
    return f"{hz / 1000:.1f}k" if hz < 99_950 else f"{hz / 1000:.0f}k"


def format_ms(value: float | None) -> str:
    """Write a time in ms in at most five characters.

    Returns
    -------
    str
        "-" where nothing is known.

    Examples
    --------
    >>> [format_ms(value) for value in (None, 0.0123, 0.5, 12.34, 123.4, 20_000)]
    ['-', '0.01', '0.50', '12.3', '123', '20 s']
    """
    if value is None:
        return "-"
    if value < 10:
        return f"{value:.2f}"
    if value < 100:
        return f"{value:.1f}"
    return f"{value:.0f}" if value < 9_999.5 else f"{value / 1000:.0f} s"
