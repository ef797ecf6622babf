"""Webhooks: whoever the operator lists is told of jobs that have ended, over HTTPS and signed.

::

    front_end    what the daemon starts
    delivering   one delivery: who is meant, what is said, what the answer means
    message      the body: a job, without places of this machine
    signing      the headers by which a receiver knows that it is from us, and that it is the same once more
    sending      one POST, bounded in time and size
    connecting   to which addresses: each is judged, and so is the one that the connection has in the end
    addresses    which addresses are refused
    names        from a name to addresses
    resting      hosts that do not answer are asked one delivery at a time
"""

from frontends.webhooks.front_end import Webhooks

__all__ = ["Webhooks"]
