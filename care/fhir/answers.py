"""What came back, as FHIR R4: Observation, QuestionnaireResponse and Communication."""

from collections.abc import Iterable, Mapping, Sequence

from care.fhir.people import by_user
from care.fhir.shapes import (
    LOINC,
    TERMINOLOGY,
    UCUM,
    Resource,
    coding,
    concept,
    id_of,
    instant,
    named,
    present,
    reference,
    resource,
)
from care.models import Client, Direction, Message, Practice, Rating, RatingSource, Reply, Visit

# LOINC: pain severity, 0-10 verbal numeric rating. Numbers are sent, never answer codes: one published list
# shows the code for 2 as "2 or more".
PAIN_SCORE = coding(LOINC, "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")
SURVEY = concept(coding(f"{TERMINOLOGY}/observation-category", "survey", "Survey"))
SCREENING = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-screening-assessment"
DECLINED = concept(coding(f"{TERMINOLOGY}/data-absent-reason", "asked-declined", "Asked But Declined"))
BY_TEXT = concept(coding(f"{TERMINOLOGY}/v3-ParticipationMode", "SMSWRIT", "SMS message"))
RECALL_WORDS = {
    "now": "Pain right now",
    "average_24h": "Average pain, last 24 h",
    "worst_24h": "Worst pain, last 24 h",
    "least_24h": "Least pain, last 24 h",
}
METHODS = {
    RatingSource.TEXT: "Text message reply, 0-10",
    RatingSource.VISIT: "Asked at the visit, 0-10",
    RatingSource.WEB: "Entered on the client's page, 0-10",
    RatingSource.PAPER: "Written on paper, 0-10",
}
NOT_DONE = frozenset({"failed", "undelivered", "canceled"})
UNDER_WAY = frozenset({"sending", "accepted", "scheduled", "queued"})


def pain_observations(
    practice: Practice,
    client: Client,
    ratings: Sequence[Rating],
    replies: Mapping[int, Reply],
    visits: Mapping[int, Visit],
) -> Iterable[Resource]:
    """One for each rating that stands; one that replaced another is "corrected". 0 is a value."""
    replacing = {one.superseded_by_id for one in ratings}
    for one in ratings:
        if one.superseded_by_id is not None:
            continue
        visit = visits.get(one.visit_id or 0)
        who = None if one.source is not RatingSource.VISIT else by_user(practice, one.user_id)
        yield _observation(
            id_of(client.token, "rating", one.id),
            client,
            status="corrected" if one.id in replacing else "final",
            code=concept(PAIN_SCORE, text=_words(one)),
            encounter=reference("Encounter", named(visit.token) if visit else None),
            effectiveDateTime=instant(one.at),
            performer=[who or reference("Patient", named(client.token))],
            valueQuantity={"value": one.score, "unit": "{score}", "system": UCUM, "code": "{score}"},
            method={"text": METHODS[one.source]},
            derivedFrom=_from_reply(client, one.reply_id, replies),
        )


def declined_observations(client: Client, replies: Iterable[Reply]) -> Iterable[Resource]:
    """A client who was asked for a number and said that there would be none. Silence makes no observation."""
    for reply in replies:
        if reply.context == "pain_prompt" and reply.rating is None and "skipped" in reply.intents:
            yield _observation(
                id_of(client.token, "declined", reply.id),
                client,
                status="final",
                code=concept(PAIN_SCORE, text=RECALL_WORDS["now"]),
                effectiveDateTime=instant(reply.at),
                performer=[reference("Patient", named(client.token))],
                dataAbsentReason=DECLINED,
            )


def _observation(id: str, client: Client, **fields: object) -> Resource:
    subject = reference("Patient", named(client.token))
    meta = {"profile": [SCREENING]}
    return resource("Observation", id, meta=meta, category=[SURVEY], subject=subject, **fields)


def _words(rating: Rating) -> str:
    words = RECALL_WORDS.get(rating.recall, rating.recall)
    return f"{words}: {rating.label}" if rating.label else words


def _from_reply(client: Client, reply_id: int | None, replies: Mapping[int, Reply]) -> list[Resource] | None:
    if reply_id not in replies:
        return None
    return [{"reference": f"QuestionnaireResponse/{id_of(client.token, 'reply', reply_id or 0)}"}]


def questionnaire_responses(
    client: Client, replies: Iterable[Reply], messages: Mapping[int, Message]
) -> Iterable[Resource]:
    """Each text that answered: what was read in it, and its words. What was not said has no item."""
    for reply in replies:
        message = messages.get(reply.message_id)
        said = message.body if message else None
        items = [
            _item("pain", "Pain, 0 to 10", {"valueDecimal": reply.rating}),
            _item("done", "Exercises done", {"valueBoolean": True if "done" in reply.intents else None}),
            _item("skipped", "Exercises left out", {"valueBoolean": "skipped" in reply.intents or None}),
            _item("words", "In the client's words", {"valueString": said or None}),
        ]
        yield resource(
            "QuestionnaireResponse",
            id_of(client.token, "reply", reply.id),
            status="completed",
            subject=reference("Patient", named(client.token)),
            authored=instant(reply.at),
            source=reference("Patient", named(client.token)),
            item=[item for item in items if item],
        )


def _item(link: str, text: str, value: Resource) -> Resource | None:
    answer = present(value)
    return {"linkId": link, "text": text, "answer": [answer]} if answer else None


def communications(practice: Practice, client: Client, messages: Iterable[Message]) -> Iterable[Resource]:
    """Every text that crossed the wire, either way, with what became of it."""
    us, them = reference("Organization", named(practice.token)), reference("Patient", named(client.token))
    for message in messages:
        is_in = message.direction is Direction.IN
        status = _status(message)
        yield resource(
            "Communication",
            named(message.reference),
            status=status,
            statusReason={"text": message.status} if status == "not-done" else None,
            medium=[BY_TEXT],
            subject=them,
            recipient=[us if is_in else them],
            sent=instant(None if is_in or status == "not-done" else message.at),
            received=instant(message.at if is_in else message.delivered_at),
            sender=them if is_in else us,
            payload=[{"contentString": message.body}] if message.body.strip() else None,
        )


def _status(message: Message) -> str:
    if message.direction is Direction.IN:
        return "completed"
    if message.status in NOT_DONE:
        return "not-done"
    if message.status in UNDER_WAY:
        return "in-progress"
    return "unknown" if message.status == "unsure" else "completed"
