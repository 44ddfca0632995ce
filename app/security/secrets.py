"""Secrets at rest, in envelopes: each has a data key of its own, which a master key wraps.

A sealed secret reads `key id.wrapped data key.ciphertext`. Both parts are bound to the secret's owner, so
that a row copied onto another opens nothing. A new master key rewraps data keys, never the secrets.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import Misconfigured

NONCE_BYTES: Final = 12  # Source: NIST SP 800-38D, section 8.2; each data key seals once, so none repeats
KEY_BITS: Final = 256
SHORTEST_MASTER_KEY: Final = 32


class Keyring:
    """The master keys, the newest first: it seals, and all of them open."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self._newest = next(iter(keys))

    @classmethod
    def of(cls, master_keys: Sequence[str], secret_key: str) -> Self:
        """Read `OPSBOOK_MASTER_KEYS`. A key made from `OPSBOOK_SECRET_KEY` comes last, or serves alone.

        Raises: Misconfigured when a key is too short to be random.
        """
        for number, text in enumerate(master_keys, start=1):
            if len(text) < SHORTEST_MASTER_KEY:
                raise Misconfigured(
                    f"Key {number} of OPSBOOK_MASTER_KEYS has fewer than {SHORTEST_MASTER_KEY} characters."
                    " Make one with `openssl rand -hex 32`."
                )
        derived = [_derived(text, "master key") for text in master_keys]
        derived.append(_derived(secret_key, "master key of the secret key"))
        return cls({sha256(key).hexdigest()[:12]: key for key in derived})

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    def seal(self, owner: str, secret: str) -> str:
        """Encrypt a secret for its owner, a name that stays, such as `source:3`."""
        data_key = AESGCM.generate_key(KEY_BITS)
        return f"{self._wrapped(owner, data_key)}.{_encrypted(data_key, owner, secret.encode())}"

    def open(self, owner: str, sealed: str) -> str:
        """Decrypt what `seal` made for this owner.

        Raises: Misconfigured when its master key is missing, or it was damaged or belongs to somebody else.
        """
        _, _, ciphertext = _parts(owner, sealed)
        return _decrypted(self._data_key(owner, sealed), owner, ciphertext).decode()

    def rewrap(self, owner: str, sealed: str) -> str:
        """Put the data key under the newest master key; the same text when it is there already.

        Raises: Misconfigured like `open`.
        """
        key_id, _, ciphertext = _parts(owner, sealed)
        if key_id == self._newest:
            return sealed
        return f"{self._wrapped(owner, self._data_key(owner, sealed))}.{ciphertext}"

    def _wrapped(self, owner: str, data_key: bytes) -> str:
        bound = _wrapping(self._newest, owner)
        return f"{self._newest}.{_encrypted(self._keys[self._newest], bound, data_key)}"

    def _data_key(self, owner: str, sealed: str) -> bytes:
        key_id, wrapped, _ = _parts(owner, sealed)
        if key_id not in self._keys:
            raise Misconfigured(
                f"The secret of {owner} was sealed with the master key {key_id}, which is missing."
                " Add that key to the end of OPSBOOK_MASTER_KEYS."
            )
        return _decrypted(self._keys[key_id], _wrapping(key_id, owner), wrapped)


def _derived(text: str, purpose: str) -> bytes:
    kdf = HKDF(SHA256(), length=KEY_BITS // 8, salt=None, info=f"opsbook {purpose}".encode())
    return kdf.derive(text.encode())


def _wrapping(key_id: str, owner: str) -> str:
    return f"data key under {key_id} of {owner}"


def _parts(owner: str, sealed: str) -> tuple[str, str, str]:
    try:
        key_id, wrapped, ciphertext = sealed.split(".")
    except ValueError as error:
        raise _unreadable(owner) from error
    return key_id, wrapped, ciphertext


def _encrypted(key: bytes, bound: str, text: bytes) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, text, bound.encode())).decode()


def _decrypted(key: bytes, bound: str, encrypted: str) -> bytes:
    try:
        raw = urlsafe_b64decode(encrypted)
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound.encode())
    except (InvalidTag, Base64Error, ValueError) as error:
        raise _unreadable(bound.rpartition(" of ")[2]) from error


def _unreadable(owner: str) -> Misconfigured:
    return Misconfigured(
        f"The secret of {owner} cannot be read: it was damaged or sealed for something else. Enter it again."
    )
