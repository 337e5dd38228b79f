"""Fills a database with a register of any size, to measure with: a small world that the services built is multiplied
by the database itself. Not for a register of real people."""

from oralu.load.multiplying import Multiplier, Progress

__all__ = ["Multiplier", "Progress"]
