"""`python -m bounced`: the same as the command `bounced`."""

from bounced.cli import main

main()
