"""See tests/run."""

from tests.runner.main import main

main()
