"""Departmental records at scale: taken in, matched, watched for sudden drops, and followed until a risk is resolved."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
