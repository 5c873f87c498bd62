"""Whether some groups are reached less than others."""
