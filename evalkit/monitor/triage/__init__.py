"""Homes with signals: which of the three kinds, what is new, and whom a village visits first."""
