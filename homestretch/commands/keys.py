"""`homestretch keys`: a new key for sealed fields, and every row under the first of the list."""

import argparse

from care import lacking
from care.clock import utc_now
from care.errors import Refused
from care.key_ring import new_key
from care.resealing import reseal
from care.saying import counted
from homestretch.commands.parsing import Commands, group, opened

BEHIND = (
    "{process} runs without the key {ids}, and could read less and less of what is written anew. Restart it "
    "with the whole list of HOMESTRETCH_FIELD_KEYS first; if it ended, call this again in three minutes."
)
NOTHING = "HOMESTRETCH_FIELD_KEYS is not set, so nothing is sealed and nothing was changed."


def declare(commands: Commands) -> None:
    verbs = group(commands, "keys", "the keys that phones, notes and texts are sealed with")
    verbs.add_parser("new", help="print a new key").set_defaults(run=_new)
    rotate = verbs.add_parser("rotate", help="seal every row with the first key of the list, or open all")
    rotate.set_defaults(run=_rotate)


def _new(_options: argparse.Namespace) -> None:
    print(new_key())


def _rotate(_options: argparse.Namespace) -> None:
    """While everything runs. Broken off, the next call goes on from there."""
    installation = opened()
    ring = installation.settings.field_ring
    if not ring.keys:
        print(NOTHING)
        return
    with installation.database.reading() as session:
        behind = lacking.last_known(session, utc_now())
    if behind is not None:
        raise Refused(BEHIND.format(process=behind.process, ids=" and ".join(behind.ids)))
    done = reseal(installation.database)
    all_are = "every row is under the first key" if ring.first else "nothing is sealed any more"
    some_are = f"{counted(done.left, 'row')} changed meanwhile: call it again"
    print(f"{counted(done.rows, 'row')} written anew; {some_are if done.left else all_are}.")
