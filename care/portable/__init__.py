"""Records as JSON Lines: what leaves an installation, and what comes into one (docs/portable-format.md)."""

from care.portable.importing import ImportCounts, import_records
from care.portable.writing import client_by_reference, export_records

__all__ = ["ImportCounts", "client_by_reference", "export_records", "import_records"]
