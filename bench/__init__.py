"""Benchmarks: one file a subject, each with its peers or its bound in the same run. `python -m bench [NAME…]`."""
