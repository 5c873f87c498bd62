"""Poverty lines, and prices to compare them over time."""
