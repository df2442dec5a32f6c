"""Memory of `homestretch run` at rest with the sample practice, counted as the kernel does (Linux).

`python -m bench.memory --seconds 15`
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench._measuring import arguments, report

# structlog loads `rich` wherever it is, and only what tests need brings it.
AS_INSTALLED = "import sys; sys.modules['rich'] = None; from homestretch.cli import main; main()"


def resident_megabytes(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not say")


def start(folder: str) -> "subprocess.Popen[str]":
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HOMESTRETCH_", "TWILIO_"))
    }
    return subprocess.Popen(
        [sys.executable, "-c", AS_INSTALLED, "run", "--port", "0"],
        env=kept | {"HOMESTRETCH_DATA_DIR": folder},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def at_rest(folder: str, seconds: int) -> float:
    process = start(folder)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        time.sleep(seconds)
        assert process.poll() is None, "it ended by itself"
        return resident_megabytes(process.pid)
    finally:
        process.terminate()
        process.communicate()


def main() -> None:
    chosen = arguments(__doc__, seconds=15)
    if not Path("/proc/self/status").exists():
        print("Left out: only Linux says how much memory a process has.")
        return
    with tempfile.TemporaryDirectory(prefix="homestretch-memory-") as folder:
        fill(folder)
        report("memory of run at rest", at_rest(folder, chosen.seconds), 120, "MB", at_most=True)


def fill(folder: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "homestretch", "demo"],
        env=os.environ | {"HOMESTRETCH_DATA_DIR": folder},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


if __name__ == "__main__":
    main()
