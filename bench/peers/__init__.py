"""The same mark by other means: Polars, DuckDB, SciPy and pandas on the same arrays, to the same columns.

Each peer gets a :class:`Work` and answers with the columns of :data:`COLUMNS` for every account, and its answers are
compared with ours before any time counts. Where a peer does less, it says so in its first paragraph. A book under one
policy is enough: looking up a term by policy costs all of them the same.
"""
