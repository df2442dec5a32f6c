"""What carries records from one place to another."""

import argparse
import json
import os
import sys
from pathlib import Path

from care.clock import utc_now
from care.errors import Refused
from homestretch import portable_files
from homestretch.backups.archive import back_up
from homestretch.backups.restoring import restore
from homestretch.commands.parsing import Commands, group, opened
from homestretch.logs import set_up_logs

AFTER_RESTORE_PAUSED = (
    "The provider could not be asked what came in since the backup, so all texts are paused. "
    "Compare with its log, STOP before all, then let them go on under Settings."
)


def declare(commands: Commands) -> None:
    export = commands.add_parser("export", help="write the records as JSON Lines")
    export.add_argument("--client", metavar="REF")
    export.add_argument("--fhir", action="store_true", help="as FHIR R4 resources, for other systems")
    export.set_defaults(run=_export)
    read = commands.add_parser("import", help="read what export writes; '-' is standard input")
    read.add_argument("file")
    read.set_defaults(run=_import)
    library = group(commands, "library", "exercises of other collections")
    foreign = library.add_parser("import", help="read exercises of free-exercise-db or wger")
    foreign.add_argument("file", type=Path)
    foreign.add_argument("--practice", help="whose library; needed where there are several")
    foreign.set_defaults(run=_import_exercises)
    backup = commands.add_parser("backup", help="write one sealed backup, while everything runs")
    backup.add_argument(
        "--to", type=Path, metavar="FOLDER", help="where to; else backups in the data directory"
    )
    backup.set_defaults(run=_backup)
    back = commands.add_parser("restore", help="put a backup in the place of this installation")
    back.add_argument("file", type=Path)
    back.set_defaults(run=_restore)


def _export(options: argparse.Namespace) -> None:
    write = portable_files.write_fhir if options.fhir else portable_files.write
    write(opened(), options.client, sys.stdout)


def _import(options: argparse.Namespace) -> None:
    if options.file != "-" and not Path(options.file).is_file():
        raise Refused(f"There is no file {options.file}.")
    print(json.dumps(portable_files.read(opened(may_migrate=True), options.file, utc_now())))


def _import_exercises(options: argparse.Namespace) -> None:
    imported, left_out = portable_files.import_exercises_from(opened(), options.file, options.practice)
    print(
        f"{imported.added} added, to be finished under Exercises. {imported.known} were there before, "
        f"{imported.taken} have a name that is taken, {left_out} had no English words."
    )


def _backup(options: argparse.Namespace) -> None:
    installation = opened()
    print(back_up(installation.settings, installation.database, utc_now(), options.to))


def _restore(options: argparse.Namespace) -> None:
    set_up_logs("info")
    restored = restore(options.file, os.environ, utc_now())
    print(json.dumps(restored.as_dict(), indent=2))
    if restored.after.is_paused:
        print(AFTER_RESTORE_PAUSED, file=sys.stderr)
