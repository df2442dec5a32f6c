"""One JSON line an event on stderr: ids and states, never names, phones, message bodies or ratings."""

import logging
import sys
import traceback
from typing import Any

import structlog


def set_up_logs(level: str) -> None:
    """Send our own log, and what libraries warn of, through the same lines."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_where),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(), foreign_pre_chain=shared
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)
    # A tick that comes while the last one still runs is no news.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _where(exc_info: Any) -> dict[str, Any]:
    """The kind of exception and the way to it. Its message and variables may hold a name or a number."""
    kind, error, _ = exc_info
    frames = traceback.extract_tb(error.__traceback__)
    return {"type": kind.__name__, "at": [f"{f.filename}:{f.lineno} {f.name}" for f in frames]}
