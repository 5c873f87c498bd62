"""`python -m evalkit.cli` is `evalkit`."""

from evalkit.cli import main

main()
