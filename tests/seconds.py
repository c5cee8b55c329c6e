"""Says how long a scene took, in the words that tests/run has in its table."""

import contextlib
import time


@contextlib.contextmanager
def scene(name):
    """Prints the seconds of what is done inside, however it ends."""
    began = time.monotonic()
    try:
        yield
    finally:
        print(f"seconds: {time.monotonic() - began:.1f} {name}", flush=True)
