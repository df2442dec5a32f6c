"""Users and their passwords, with the real and slow hash."""

from datetime import timedelta

import pytest

from care import users
from care.errors import NotFound, Refused
from care.models import Role
from care.signing_in import find_user, start_session
from care.users import (
    add_user,
    check_password,
    get_user,
    list_users,
    set_active,
    set_password,
    update_user,
)
from tests.making import MONDAY_8AM, MONDAY_9AM, make_practice, make_user

PASSWORD = "correct horse battery staple"


@pytest.fixture
def practice(session):
    return make_practice(session)


def add_sam(session, practice, **changes):
    values = {
        "email": "sam@sample.example",
        "name": "Sam",
        "role": Role.THERAPIST,
        "password": PASSWORD,
    } | changes
    return add_user(session, practice, now=MONDAY_8AM, **values)


def test_a_user_signs_in_with_their_email_in_any_case(session, practice):
    sam = add_sam(session, practice, email=" Sam@Sample.Example ")

    assert sam.email == "sam@sample.example"
    assert check_password(session, "SAM@sample.example ", PASSWORD) is sam
    assert PASSWORD not in sam.password_hash


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("sam@sample.example", "correct horse battery"),
        ("sam@sample.example", ""),
        ("sam@sample.example", PASSWORD + "x" * 2000),
        ("nobody@sample.example", PASSWORD),
        ("", ""),
    ],
)
def test_a_wrong_pair_signs_nobody_in(session, practice, email, password):
    add_sam(session, practice)

    assert check_password(session, email, password) is None


def test_someone_who_left_cannot_sign_in(session, practice):
    sam = add_sam(session, practice)

    set_active(session, sam, False, MONDAY_9AM)

    assert check_password(session, sam.email, PASSWORD) is None


def test_a_user_without_a_usable_password_cannot_sign_in(session, practice):
    user = make_user(session, practice)

    assert check_password(session, user.email, user.password_hash) is None


@pytest.mark.parametrize("email", ["sam@sample.example", "nobody@sample.example", "plain@sample.example"])
def test_every_refusal_costs_one_hash_of_work(session, practice, monkeypatch, email):
    add_sam(session, practice)
    make_user(session, practice, email="plain@sample.example")
    check_password(session, email, "a first try")
    hasher = CountingHasher(users._hasher)
    monkeypatch.setattr(users, "_hasher", hasher)

    check_password(session, email, "a wrong password")

    assert hasher.verified == 1


class CountingHasher:
    """The real one, which notes how often it had to work."""

    def __init__(self, real) -> None:
        self.real = real
        self.verified = 0

    def verify(self, password_hash: str, password: str) -> bool:
        self.verified += 1
        return self.real.verify(password_hash, password)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "short"}, "Password must be at least 12 and at most 1,000 characters."),
        ({"password": "x" * 1001}, "Password must be at least 12 and at most 1,000 characters."),
        ({"email": "sam"}, "Email must look like name@example.com."),
        ({"email": "sam@sample"}, "Email must look like name@example.com."),
        ({"email": "USER1@sample.example"}, "Somebody already signs in with this email. Use another one."),
        ({"name": ""}, "Name must be 1 to 80 characters."),
    ],
)
def test_a_user_that_cannot_be_is_refused_with_what_to_do(session, practice, changes, sentence):
    make_user(session, practice, email="user1@sample.example")

    with pytest.raises(Refused) as refusal:
        add_sam(session, practice, **changes)

    assert str(refusal.value) == sentence


def test_a_new_password_replaces_the_old_and_signs_out_everywhere(session, practice):
    sam = add_sam(session, practice)
    token = start_session(session, sam, MONDAY_8AM)

    set_password(session, sam, "another long password", MONDAY_8AM + timedelta(minutes=1))

    assert check_password(session, sam.email, PASSWORD) is None
    assert check_password(session, sam.email, "another long password") is sam
    assert find_user(session, token, MONDAY_8AM + timedelta(minutes=2)) is None


def test_the_only_admin_can_neither_leave_nor_step_down(session, practice):
    admin = make_user(session, practice, role=Role.ADMIN)
    make_user(session, make_practice(session), role=Role.ADMIN)

    with pytest.raises(Refused, match="only admin"):
        set_active(session, admin, False, MONDAY_9AM)
    with pytest.raises(Refused, match="only admin"):
        update_user(session, admin, email=admin.email, name=admin.name, role=Role.THERAPIST)


def test_an_admin_may_step_down_when_there_is_another(session, practice):
    admin, _ = make_user(session, practice, role=Role.ADMIN), make_user(session, practice, role=Role.ADMIN)

    update_user(session, admin, email="New@sample.example", name="New name", role=Role.THERAPIST)

    assert (admin.email, admin.name, admin.role) == ("new@sample.example", "New name", Role.THERAPIST)


def test_users_are_listed_by_name_within_their_practice(session, practice):
    zoe, ann = make_user(session, practice, name="Zoe"), make_user(session, practice, name="Ann")
    stranger = make_user(session, make_practice(session))
    zoe.is_active = False

    assert list_users(session, practice.id) == [ann, zoe]
    assert list_users(session, practice.id, active_only=True) == [ann]
    assert get_user(session, practice.id, ann.id) is ann
    with pytest.raises(NotFound):
        get_user(session, practice.id, stranger.id)
