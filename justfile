# Verbs of the house; `just` alone lists them. Run inside a virtual environment.

default:
    @just --list --unsorted

# Install for development, with the hooks
setup:
    python -m pip install -e ".[dev]"
    pre-commit install

# Format and mend what can be mended
fmt:
    ruff check --fix .
    ruff format .

# Lint
lint:
    ruff check .
    ruff format --check .

# Types, strict
types:
    pyright

# Import contracts, and the worker's side in Python 3.9
imports:
    lint-imports
    python tools/check_python39.py

# Quick tests: no process, no socket
test *options:
    pytest -m "not system" {{ options }}

# Tests with real processes
system *options:
    pytest -m system {{ options }}

# Write schemas and generated pages anew
docs:
    python tools/write_schemas.py
    python tools/write_docs.py

# All that must hold before a change goes in, quick tests only
check: lint types imports test

# The same in a fresh environment, with all tests
ci:
    bash .ci/run
