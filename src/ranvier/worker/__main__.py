"""`python -m ranvier.worker`: the process of one node or of one group."""

from __future__ import annotations

import sys

from ranvier.worker import main

sys.exit(main(sys.argv[1:]))
