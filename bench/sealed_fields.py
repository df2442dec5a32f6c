"""What sealed fields cost: texts a second with keys against without, finding a client by the end of a phone,
and a rotation.

`python -m bench.sealed_fields --due 5000 --clients 10000 --runs 5`
"""

import statistics

from sqlalchemy import select

from bench._measuring import arguments, median_of, report, timed
from bench._world import empty_database, fill
from bench.sending import FreeGateway, engine
from care.clients import find_clients
from care.db import open_database
from care.key_ring import OFF, KeyRing, new_key
from care.models import Practice, Role, User
from care.resealing import reseal

RING = KeyRing((new_key(),))


def sending(due: int, runs: int) -> None:
    """In turns, so that a busy moment of the machine falls on both."""
    pairs = [(engine(due, FreeGateway()), engine(due, FreeGateway(), RING)) for _ in range(runs)]
    plain, sealed = (statistics.median(pair[place][0] for pair in pairs) for place in (0, 1))
    print(f"     gateway free: {plain:.0f}/s without keys, {sealed:.0f}/s with")
    report(f"{due} due with keys, against without", statistics.median(s[0] / p[0] for p, s in pairs), 0.7)
    more = statistics.median(s[1] - p[1] for p, s in pairs)
    report("SQL statements a message more with keys", more, 0.005, "each", at_most=True)


def finding(clients: int, ring: KeyRing, runs: int) -> float:
    """Seconds."""
    with empty_database(ring) as database:
        fill(database, clients)
        with database.reading() as session:
            admin = User(practice_id=session.scalar(select(Practice.id)), role=Role.ADMIN)

            def find() -> float:
                with timed() as watch:
                    find_clients(session, admin, "0123")
                return watch.seconds

            return median_of(find, runs)


def rotating(clients: int) -> None:
    with empty_database() as plain:
        fill(plain, clients)
        database = open_database(str(plain.engine.url), RING)
        with timed() as watch:
            done = reseal(database)
        database.dispose()
    assert not done.left
    print(f"     a first rotation: {done.rows} rows, {done.rows / watch.seconds:.0f}/s, half of it at rest")


def main() -> None:
    chosen = arguments(__doc__, due=5_000, clients=10_000, runs=3)
    sending(chosen.due, chosen.runs)
    for ring, name in ((OFF, "without keys"), (RING, "with keys")):
        seconds = finding(chosen.clients, ring, chosen.runs)
        print(f"     the end of a phone among {chosen.clients} clients, {name}: {seconds:.2f} s")
    rotating(chosen.clients)


if __name__ == "__main__":
    main()
