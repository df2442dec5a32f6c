"""What a text of ours must not say: found as it is written, with what to do about it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from care.languages import LANGUAGES, TEXTS, keys
from reminders.linting import Finding, Weight, Wording, fill, lint_message, lint_wording, names_in
from reminders.segments import is_gsm
from reminders.wording import template

OURS = {language: {key: template(key, language) for key in keys(TEXTS)} for language in LANGUAGES}
ALL = [(language, key) for language, texts in OURS.items() for key in texts]
CARRIERS = (
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "OPTOUT",
    "REVOKE",
    "START",
    "YES",
    "UNSTOP",
)
LIBRARY = ("Heel raise", "Elevación de talones")


def wording_of(text: str, *needed: str, parts: int = 1) -> Wording:
    names = dict.fromkeys(names_in(text) or (), "x")
    return Wording(
        frozenset(needed), names | {"practice": "Riverside Physio N", "first": "Maximilian"}, parts
    )


def refused(text: str, *needed: str) -> list[Finding]:
    findings = lint_wording(text, wording_of(text, *needed), ["en", "es"], LIBRARY)
    return [one for one in findings if one.weight is Weight.REFUSE]


def weights(text: str, language: str = "en") -> list[tuple[str, Weight]]:
    return [(one.rule, one.weight) for one in lint_message(text, [language], LIBRARY)]


@pytest.mark.parametrize(("language", "key"), ALL)
def test_none_of_our_own_texts_is_refused(language: str, key: str) -> None:
    text = OURS[language][key]

    findings = lint_wording(text, wording_of(text), [language], LIBRARY)

    assert [one.sentence for one in findings if one.weight is Weight.REFUSE] == []


@pytest.mark.parametrize("word", CARRIERS)
@pytest.mark.parametrize(
    "way", ["Reply {} when done.", "Reply GOOD, HARD or {}.", "reply with the word '{}'", "Just {}!"]
)
def test_a_carriers_word_is_no_answer_of_ours(word: str, way: str) -> None:
    found = refused(way.format(word))

    assert [(one.rule, one.words) for one in found] == [("carrier", (word,))]
    assert found[0].sentence.startswith(f"Take out {word}: ")


@pytest.mark.parametrize(
    "text",
    [
        "Reply yes if it went well.",
        "Text cancel to move it.",
        "Reply good, hard or quit",
        "Responda parar",
        '"end"',
    ],
)
def test_an_invited_word_is_found_in_small_letters_too(text: str) -> None:
    assert [one.rule for one in refused(f"Hi. {text}")] == ["carrier"]


@pytest.mark.parametrize(
    "text",
    [
        "Please call us to cancel or move your visit.",
        "Reply when you get to the end.",
        "Start slowly, and quit when it hurts. Yes, really.",
        "We will send info by mail and help you at the start.",
        "Reply STOP to end, HELP for help.",
        "Text STOP to opt out. Reply START to join again.",
        "Mande STOP para terminar, AYUDA para ayuda.",
        "Call or text to cancel",
    ],
)
def test_words_that_are_no_answer_and_words_that_do_what_they_say_may_stay(text: str) -> None:
    assert refused(text) == []


@pytest.mark.parametrize(
    "text", ["Reply STOP if it hurts.", "Text HELP when you are lost", "Reply START for exercises"]
)
def test_the_word_for_stopping_means_nothing_else(text: str) -> None:
    assert [one.rule for one in refused(text)] == ["carrier"]


def test_a_text_all_in_capitals_is_read_by_what_it_invites() -> None:
    assert refused("YOU ARE AT THE END OF WEEK 2") == []
    assert [one.words for one in refused("REPLY YES")] == [("YES",)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("How is your knee?", "knee"),
        ("Be kind to your Knees", "knee"),
        ("Ice your low  back today", "low back"),
        ("Your sciatica", "sciatica"),
        ("¿Cómo va su rodilla?", "rodilla"),
        ("Cuide la muneca", "muneca"),
        ("Do the heel raise", "Heel raise"),
        ("Haga la elevacion de talones", "Elevación de talones"),
    ],
)
def test_a_word_about_health_is_refused_in_what_goes_out_by_itself_and_asked_about_in_a_message(
    text: str, word: str
) -> None:
    found = refused(text)

    assert [(one.rule, one.words) for one in found] == [("health", (word,))]
    assert weights(text, "es") == [("health", Weight.ASK)]


def test_the_question_names_what_was_found() -> None:
    [found] = lint_message("Rest your knee", ["en"])

    assert found.sentence == "This names a body part: 'knee'. A text may be read by others. Send it anyway?"


@pytest.mark.parametrize(
    "text",
    [
        "Call me back",
        "Head over to us at 9",
        "On the one hand",
        "Shipshape!",
        "Kneel with us",
        "See you at 10",
    ],
)
def test_ordinary_words_are_not_about_health(text: str) -> None:
    assert weights(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("You failed and MISSED two.", ["failed", "missed"]),
        ("Our patients like it", ["patient"]),
        ("For better compliance", ["compliance"]),
        ("About non-compliance and noncompliance", ["compliance", "noncompliance"]),
        ("You were not compliant", ["not compliant"]),
        ("A noncompliant, non-compliant week", ["noncompliant", "non-compliant"]),
        ("You did not comply", ["not comply"]),
        ("Failure to do them, or failing to say so", ["failure to", "failing to"]),
        ("Usted no ha cumplido", ["no ha cumplido"]),
        ("No cumplio con su plan", ["no cumplió"]),
        ("Falló una vez y FALTO otra", ["falló", "faltó"]),
        ("Nuestros pacientes y su cumplimiento", ["paciente", "cumplimiento"]),
    ],
)
def test_a_word_that_blames_or_speaks_about_a_client_is_refused(text: str, words: list[str]) -> None:
    assert [one.words[0] for one in refused(text) if one.rule == "unkind"] == words


@pytest.mark.parametrize(
    "text",
    [
        "You have a missed call from us.",
        "We missed your call.",
        "Be patient with yourself.",
        "Impatiently waiting, unfailing, dismissed",
        "Sea paciente.",
        "A missing sock",
    ],
)
def test_words_that_only_look_like_it_may_stay(text: str) -> None:
    assert refused(text) == []


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/x",
        "HTTP://evil.zz",
        "www.evil.zz",
        "evil.zz/x",
        "physio-practice.com",
        "https://evil.example/{link}",
        "goo.gl",
        "bit.ly/abc",
        "evil.es",
        "evil.mx",
        "riverside.us",
        "evil.xyz",
        "fisio-niña.com.ar",
        "Mi.Fisio.es",
        "EVIL.MX",
        "Mi-Fisio.ES",
        "t.me",
    ],
)
def test_an_address_that_is_not_ours_is_refused(address: str) -> None:
    """Whether the text may name the link, or holds none."""
    wording = wording_of("{link}")

    [here] = lint_wording(f"See {address}. {{link}}", wording, ["en"])
    [there] = [one for one in lint_wording(f"See {address}.", wording_of(""), ["en"]) if one.rule == "link"]

    assert (here.rule, here.weight, here.words) == ("link", Weight.REFUSE, (address,))
    assert (
        here.sentence == f"Take out {address}: this text leads to the client's own page, by {{link}} alone."
    )
    assert there.sentence == f"Take out {address}: this text holds no address."


@pytest.mark.parametrize(
    "text",
    [
        "Done.Reply",
        "At 6.30pm or 4/10",
        "Write to us@physio.example",
        "Write to maria.lopez@fisio.es",
        "a.m./p.m.",
        "{link}. Reply DONE",
    ],
)
def test_what_is_no_address_may_stay(text: str) -> None:
    assert [one for one in refused(text) if one.rule == "link"] == []


@pytest.mark.parametrize(
    "text",
    [
        "Well done.See you at 9.30.",
        "Come at 9.30, 10.30am or 5.15 p.m.and bring a friend.",
        "Bring socks, e.g. warm ones, i.e.the grey pair.",
        "Take 1.5 l of water, 2.5km is enough, No.5 is us.",
        "Well...done! Slowly..and again.",
        "We are open 9.00-17.30, Mon.-Fri. and Sat. too.",
        "Done.OK? I am.NO worries, from 9.30.PM to 10.PM.",
        "Ask Dr.Smith, St. John's Rd. 4.",
        "Thank you for being so patient.",
        "You have been very patient with us. Come without fail.",
        "Traiga agua, p.ej. una botella, a las 9.30h o 10.15 a.m.",
        "Gracias.Nos vemos el 3.5. en la calle 4.",
        "No perdió nada, y no le faltó mucho.",
        "Usted no ha faltado ni un solo lunes.",
        "Siga de la mano de su terapeuta.",
        "Gracias por ser tan paciente.",
        "Ya casi.Falta 1 min. Mañana más.",
        "Llame al tel. 555.0100 o a la Sra.Gómez, EE.UU. y México.",
    ],
)
def test_ordinary_sentences_may_stay(text: str) -> None:
    findings = lint_wording(text, wording_of(text), ["en", "es"], LIBRARY)

    assert [one.sentence for one in findings if one.rule in {"link", "unkind", "health"}] == []


def test_a_hand_is_a_body_part_but_in_that_idiom() -> None:
    assert [one.words for one in refused("El dolor de la mano de ayer")] == [("mano",)]


@pytest.mark.parametrize("link", ["bit.ly/abc", "https://tinyurl.com/x", "see T.CO/1", "goo.gl"])
def test_an_address_that_hides_where_it_leads_is_refused(link: str) -> None:
    assert [(one.rule, one.weight) for one in lint_message(f"Look: {link}", ["en"])] == [
        ("link", Weight.REFUSE)
    ]


@pytest.mark.parametrize(
    "link", ["https://riverside.example/c/abc", "https://at.co/x", "https://my-bit.ly.example/"]
)
def test_an_address_that_says_where_it_leads_may_stay(link: str) -> None:
    assert weights(f"Look: {link}") == []


def test_a_name_that_nothing_fills_in_is_refused_with_those_there_are() -> None:
    wording = Wording(frozenset({"practice"}), {"practice": "P", "first": "M"})

    found = lint_wording("{practice}: {frist}, time!", wording, ["en"])

    assert [one.sentence for one in found] == [
        "Take out {frist}: nothing fills it in here. You can use {first}, {practice}."
    ]


@pytest.mark.parametrize(
    "text", ["{practice", "{}", "{first.name} {practice}", "{first!r}", "{first:>99}", "{{first}}"]
)
def test_braces_hold_a_name_and_nothing_else(text: str) -> None:
    assert "Use { and } only around a name that we fill in, like {practice}." in [
        one.sentence for one in refused(text)
    ]


def test_a_name_that_clients_need_is_asked_for() -> None:
    assert [one.sentence for one in refused("{first}, time!", "practice")] == [
        "Put {practice} in: clients need it to understand the text."
    ]


def test_curly_quotes_and_emoji_are_refused_and_the_plain_words_offered() -> None:
    curly, smile = refused("Don’t forget 🙂 today")

    assert (curly.sentence, curly.instead) == ("Use plain characters instead of ’.", "Don't forget today")
    assert smile.sentence == "Take out 🙂: with it a text holds 70 characters instead of 160."
    assert smile.instead == "Don't forget today"


def test_accents_that_will_be_left_out_are_said_and_not_refused() -> None:
    [found] = lint_wording("{practice}: más", wording_of("{practice}"), ["es"])

    assert (found.weight, found.instead) == (Weight.WARN, "{practice}: mas")


def test_more_than_one_text_with_long_names_is_refused_with_how_much_to_cut() -> None:
    text = "{practice}: " + "x" * 145

    [found] = refused(text)

    assert found.sentence == "Shorten it by 5: with long names it takes 2 texts instead of 1."
    assert lint_wording(text, wording_of(text, parts=2), ["en"]) == []


def test_an_empty_text_is_refused() -> None:
    assert [one.sentence for one in refused("  ")] == ["Write the text, or use ours."]


def test_filling_in_does_nothing_but_that() -> None:
    assert fill("{first} {first.x} {}", {"first": "{practice}", "practice": "P"}) == "{practice} {first.x} {}"


@given(st.text(alphabet=st.sampled_from("aes {}.!\"'’🙂éñENDYRply/:,\n0"), max_size=80))
@example("{")
@example("\x00{a}")
def test_any_words_at_all_get_findings_that_say_what_to_do(text: str) -> None:
    findings = [
        *lint_wording(text, wording_of(text), ["en", "es"], LIBRARY),
        *lint_message(text, ["xx"], LIBRARY),
    ]

    assert all(one.sentence.strip().endswith((".", "?", "!")) for one in findings)
    assert all(one.instead is None or is_gsm(one.instead) or one.rule == "characters" for one in findings)


@given(st.sampled_from(ALL), st.sampled_from(CARRIERS))
def test_our_own_texts_with_a_carriers_word_put_in_are_refused(own: tuple[str, str], word: str) -> None:
    text = f"{OURS[own[0]][own[1]]} Reply {word} now."

    assert ("carrier", (word,)) in [(one.rule, one.words) for one in refused(text)]
