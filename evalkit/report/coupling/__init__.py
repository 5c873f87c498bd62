"""How coordination looks: as it stands, how it moves, and how firm it is."""

from evalkit.report.coupling import audit, balance, contributions, coordination, doubt, dynamics, forecast, metacoupling, variants

__all__ = ["audit", "balance", "contributions", "coordination", "doubt", "dynamics", "forecast", "metacoupling", "variants"]
