"""Homes over waves: who falls, who returns, for how long."""
