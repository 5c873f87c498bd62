"""evalkit: ex-post evaluation of consolidating poverty-alleviation results and linking them with rural revitalization.

A spec is a frozen question; asked of a panel, it gives a frozen answer.

The names a researcher types stand in `__init__.pyi`, by chapter; each is imported when it is first used.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
