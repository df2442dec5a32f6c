"""The `homestretch` command: every call ends in 0, or in one clear line on stderr."""

import sys
from collections.abc import Sequence
from typing import NoReturn

from care.errors import NotFound, Refused
from care.settings import BadSettings
from homestretch.commands import keys, looking, moving, people, running
from homestretch.commands.parsing import BAD_CALL, Parser

FAMILIES = (running, people, looking, moving, keys)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Exits with 2 and a sentence when the call or the surroundings are not right."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (Refused, NotFound) as refusal:
        _fail(str(refusal) or "There is no such thing.")
    except BadSettings as bad:
        _fail("\n".join(bad.faults))
    except BrokenPipeError:
        sys.stderr.close()


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(BAD_CALL)


def _parser() -> Parser:
    parser = Parser(prog="homestretch", description="Home-care follow-through for a practice.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for family in FAMILIES:
        family.declare(commands)
    return parser
