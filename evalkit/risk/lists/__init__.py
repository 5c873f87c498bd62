"""Whom a budget of visits reaches, and whom it misses."""
