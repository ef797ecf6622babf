"""Input pictures from anywhere: checked, decoded in a process of their own, and made anew."""

from pipeline.images.intake import ImageLimits, TakenImage, take_in, take_in_async
from pipeline.images.pixels import rgb_bytes

__all__ = ["ImageLimits", "TakenImage", "rgb_bytes", "take_in", "take_in_async"]
