"""Composite indices: treat, normalize, weigh, aggregate, and ask what holds a place back."""
