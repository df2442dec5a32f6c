"""What sending is measured against: the bare client, and one scheduled job per reminder."""

import asyncio
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from requests.adapters import HTTPAdapter
from sqlalchemy import func, select
from twilio.base.values import unset
from twilio.rest import Client as TwilioClient

from bench._measuring import timed
from bench._world import NOW, phone_of
from care.db import Database
from care.models import Client, Message, Reminder, ReminderStatus
from care.models.wire import Direction
from care.tokens import new_token
from reminders.dispatch import AT_ONCE
from reminders.gateway import Accepted, Outgoing
from reminders.twilio_gateway import TwilioGateway

ACCOUNT_SID, TOKEN = "AC" + "5" * 32, "a token"
BODY = "Riverside: time for your home stretches, about 2 min. Reply DONE when finished. STOP to end."

Post = Callable[[str, str], str]

THREADS_OF_ITSELF = 10


def bare_client_a_second(posts: int) -> float:
    """How many texts the product's own client posts a second, in a loop that does nothing else."""
    return asyncio.run(_post_all(posts))


async def _post_all(posts: int) -> float:
    gateway = TwilioGateway(ACCOUNT_SID, TOKEN, concurrency=AT_ONCE)
    numbers = iter(range(posts))

    async def post_some() -> None:
        for number in numbers:
            address = f"https://clinic.example/twilio/status?m={new_token()}"
            phone = phone_of(number)
            outgoing = Outgoing(new_token(), phone, BODY, "+15005550006", None, 3600, address)
            assert isinstance(await gateway.send(outgoing), Accepted)

    with timed() as watch:
        await asyncio.gather(*(post_some() for _ in range(AT_ONCE)))
    await gateway.aclose()
    return posts / watch.seconds


def post_through_twilio() -> Post:
    """The official client as its documentation uses it, in the threads of the scheduler."""
    client = TwilioClient(ACCOUNT_SID, TOKEN)
    session = client.http_client.session
    session.verify = os.environ["REQUESTS_CA_BUNDLE"]
    # Of itself it keeps fewer connections than there are threads, and opens a new one for most texts.
    session.mount("https://", HTTPAdapter(pool_maxsize=AT_ONCE))
    address = "https://clinic.example/twilio/status"

    def post(phone: str, body: str) -> str:
        sent = client.messages.create(
            to=phone, body=body, from_="+15005550006", status_callback=address, validity_period=unset
        )
        return str(sent.sid)

    return post


def post_nowhere(phone: str, body: str) -> str:
    return f"SM{new_token()}"


def job_per_reminder_a_second(database: Database, post: Post, threads: int = AT_ONCE) -> float:
    """One date job per reminder, in memory, on as many threads as the engine has connections, or on
    these. Of itself APScheduler has `THREADS_OF_ITSELF`.

    Each reads its reminder, posts, and writes one message and one status. It checks nothing. With its
    default `misfire_grace_time` of one second APScheduler drops most of them, so that is off here.
    """
    with database.sessions() as session:
        ids = session.scalars(select(Reminder.id)).all()
    all_done, left = threading.Event(), [len(ids)]
    counting = threading.Lock()

    def send(reminder_id: int) -> None:
        try:
            _send_one(database, post, reminder_id)
        finally:
            with counting:
                left[0] -= 1
                if not left[0]:
                    all_done.set()

    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(threads)},
        job_defaults={"misfire_grace_time": None},
    )
    due = datetime.now(UTC)
    with timed() as watch:
        for id in ids:
            scheduler.add_job(send, "date", run_date=due, args=[id])
        scheduler.start()
        all_done.wait()
    scheduler.shutdown()
    with database.sessions() as session:
        lost = session.scalar(
            select(func.count()).select_from(Reminder).where(Reminder.status != ReminderStatus.SENT)
        )
    assert not lost, f"the jobs lost {lost} texts: the machine is too busy to measure on"
    return len(ids) / watch.seconds


def _send_one(database: Database, post: Post, reminder_id: int) -> None:
    with database.reading() as session:
        reminder = session.get_one(Reminder, reminder_id)
        client = session.get_one(Client, reminder.client_id)
        phone, phone_hash = client.phone or "", client.phone_hash or ""
    sid = post(phone, BODY)
    with database.sessions.begin() as session:
        row = Message(
            practice_id=reminder.practice_id,
            client_id=reminder.client_id,
            direction=Direction.OUT,
            provider_sid=sid,
            phone=phone,
            phone_hash=phone_hash,
            body=BODY,
            status="queued",
            at=NOW,
        )
        session.add(row)
        session.flush()
        kept = session.get_one(Reminder, reminder_id)
        kept.status, kept.sent_at, kept.message_id = ReminderStatus.SENT, NOW, row.id
