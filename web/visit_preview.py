"""The texts an After visit form leads to, word for word: it is saved for a moment, looked at, and undone."""

from dataclasses import dataclass, replace

from sqlalchemy.orm.attributes import set_committed_value

from care.client_links import UNKNOWN_TOKEN, address_of, standing_link
from care.errors import Refused
from care.models import Client, Practice
from reminders.preview import scratch
from reminders.text_hours import text_hours
from reminders.texting_facts import texting_facts
from web.coming_texts import ComingText, ComingTexts, coming_texts, in_words, obstacle
from web.deps import settings
from web.visit_desk import Desk
from web.visit_form import VisitForm, check_form, schedule_from
from web.visit_saving import brings_link, save_visit


@dataclass(frozen=True)
class Preview:
    """`coming` is None while the form does not hold. `obstacle` says why nothing goes out just now; the
    texts are shown all the same, so that what is agreed to can be seen. A link that is still to be made
    shows as dots. `mistake` is what is wrong with the times of day, where no text goes out.
    """

    coming: ComingTexts | None
    obstacle: str | None
    when: str = ""
    mistake: str = ""

    @property
    def first(self) -> ComingText | None:
        return self.coming.first_text if self.coming else None

    @property
    def has_dots(self) -> bool:
        """Whether the first text shows a link that is still to be made."""
        return self.first is not None and UNKNOWN_TOKEN in self.first.body


def preview(desk: Desk, practice: Practice, form: VisitForm) -> Preview:
    """All texts of the next 30 days, as the form now stands. For a session that writes."""
    trial = replace(form, errors={})
    hours = text_hours(practice, desk.client) if desk.client.phone else None
    wanted = check_form(trial, desk.running, desk.today, desk.now, desk.zone, hours)
    if wanted is None:
        return replace(nothing_yet(desk, practice), mistake=_out_of_reach(desk, trial))
    try:
        with scratch(desk.session):
            save_visit(desk, wanted, is_texting=True)
            if brings_link(wanted):
                _show_link(desk)
            coming = coming_texts(desk.session, desk.client, practice, desk.now, as_if_agreed=True)
    except Refused:
        return nothing_yet(desk, practice)
    return Preview(coming, coming.obstacle, _when(coming, desk.client, desk))


def _out_of_reach(desk: Desk, trial: VisitForm) -> str:
    """Of times that hold. What is only half typed is no mistake yet."""
    if schedule_from(trial, desk.running, desk.today) is None:
        return ""
    return trial.errors.get("at_time") or trial.errors.get("second_time") or ""


def _show_link(desk: Desk) -> None:
    """For the texts alone: nothing is written, so that looking stays cheap."""
    link = standing_link(desk.session, desk.client)
    set_committed_value(desk.client, "link_to_tell", address_of(settings().public_url, link))


def print_in_words(client: Client, seen: Preview) -> str:
    """What "Print handout" does beside printing, as far as we have looked."""
    if not client.phone:
        return "No phone on file, so nothing is texted."
    if seen.obstacle:
        return f"Print handout assigns as well. {client.first_name} gets no texts just now."
    if seen.coming is not None and seen.first is None:
        return "Print handout assigns as well. No text goes out in the next 30 days."
    return "Print handout assigns and sends as well."


def nothing_yet(desk: Desk, practice: Practice) -> Preview:
    """Whether anything goes out at all, without a look at the form."""
    known = texting_facts(desk.session, desk.client, desk.now)
    return Preview(None, obstacle(desk.client, practice, known, desk.now))


def _when(coming: ComingTexts, client: Client, desk: Desk) -> str:
    first = coming.first_text
    return in_words(first.at, desk.now, client) if first else ""
