"""Teaches the starter model, from pictures of subjects to a folder that can be shipped.

A tool for a terminal: the service never imports it, and the wheel does not hold it.

``python -m pipeline.starter.training --help`` lists what it does; the README beside this file says how to run it.
"""
