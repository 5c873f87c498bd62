"""`python -m evalkit.simulate PATH`: write the shipped county panel anew."""

from evalkit.simulate.counties import main

if __name__ == "__main__":
    main()
