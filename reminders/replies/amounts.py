"""Find the amounts in a message: 7, six and a half, 6-7, 3/10, 2 of 3. What they measure comes later."""

from dataclasses import dataclass

from reminders.replies.lexicon import Lexicon
from reminders.replies.tokens import Message, Token

SLASHES = ("/", "\\")
PREFIXES_REFUSED = ("<", ">", "$", "€", "£", "≤", "≥", "¥")
MOST_BESIDE_ZERO = 40  # signs and numbers; beside more a letter O is not alone
SUFFIXES_REFUSED = ("%", "°", "$", "€", "£", '"', "'")


@dataclass(slots=True)
class Amount:
    """Tokens `start` to `end`. `refused` says why it can be no rating, "" when it may be one."""

    value: float
    start: int
    end: int
    refused: str = ""
    out_of_ten: bool = False
    is_range: bool = False
    is_pair_with: "Amount | None" = None  # "from 7 to 3": the later one
    is_words: bool = False


def find_amounts(message: Message, lexicon: Lexicon, lang: str | None) -> list[Amount]:
    tokens = message.tokens
    amounts: list[Amount] = []
    i = 0
    while i < len(tokens):
        amount = _amount_at(tokens, i, lexicon, lang)
        if amount is None:
            i += 1
            continue
        amount = _widened(tokens, amount, lexicon, lang)
        amounts.append(amount)
        if amount.is_pair_with:
            amounts.append(amount.is_pair_with)
        i = amounts[-1].end
    return amounts


def _amount_at(tokens: list[Token], i: int, lexicon: Lexicon, lang: str | None) -> Amount | None:
    value = tokens[i].value
    if value is None:
        if tokens[i].text not in ("o", "lo") or not _stands_for_zero(tokens, i, lang):
            return None
        value = 0.0 if tokens[i].text == "o" else 10.0
    amount = Amount(value, i, i + 1, is_words=tokens[i].kind == "word")
    _add_fraction(tokens, amount, lexicon)
    _add_base(tokens, amount, lexicon)
    _look_at_signs(tokens, amount)
    if not amount.refused and not 0 <= amount.value <= 10:
        amount.refused = "outside the scale"
    return amount


def _stands_for_zero(tokens: list[Token], i: int, lang: str | None) -> bool:
    """A letter O is zero alone or before "/10". In Portuguese it is a word."""
    rest = [t.text for t in tokens[i + 1 : i + 4]]
    if rest[:1] and rest[0] in SLASHES:
        return rest[1:2] == ["10"]
    if rest[:3] == ["out", "of", "10"] or rest[:3] == ["out", "of", "ten"]:
        return True
    if lang == "pt" or tokens[i].text != "o" or len(tokens) > MOST_BESIDE_ZERO:
        return False
    return all(t.kind != "word" for t in tokens[:i] + tokens[i + 1 :])


def _add_fraction(tokens: list[Token], amount: Amount, lexicon: Lexicon) -> None:
    """ "3 1/2", "three and a half", "three point five"."""
    rest = tokens[amount.end : amount.end + 3]
    texts = tuple(t.text for t in rest)
    if len(rest) == 3 and texts == ("1", "/", "2") and not rest[0].glued:
        amount.value, amount.end = amount.value + 0.5, amount.end + 3
        return
    for length in (3, 2, 1):
        if " ".join(texts[:length]) in lexicon.lists["half"]:
            amount.value, amount.end = amount.value + 0.5, amount.end + length
            return
    if texts[:1] and texts[0] in lexicon.lists["point"] and len(rest) > 1:
        decimals = rest[1].value
        if decimals is not None and decimals == int(decimals) and decimals < 10:
            amount.value, amount.end = amount.value + decimals / 10, amount.end + 2


def _add_base(tokens: list[Token], amount: Amount, lexicon: Lexicon) -> None:
    """ "/10", "out of ten". Any other base is another scale."""
    at = amount.end
    if at >= len(tokens):
        return
    if tokens[at].text in SLASHES:
        if at + 1 < len(tokens) and (base := tokens[at + 1].value) is not None:
            _set_base(amount, base, at + 2)
        return
    words = 2 if [t.text for t in tokens[at : at + 2]] == ["out", "of"] else 1
    if tokens[at].text in lexicon.lists["out_of"] and at + words < len(tokens):
        words += 1 if tokens[at + words].text in ("a", "the", "possible") else 0
        base = tokens[at + words].value if at + words < len(tokens) else None
        if base == 10 or (base is not None and tokens[at].text in ("of", "out")):
            _set_base(amount, base, at + words + 1)


