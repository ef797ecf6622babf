"""Removing what is old: :mod:`.jobs` takes rows out, :mod:`.files` the files they named, :mod:`.leftovers` the rest.

The rows of some jobs and the note of their files go and come in one transaction; the files are removed after its
commit, and then the notes. So a crash never leaves a row without its file, and what it left is removed at the next
start instead of being set aside as a file that nobody knows.
"""
