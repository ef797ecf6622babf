"""Input pictures from anywhere: checked, decoded in a process of their own, and made anew."""

from pipeline.images.intake import ImageLimits, TakenImage, take_in, take_in_async

__all__ = ["ImageLimits", "TakenImage", "take_in", "take_in_async"]
