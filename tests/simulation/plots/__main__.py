"""Draw all plots into the folder that is named: ``python -m simulation.plots plots``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from simulation.plots import engines, lanes, waits

CHARTS = {"lanes": lanes.chart, "waits": waits.chart, "engines": engines.chart}


def main(folder: Path) -> None:
    """One file each."""
    folder.mkdir(exist_ok=True)
    for name, chart in CHARTS.items():
        began = time.monotonic()
        made = chart()
        path = folder / f"{name}.svg"
        path.write_text(made.drawn(), encoding="utf-8", newline="\n")
        print(f"{path}: {made.title} ({time.monotonic() - began:.0f} s)")
        for line in made.lines:
            if line.label:
                print(f"  {line.label}", *line.marks, sep="  ")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
