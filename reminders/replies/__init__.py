"""What a client's text means: `read_reply` turns it into a `Reply`."""

from reminders.replies.reading import read_reply
from reminders.replies.reply import CONTEXTS, Reply

__all__ = ["CONTEXTS", "Reply", "read_reply"]
