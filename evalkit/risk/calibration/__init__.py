"""Risks that can be taken at their word."""
