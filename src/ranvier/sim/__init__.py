"""Simulated apparatus and preparations; import the module itself."""
