"""`python -m oralu`, for a supervisor that starts its own children without looking for a script on the path."""

from oralu.cli.main import main

if __name__ == "__main__":
    main()
