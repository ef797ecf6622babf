"""Which models there are, and whether a folder is fit to be loaded: all of it decided before torch sees a file."""
