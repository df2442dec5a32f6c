"""What we know: the tables and the rules of the trade. Knows no Flask, no Twilio, no APScheduler."""
