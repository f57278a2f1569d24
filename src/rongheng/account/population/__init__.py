"""Synthetic books: a population of accounts with heavy tails, made from a seed, for demonstrations and loads."""

from rongheng.account.population.day import make_day
from rongheng.account.population.make import make_book
from rongheng.account.population.recipe import Recipe

__all__ = ["Recipe", "make_book", "make_day"]
