"""Who may fall back: how well a risk is scored, whom a budget of visits reaches, and whom it misses."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
