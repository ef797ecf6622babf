"""Continuous batching of unmodified diffusers pipelines: where calls of different jobs meet in one forward.

A picture's pipeline is suspended where it calls a network (:mod:`rendezvous`); :mod:`choice` says who goes
next, :mod:`signature` what may be merged, :mod:`merge` how, :mod:`forward` runs it, :mod:`verification` checks
the first merged forward of a kind against single ones.
"""
