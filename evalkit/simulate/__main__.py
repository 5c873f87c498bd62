"""`python -m evalkit.simulate PATH`: write a shipped table anew."""

from evalkit.simulate.shipped import main

if __name__ == "__main__":
    main()
