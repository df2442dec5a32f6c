"""What the triggers of `care.marking` do, in the words of each database.

Names of ours stand where a `$` is: of rows, and conditions on their columns. Nothing anybody typed gets in.
"""

from string import Template

SQLITE_MARK = """
INSERT INTO standing_change (practice_id, client_id) SELECT $row.practice_id, $row.client_id
WHERE $row.client_id IS NOT NULL AND EXISTS (SELECT 1 FROM client WHERE id = $row.client_id)
AND NOT EXISTS (
    SELECT 1 FROM standing_change WHERE practice_id = $row.practice_id AND client_id = $row.client_id
);
"""
SQLITE_CLIENT_MARK = """
INSERT INTO standing_change (practice_id, client_id) VALUES (new.practice_id, new.id);
"""
SQLITE_UNMARK = "DELETE FROM standing_change WHERE client_id = old.id;"
SQLITE_PRACTICE_MARKS = """
INSERT INTO standing_change (practice_id, client_id)
SELECT practice_id, id FROM client WHERE practice_id = new.id;
"""
SQLITE_FORGET = """
DELETE FROM text_day
WHERE practice_id = $row.practice_id AND ends_at > $row.at AND starts_at <= $row.at;
"""

# The rows of a statement, as they were and as they are now.
BOTH = "was AS w JOIN now_is AS n ON n.id = w.id"
POSTGRESQL_MARK = """
INSERT INTO standing_change (practice_id, client_id)
SELECT DISTINCT $row.practice_id, $row.client_id FROM $rows
WHERE $row.client_id IS NOT NULL AND ($when)
AND EXISTS (SELECT 1 FROM client AS c WHERE c.id = $row.client_id);
"""
POSTGRESQL_CLIENT_MARKS = """
INSERT INTO standing_change (practice_id, client_id) SELECT n.practice_id, n.id FROM $rows WHERE $when;
"""
POSTGRESQL_UNMARK = "DELETE FROM standing_change WHERE client_id IN (SELECT w.id FROM was AS w);"
POSTGRESQL_PRACTICE_MARKS = """
INSERT INTO standing_change (practice_id, client_id)
SELECT c.practice_id, c.id FROM client AS c WHERE c.practice_id IN (SELECT n.id FROM $rows WHERE $when);
"""
POSTGRESQL_CHANGED_TEXTS = """
SELECT n.practice_id, n.at FROM $rows WHERE $when UNION SELECT w.practice_id, w.at FROM $rows WHERE $when
"""
# Always in the same order: two transactions that wait for each other would wait for ever.
POSTGRESQL_FORGET = """
DELETE FROM text_day WHERE (practice_id, ends_at) IN (
    SELECT d.practice_id, d.ends_at FROM $texts AS t JOIN text_day AS d
    ON d.practice_id = t.practice_id AND d.ends_at > t.at AND d.starts_at <= t.at
    ORDER BY d.practice_id, d.ends_at FOR UPDATE OF d
);
"""


def filled(statement: str, **names: str) -> str:
    """The statement with these names in it."""
    return Template(statement).substitute(names)
