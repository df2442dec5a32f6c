"""Ending: in order where that is possible, and in time whatever hangs."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.scheduler.fleet import PATIENCE

# An engine of which one piece of work never comes to its end, beside a thread that would keep Python waiting.
HANGING = """
import threading
from homestretch import serving

class Engine:
    def start(self):
        threading.Thread(target=threading.Event().wait).start()
        print("up", flush=True)
    def stop(self):
        threading.Event().wait()

class Installation:
    settings = None
    def engine(self):
        return Engine()

serving.check_gateway = lambda settings: None
serving.LONGEST_END_SECONDS = 0.2
serving.schedule(Installation())
"""


@pytest.fixture
def hanging() -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-c", HANGING]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield process
    process.kill()
    process.communicate()


def test_work_that_hangs_does_not_keep_a_scheduler_from_ending(hanging: "subprocess.Popen[str]") -> None:
    assert hanging.stdout is not None
    assert hanging.stdout.readline() == "up\n"

    hanging.send_signal(signal.SIGTERM)

    assert hanging.wait(PATIENCE) == 0
    assert "ended_with_work_under_way" in hanging.stdout.read()
