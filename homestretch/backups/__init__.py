"""Backups: one sealed file that holds the database, the secret key and the uploads, and the way back."""
