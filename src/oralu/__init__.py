"""Oralu: the way back into ordinary life, by one route with a named person, a deadline and a proof behind every
step."""
