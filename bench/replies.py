"""How long reading a reply takes: the median over the examples, and how it grows with the length."""

import json
import statistics
import time
from pathlib import Path

from reminders.replies import read_reply

EXAMPLES = Path(__file__).parents[1] / "tests" / "replies" / "examples.jsonl"
ROUNDS = 5
REPEATED = {
    "words": "my back hurts a bit today. ",
    "numbers": "5 or 6, ",
    "figures and dashes": "1-",
    "dangers": "chest pain ",
    "dangers of others": "my husband has chest pain ",
    "questions": "can i do it later ",
    "one word": "a",
    "accents": "\u0301\u0327",
}


def main() -> None:
    examples = [json.loads(line) for line in EXAMPLES.read_text("utf-8").splitlines()]
    for example in examples:
        read_reply(example["text"], example["context"], example["lang"])
    times = [_microseconds(example["text"], example["context"]) for example in examples]
    print(f"median {statistics.median(times):.0f} us per message, slowest {max(times):.0f} us")
    for name, piece in REPEATED.items():
        short = _microseconds(piece * (10_000 // len(piece)), "pain_prompt", rounds=2)
        long = _microseconds(piece * (100_000 // len(piece)), "pain_prompt", rounds=1)
        print(f"100 kB of {name}: {long / 1000:.0f} ms, {long / short:.1f} times 10 kB")


def _microseconds(text: str, context: str, rounds: int = ROUNDS) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        read_reply(text, context)
        best = min(best, time.perf_counter() - start)
    return best * 1e6


if __name__ == "__main__":
    main()
