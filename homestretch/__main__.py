"""`python -m homestretch` is the `homestretch` command."""

from homestretch.cli import main

main()
