"""Options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option("--config", metavar="PATH", help="Configuration file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

JobId = Annotated[str, typer.Argument(metavar="ID", help="A job, or the beginning of its id.", show_default=False)]

Prompt = Annotated[
    str, typer.Argument(metavar="PROMPT", help="What to draw (one argument; after -- it may begin with a dash).")
]
Seed = Annotated[int | None, typer.Option("--seed", help="0 to 4294967295; picture i is drawn with seed + i.")]
Steps = Annotated[int | None, typer.Option("--steps", help="Denoising steps, 1 to 150.")]
Size = Annotated[str | None, typer.Option("--size", metavar="WxH", help="Pixels: 768x512, or 512 for a square.")]
Count = Annotated[int, typer.Option("--count", "-n", help="How many pictures, 1 to 64.")]
Model = Annotated[str | None, typer.Option("--model", help="A name that 'mezzotint models list' shows.")]
Scheduler = Annotated[str | None, typer.Option("--scheduler", help="For example 'Euler a' or 'DPM++ 2M Karras'.")]
Guidance = Annotated[float | None, typer.Option("--guidance", help="How closely to follow the prompt, 0 to 50.")]
Negative = Annotated[str, typer.Option("--negative", metavar="TEXT", help="What to avoid.")]
Image = Annotated[Path | None, typer.Option("--image", metavar="PATH", help="Picture to start from (PNG, JPEG, WebP).")]
Strength = Annotated[float | None, typer.Option("--strength", help="With --image: 0 keeps the picture, 1 ignores it.")]
Deterministic = Annotated[
    bool, typer.Option("--deterministic", help="Bit-identical when drawn again, whatever else is drawn; slower.")
]