def _set_base(amount: Amount, base: float, end: int) -> None:
    amount.end = end
    amount.out_of_ten = base == 10
    if base != 10:
        amount.refused = "another scale"


def _look_at_signs(tokens: list[Token], amount: Amount) -> None:
    before = tokens[amount.start - 1] if amount.start else None
    after = tokens[amount.end] if amount.end < len(tokens) else None
    if before is not None and tokens[amount.start].glued and before.kind == "sign":
        opens = amount.start == 1 or not before.glued
        if before.text == "-" and opens:
            amount.refused = "below the scale"
        elif before.text == "-" and amount.start > 1 and tokens[amount.start - 2].value is not None:
            amount.refused = "after a dash"
        elif before.text in PREFIXES_REFUSED or (before.text == "/" and amount.start > 1):
            amount.refused = "not on the scale"
        elif before.text == "#" and after is not None and after.kind == "word":
            amount.refused = "a number in a list"
    elif (
        before is not None
        and before.text == "of"
        and amount.start > 1
        and tokens[amount.start - 2].text == "out"
    ):
        amount.refused = "the scale itself"
    elif before is not None and before.text in ("<", ">", "≤", "≥", "$", "€", "£", "°"):
        amount.refused = "not on the scale"
    if after is None or not after.glued:
        return
    if after.text in SUFFIXES_REFUSED:
        is_quoted = before is not None and before.text == after.text
        amount.refused = amount.refused if is_quoted else "not on the scale"
    elif after.text == ")" and (before is None or before.text != "("):
        is_open = any(token.text == "(" for token in tokens[max(0, amount.start - 6) : amount.start])
        amount.refused = amount.refused if is_open or amount.end + 1 >= len(tokens) else "a list number"


def _widened(tokens: list[Token], first: Amount, lexicon: Lexicon, lang: str | None) -> Amount:
    """The range or the change that begins with `first`, else `first` itself."""
    at = first.end
    link: list[str] = []
    while at < len(tokens) and tokens[at].value is None and len(link) < 4:
        link.append(tokens[at].text)
        at += 1
    if at >= len(tokens) or tokens[at].value is None or not link:
        return first
    second = _amount_at(tokens, at, lexicon, lang)
    if second is None:
        return first
    before = [token.text for token in tokens[max(0, first.start - 5) : first.start]]
    if link == ["-"] and second.refused in ("below the scale", "after a dash"):
        second.refused = "" if 0 <= second.value <= 10 else "outside the scale"
    if _is_change(link, before, lexicon):
        first.is_pair_with = second
        return first
    if not _is_range(link, before, lexicon):
        return first
    return _range_of(tokens, first, second)


def _is_change(link: list[str], before: list[str], lexicon: Lexicon) -> bool:
    if link == ["->"]:
        return True
    core = [word for word in link if word not in ("a", "an", "about", "around", "maybe", "like", "un", "um")]
    if core not in (["to"], ["down", "to"], ["up", "to"], ["a"], ["para"]) and link != ["a"]:
        return False
    if link == ["a"] and not {"de", "desde", "bajo", "subio", "paso"} & set(before):
        return False
    return bool(lexicon.lists["moved"] & set(before)) and not lexicon.lists["anywhere"] & set(before)


def _is_range(link: list[str], before: list[str], lexicon: Lexicon) -> bool:
    words = [word for word in link if word not in (",", "(", ")", "..", "~")]
    if link in (["-"], ["~"], ["-", "-"]):
        return True
    if words in (["and"], ["y"], ["et"], ["e"], ["und"]):
        return bool(lexicon.lists["between"] & set(before[-3:]))
    if not words or not all(word in lexicon.lists["range_words"] for word in words):
        return False
    return bool(lexicon.lists["range_core"] & set(words))


def _range_of(tokens: list[Token], first: Amount, second: Amount) -> Amount:
    low, high = min(first.value, second.value), max(first.value, second.value)
    whole = Amount((low + high) / 2, first.start, second.end, is_range=True, out_of_ten=second.out_of_ten)
    whole.is_words = first.is_words and second.is_words
    whole.refused = first.refused or second.refused
    third = tokens[second.end] if second.end < len(tokens) else None
    following = tokens[second.end + 1] if second.end + 1 < len(tokens) else None
    if (
        third is not None
        and third.text == "-"
        and third.glued
        and following is not None
        and following.value is not None
    ):
        whole.refused = "a code"
    if first.value in (0, 1) and second.value == 10 and not whole.refused:
        whole.refused = "the scale itself"
    if (first.value, second.value) == (10, 4) and tokens[first.end].text == "-":
        whole.refused = "radio talk"
    return whole
