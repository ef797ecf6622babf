"""What is learnt, one stage after the other: text encoder and UNet, then polished, then CLIP, then ControlNet."""
