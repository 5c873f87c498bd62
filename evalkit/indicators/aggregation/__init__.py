"""From normalized indicators to dimension scores and one index: one file a rule."""
