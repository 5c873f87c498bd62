"""From figures to scores: each normalization learns one curve an indicator on reference rows."""
