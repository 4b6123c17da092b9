"""Starts processes and stops all of them together: at a signal, or when one of them ends.

Run as a script, ``supervisor.py SENTENCE COMMANDS`` (a JSON list of argument lists), and made of the standard
library alone: ``flask serve`` becomes this process when everything is checked, and the eighty megabytes of the
application do not lie idle behind it.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

STOP_SECONDS = 20.0


def run(commands: list[list[str]], sentence: str) -> int:
    """Run ``commands`` until a signal, or until one of them ends; return the exit status."""
    stopping: list[int] = []

    def stop(signum: int, _frame: FrameType | None) -> None:
        stopping.append(signum)

    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # before there is a child to be left alone
        signal.signal(signum, stop)
    children = [subprocess.Popen(command, start_new_session=True) for command in commands]
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
    while not stopping and all(child.poll() is None for child in children):
        time.sleep(0.1)
    for child in children:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
    failed = not stopping
    until = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        with suppress(ProcessLookupError):  # the workers of a server that could not take them along
            os.killpg(child.pid, signal.SIGKILL)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(run(json.loads(sys.argv[2]), sys.argv[1]))
