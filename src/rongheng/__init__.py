"""Rongheng 融衡: the open system for margin trading (融资融券) in the Chinese stock market."""

__version__ = "0.1.0"
