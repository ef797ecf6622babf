"""Shows messages and forms as a chat does, from the parts that the fake Discord stores: as HTML, and as SVG.

::

    markup   what Discord makes of a text: headings, small print, code, links, times
    html     one page with one message or form
    svg      the same as a drawing, for the README
    screens  the messages that are shown there
"""
