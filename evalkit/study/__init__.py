"""One assessment, declared in TOML, run from panel to report."""

from evalkit.study.run import Study

__all__ = ["Study"]
