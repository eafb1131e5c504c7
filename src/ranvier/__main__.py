"""`python -m ranvier`: the command line."""

from __future__ import annotations

from ranvier.cli import main

main()
