"""Sliders for weights, in a notebook."""
