"""How the tables came to be, step by step (Alembic). Run with `homestretch migrate`."""
