"""What jobs may use and did use. :mod:`.admission` judges, :mod:`.counting` writes, :mod:`.usage` reads.

A job counts in the day and the month in which it was accepted, whenever it is drawn. It is counted under its owner and
under each of its groups, limited or not, so that a rule which comes later knows what was used before it.
"""
