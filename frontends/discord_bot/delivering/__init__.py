"""How results get to Discord, whatever fails on the way.

::

    deliverer    the end of a job: what is told, message by message
    chain        the ways to the one who asked, tried in order, each step written down before the next
    errand       one delivery on its way
    requests     one request, in its time
    placing      where the end of a job is told
    ways         what the library sends: edits, messages, follow-ups, and the search for our own
    verdict      what a refusal means: another way, a smaller file, or later
    content      one message: its look, and its files at the rung that they are on
    ladder       a picture as large as it may be
    live         the message that shows how far a job is
    live_edits   one edit of that message
    outlook      what is expected of those jobs, and how their messages look
    locks        one at a time to the messages of a job
"""
