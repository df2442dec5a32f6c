"""Sealing a stream with a passphrase, a piece at a time, so that it never has to fit into memory.

scrypt (RFC 7914) turns the passphrase into a key of that file alone; each piece is AES-256-GCM under a
nonce that counts the pieces and marks the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway
and Vizár, 2015), so pieces can be neither swapped, repeated nor left out.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from care.errors import Refused

MAGIC = b"homestretch backup 1\n"
PIECE = 1024 * 1024
SALT_BYTES, TAG_BYTES = 16, 16
# About 32 MB and a tenth of a second for each guess at the passphrase.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**15, 8, 1

NOT_OURS = "This file is not a backup made by Homestretch."
NOT_OPENED = (
    "The backup cannot be opened: HOMESTRETCH_BACKUP_KEY is not the one it was made with, or it is damaged."
)
CUT_SHORT = "The backup is damaged: its end is missing. Take another one."


class Sealer:
    """Takes what is written to it, and writes it sealed. `close` seals the last piece."""

    def __init__(self, to: BinaryIO, passphrase: str) -> None:
        self._to = to
        self._header = MAGIC + os.urandom(SALT_BYTES)
        self._key = _key(passphrase, self._header)
        self._waiting = bytearray()
        self._count = 0
        to.write(self._header)

    def write(self, data: bytes) -> int:
        self._waiting += data
        # One piece is always kept back: only the end knows which is the last.
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), is_last=False)
            del self._waiting[:PIECE]
        return len(data)

    def close(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        self._to.write(self._key.encrypt(_nonce(self._count, is_last), piece, self._header))
        self._count += 1


class Opened:
    """What was sealed, to read as a stream.

    Raises Refused where the file is no backup, the passphrase another one, or a byte not the one written.
    """

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        header = source.read(len(MAGIC) + SALT_BYTES)
        if not header.startswith(MAGIC) or len(header) < len(MAGIC) + SALT_BYTES:
            raise Refused(NOT_OURS)
        self._pieces = _opened_pieces(source, _key(passphrase, header), header)
        self._waiting = bytearray()

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, or fewer at the end; all that is left for -1."""
        while size < 0 or len(self._waiting) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._waiting += piece
        end = len(self._waiting) if size < 0 else size
        taken = bytes(self._waiting[:end])
        del self._waiting[:end]
        return taken


def _opened_pieces(source: BinaryIO, key: AESGCM, header: bytes) -> Iterator[bytes]:
    sealed, count = source.read(PIECE + TAG_BYTES), 0
    while sealed:
        following = source.read(PIECE + TAG_BYTES)
        try:
            yield key.decrypt(_nonce(count, is_last=not following), sealed, header)
        except InvalidTag:
            raise Refused(NOT_OPENED if count == 0 else CUT_SHORT) from None
        sealed, count = following, count + 1
    if count == 0:
        raise Refused(CUT_SHORT)


def _key(passphrase: str, header: bytes) -> AESGCM:
    derived = Scrypt(salt=header[len(MAGIC) :], length=32, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P)
    return AESGCM(derived.derive(passphrase.encode()))


def _nonce(count: int, is_last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([is_last])
