"""The watched folder: what is dropped into it is drawn.

::

    looking/     which files lie there and are finished being written   (events are hints, the scan is the truth)
    claiming     a file becomes ours: row, rename, read
    orders/      what a file asks for: lines of text, tables, structured files, pictures, presets of sub-folders
    feeding      lines become jobs, as many as the folder may have open
    delivering   finished pictures are written to the outbox
    endings      the file goes to done/ or failed/
    folder       one pass over all of this for one folder
    once         what came of it all when the folders are carried out once and then no more
    rehearsal    what would be queued, without touching anything
    front_end    all folders; what the daemon starts
"""

from frontends.watch_folder.front_end import WatchFolders
from frontends.watch_folder.once import Summary

__all__ = ["Summary", "WatchFolders"]
