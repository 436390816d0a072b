"""`bounced serve` that dies by SIGKILL when it reaches a step for the n-th time: `python crashing.py STEP N`."""

import os
import signal
import sys

from bounced import config, service
from bounced.pipeline import Step


class Crash:
    """Kills this process at the *nth* time that *step* is reached."""

    def __init__(self, step: Step, nth: int) -> None:
        self._step = step
        self._left = nth

    def __call__(self, step: Step) -> None:
        """Be told that *step* is reached."""
        if step is self._step:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(service.run(config.load(), reached=Crash(Step(sys.argv[1]), int(sys.argv[2]))))
