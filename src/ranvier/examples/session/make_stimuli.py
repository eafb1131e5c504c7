"""A step of the task: which gratings are shown, the same ones for the same seed."""

import csv
import random
from pathlib import Path


def write_gratings(output_path: str, n_trials: int, seed: int) -> dict[str, int]:
    """Write a table of gratings, one row a trial."""
    choose = random.Random(seed)
    with Path(output_path).open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["trial", "orientation_deg", "contrast"])
        for trial in range(n_trials):
            orientation = choose.choice([0, 45, 90, 135])
            table.writerow([trial, orientation, choose.choice([0.25, 0.5, 1.0])])
    return {"n_gratings": n_trials}
