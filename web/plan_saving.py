"""Saving a change of plan from a page: the next version, one text about the sitting, and the way back."""

from collections.abc import Mapping

from care import audit, drafts
from care.cosigning import waiting_in_words
from care.models import Client
from care.plan_edits import Edit, edit_plan
from care.plans import current_plan
from care.taking_back import Did
from reminders import wakeup
from reminders.plan_news import owe_news
from reminders.texting_facts import texting_facts
from web.coming_texts import in_words, obstacle
from web.deps import current_user, db, now, practice, real_now, settings


def save_edits(client: Client, edits: Mapping[int, Edit], *, is_texting: bool) -> str:
    """All of it, committed; returns who is told, and when, in a sentence. Raises Refused."""
    before = current_plan(db(), client)
    plan = edit_plan(db(), client, edits, user=current_user(), now=now())
    said = "No text goes out."
    known = texting_facts(db(), client, now())
    if is_texting and (reason := obstacle(client, practice(), known, now())):
        said = f"{client.first_name} gets no text about it. {reason}"
    elif is_texting:
        at = owe_news(db(), client, plan, settings().public_url, now())
        said = f"{client.first_name} gets one text about it {in_words(at, now(), client)}."
    # An After visit form that waits to be sent is worth more than a way back.
    if drafts.find_draft(db(), current_user(), client, now()) is None:
        did = Did(
            plan_id=plan.id, plan_before_id=before.id if before else None, link_before=client.link_to_tell
        )
        drafts.keep_sent(db(), current_user(), client, {}, did.as_dict(), now())
    audit.record(db(), client.practice_id, "edit_plan", "client", client.id, real_now(), current_user())
    db().commit()
    wakeup.ring()
    return f"{said} {waiting_in_words(db(), plan)}".rstrip()
