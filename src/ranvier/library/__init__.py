"""Nodes shipped with ranvier, one or one family a module; import the module itself."""
