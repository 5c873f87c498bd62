"""The modules of the corpus are found beside its test."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
