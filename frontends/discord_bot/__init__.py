"""The Discord bot: slash commands, one living message a job, and buttons that live for ever.

::

    front_end    connects, tries again, and tells apart what can't be mended by trying
    client       the bot: the library's client with our commands and buttons
    options      what may be said to a command, derived from the fields of a request
    ordering     the one way from an interaction to a job
    commands     one file a command
    buttons      one file a verb
    layouts      what messages look like
    words        what they say, by language
    delivering   how pictures get there, whatever fails
    policy       who may do what
"""
