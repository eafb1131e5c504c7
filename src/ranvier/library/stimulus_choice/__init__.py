"""Choice of the next stimulus: by lot, in blocks, or by what it is worth.

Each comes as a node for a graph and as an ask/tell class for a script.
"""

from __future__ import annotations

from ranvier.library.stimulus_choice._choosers import (
    BayesianChooser,
    BlockedChooser,
    UniformChooser,
    compute_improvement,
)
from ranvier.library.stimulus_choice._gaussian_process import GaussianProcess, Posterior
from ranvier.library.stimulus_choice._kernels import (
    BoxKernel,
    PeriodicKernel,
    build_box_kernels,
    build_direction_kernels,
)
from ranvier.library.stimulus_choice._nodes import (
    BayesianChoice,
    BlockedChoice,
    UniformChoice,
)

__all__ = [
    "BayesianChoice",
    "BayesianChooser",
    "BlockedChoice",
    "BlockedChooser",
    "BoxKernel",
    "GaussianProcess",
    "PeriodicKernel",
    "Posterior",
    "UniformChoice",
    "UniformChooser",
    "build_box_kernels",
    "build_direction_kernels",
    "compute_improvement",
]
