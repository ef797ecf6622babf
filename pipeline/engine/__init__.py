"""The process that computes. ``__main__`` is its entry, ``loop`` its heart; only the local engine imports torch."""
