"""Pure functions of columns, one file per idea.

``contract`` says what an indicator is; each file beside it is one. ``market.series`` collects them and feeds them.
"""
