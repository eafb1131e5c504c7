"""Numerics for streams: each value from the past alone, on-line as off-line."""

from __future__ import annotations

__all__: list[str] = []
