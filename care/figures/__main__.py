"""Draws pose files into a folder to look at: `python -m care.figures FOLDER [SLUG ...]`."""

import sys
from pathlib import Path

from care.figures import draw, find_figure, list_figures
from care.figures.checking import findings

PAGE = '<!doctype html><meta charset="utf-8"><title>Figures</title>{}'
ENTRY = '<figure><img src="{0}.svg" height="330"> <img src="{0}.svg" width="180"><p>{0}</p></figure>'


def main(folder: Path, slugs: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for slug in slugs:
        figure = find_figure(slug)
        if figure is None:
            sys.exit(f"There is no pose file for {slug}.")
        (folder / f"{slug}.svg").write_text(draw(figure), "utf-8")
        for finding in findings(figure):
            sys.stdout.write(f"{slug}: {finding}\n")
    page = PAGE.format("".join(ENTRY.format(slug) for slug in slugs))
    (folder / "index.html").write_text(page, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or list_figures())
