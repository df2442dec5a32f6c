"""How calls are read, and what every command starts with."""

import argparse
import sys
from datetime import datetime
from typing import NoReturn, TypeAlias

from homestretch.installation import Installation, open_installation
from homestretch.logs import set_up_logs

BAD_CALL = 2


class Parser(argparse.ArgumentParser):
    """Says what was wrong in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"homestretch: {message}. See: {self.prog} --help", file=sys.stderr)
        raise SystemExit(BAD_CALL)


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def group(commands: Commands, name: str, help: str) -> Commands:
    """A word with verbs of its own after it, as in `user add`."""
    named = commands.add_parser(name, help=help)
    return named.add_subparsers(required=True, metavar="VERB", parser_class=Parser)


def instant(typed: str) -> datetime:
    """An ISO 8601 instant that says its zone."""
    try:
        instant = datetime.fromisoformat(typed)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"'{typed}' must be like 2026-03-02T09:00:00Z")
    return instant


def opened(*, may_migrate: bool = False, local_url: str | None = None) -> Installation:
    """What the environment describes. Raises what `open_installation` does."""
    installation = open_installation(may_migrate=may_migrate, local_url=local_url)
    set_up_logs(installation.settings.log_level)
    return installation


def password_from_input() -> str:
    """The first line of standard input."""
    return sys.stdin.readline().rstrip("\r\n")
