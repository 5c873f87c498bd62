"""Who may fall back: how well a risk is scored, whom a budget of visits reaches, and whom it misses."""
