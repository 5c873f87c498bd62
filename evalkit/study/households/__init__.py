"""A survey of households within a study."""
