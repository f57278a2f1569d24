"""Synthetic books: a population of accounts with heavy tails, made from a seed, for demonstrations and loads."""

from rongheng.account.population.make import Recipe, make_book, make_day

__all__ = ["Recipe", "make_book", "make_day"]
