"""What a schedule asks for: words with places that are filled for each due time.

::

    syntax      the places in a text: {date}, {n}, {red|green}, __animals__
    words       what stands behind them at one due time
    seeds       which seed it is drawn with
    wildcards   lists, in the schedule or in files
    template    all of it together
"""
