"""Files that others see: opened and moved without following a link, written whole, named so that none is written over.

Shared by the front ends that work with directories.
"""
