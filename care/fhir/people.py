"""Who there is, as FHIR R4: Organization, Practitioner, PractitionerRole, Patient, Goal and Consent."""

import base64
from collections.abc import Iterable, Sequence

from care.fhir.shapes import (
    LANGUAGES,
    LOINC,
    TERMINOLOGY,
    Resource,
    coding,
    concept,
    day,
    id_of,
    instant,
    named,
    present,
    reference,
    resource,
)
from care.models import (
    Client,
    ClientStatus,
    ConsentAction,
    ConsentEvent,
    ConsentPurpose,
    Goal,
    Practice,
    User,
)

CONSENT_CATEGORY = coding(LOINC, "59284-0", "Consent Document")
OPT_IN, OPT_OUT = "OPTIN", "OPTOUT"
SCOPES = {
    ConsentPurpose.TEXTING: ("treatment", "Treatment"),
    ConsentPurpose.SHARING: ("patient-privacy", "Privacy Consent"),
}


def organization(practice: Practice) -> Resource:
    return resource(
        "Organization",
        named(practice.token),
        active=True,
        name=practice.name,
        telecom=_telecom(practice.phone, None, "phone"),
    )


def practitioners(practice: Practice, users: Iterable[User]) -> Iterable[Resource]:
    """Each therapist as a person and as what they are here."""
    for user in users:
        me = user_id(practice, user.id)
        yield resource("Practitioner", me, active=user.is_active, name=[{"text": user.name}])
        yield resource(
            "PractitionerRole",
            id_of(practice.token, "role", user.id),
            active=user.is_active,
            practitioner=reference("Practitioner", me),
            organization=reference("Organization", named(practice.token)),
        )


def user_id(practice: Practice, user: int) -> str:
    return id_of(practice.token, "user", user)


def by_user(practice: Practice, user: int | None) -> Resource | None:
    return None if user is None else reference("Practitioner", user_id(practice, user))


def patient(practice: Practice, client: Client) -> Resource:
    """A client. The sex is not asked for here, so it is "unknown", the code for that."""
    therapist = by_user(practice, client.therapist_id)
    name = present({"text": client.name, "family": client.last_name, "given": [client.first_name]})
    return resource(
        "Patient",
        named(client.token),
        active=client.status is ClientStatus.ACTIVE,
        name=[name],
        telecom=_telecom(client.phone, client.email, "sms"),
        gender="unknown",
        communication=[{"language": concept(coding(LANGUAGES, client.language)), "preferred": True}],
        generalPractitioner=[therapist] if therapist else None,
        managingOrganization=reference("Organization", named(practice.token)),
    )


def _telecom(phone: str | None, email: str | None, system: str) -> list[Resource]:
    found = [{"system": system, "value": phone}] if phone else []
    return [*found, {"system": "email", "value": email}] if email else found


def goals(client: Client, rows: Sequence[Goal]) -> Iterable[Resource]:
    for goal in rows:
        yield resource(
            "Goal",
            id_of(client.token, "goal", goal.id),
            lifecycleStatus="completed" if goal.ended_on else "active",
            description={"text": goal.text},
            subject=reference("Patient", named(client.token)),
            startDate=day(goal.set_on),
            statusDate=day(goal.ended_on),
        )


def consents(practice: Practice, client: Client, events: Sequence[ConsentEvent]) -> Iterable[Resource]:
    """One for each time the client agreed or withdrew, oldest first; only the newest of a kind is active."""
    newest = {_about(event): event.id for event in events}
    for event in events:
        is_given = event.action is ConsentAction.GIVEN
        scope, display = SCOPES[event.purpose]
        yield resource(
            "Consent",
            id_of(client.token, "consent", event.id),
            status="active" if newest[_about(event)] == event.id else "inactive",
            scope=concept(coding(f"{TERMINOLOGY}/consentscope", scope, display), text=event.purpose.value),
            category=[concept(CONSENT_CATEGORY)],
            patient=reference("Patient", named(client.token)),
            dateTime=instant(event.at),
            performer=[reference("Patient", named(client.token))],
            organization=[reference("Organization", named(practice.token))],
            sourceAttachment=_wording(event),
            policyRule=concept(coding(f"{TERMINOLOGY}/v3-ActCode", OPT_IN if is_given else OPT_OUT)),
            provision={"type": "permit" if is_given else "deny"},
        )


def _about(event: ConsentEvent) -> tuple[str, ...]:
    """What a later word replaces an earlier one about: texts to a phone, or sharing with a recipient."""
    return event.purpose, event.phone_hash or "", event.recipient.casefold()


def _wording(event: ConsentEvent) -> Resource | None:
    """The very words, as a small text file."""
    if not event.wording:
        return None
    data = base64.b64encode(event.wording.encode()).decode()
    return {"contentType": "text/plain; charset=utf-8", "data": data, "title": event.source.value}
