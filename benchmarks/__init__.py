"""Benchmarks of ranvier, beside the physical floor and its peers: see `run.py`."""
