"""Why a message was read as it was: the rule that spoke, as a person would say it."""

from care.models import Reply

GROUP_WORDS = {
    "heart": "heart or lungs",
    "stroke": "stroke",
    "cauda": "nerves of bladder and bowel",
    "allergy": "allergic reaction",
    "limb": "limb at risk",
    "fracture": "fracture",
    "muscle": "muscle breakdown",
    "clot": "blood clot",
    "infection": "infection",
    "nerve": "nerve getting worse",
    "crisis": "self-harm",
    "poison": "poisoning",
    "unsafe": "not safe at home: text nothing, call in private",
    "high_pain": "very strong pain",
}
# By the name of a rule, which is what stands before its colon.
RULES = {
    "rating.number": "it holds one number from 0 to 10",
    "rating.zero": "it says that there is no pain",
    "rating.several": "it holds several numbers: the whole if it says so, else now, else the highest",
    "rating.range": "it gives a range, and its middle counts",
    "rating.correction": "it corrects an earlier number",
    "rating.change": "it says what the pain was and what it is now",
    "rating.unasked": "it is a number, and nothing was open that a number could answer",
    "done.yes": "a yes to a reminder",
    "done.slip": "a slip of the pen for done",
    "done.quantity": "it says how many were done",
    "skipped.no": "a no to a reminder",
    "snooze.pause": "it asks for a break",
    "snooze.automatic": "a phone answered by itself",
    "question mark": "it ends in a question mark",
    "nothing else applied": "no number, no answer and no question that we know",
    "too long": "it is too long to be read by a machine",
    "provider": "the provider took it for STOP",
    "a phone's tapback notice": "phones send this when somebody taps a reaction",
    "a name that is not the client's": "it names somebody else",
}
INTENTS = {
    "rating": "it says how strong the pain is",
    "done": "it says that they did them",
    "skipped": "it says that they did not do them",
    "snooze": "it says later",
    "question": "it asks something",
    "opt_out": "it asks for no more texts",
    "opt_in": "it asks for the texts again",
    "help": "it asks what this is",
    "wrong_number": "it says that this is the wrong number",
    "reaction": "a reaction to our text",
    "unclear": "no rule spoke",
}


def why(reply: Reply) -> list[str]:
    """One short sentence for each thing understood, in the order it was understood."""
    return [_why(intent, str(rule)) for intent, rule in reply.rules.items()]


def _why(intent: str, rule: str) -> str:
    name, _, words = (part.strip() for part in rule.partition(":"))
    if intent == "red_flag":
        return f"a sign of danger: {GROUP_WORDS.get(name, name.replace('_', ' '))}"
    if name.endswith(".keyword"):
        return f"the word “{words}”, which carriers act on"
    if name in RULES:
        return RULES[name]
    if words and words.replace(" ", "").isalpha():
        return f"it says “{words}”"
    return INTENTS.get(intent, f"it says {intent.replace('_', ' ')}")
