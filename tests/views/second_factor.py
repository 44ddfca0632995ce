"""What the pages of the second factor show, in each of their states."""

from __future__ import annotations

from typing import Any

from tests.views.samples import at, frame
from views.frame import Frame

STATE: dict[str, Any] = {"frame": frame(section=""), "since": None, "secret": "", "uri": "", "errors": ()}
PROPOSED = {"secret": "JBSWY3DPEHPK3PXP", "uri": "otpauth://totp/Opsbook?secret=JBSWY3DPEHPK3PXP"}
WRONG = [{"field": "code", "message": "This code is wrong or has been used."}]
CODES = ["ABCD-EFGH-IJKL-MNOP-QRST-UVWX"] * 10

SECOND_FACTOR: dict[str, tuple[str, dict[str, Any]]] = {
    "second-factor": ("settings/second_factor.html", STATE),
    "second-factor-proposed": ("settings/second_factor.html", STATE | PROPOSED),
    "second-factor-mistyped": ("settings/second_factor.html", STATE | PROPOSED | {"errors": WRONG}),
    "second-factor-in-force": ("settings/second_factor.html", STATE | {"since": at(-900000)}),
    "recovery-codes": ("settings/recovery_codes.html", {"frame": frame(section=""), "codes": CODES}),
    "sign-in-code": ("sign_in/code.html", {"frame": Frame(), "errors": ()}),
    "sign-in-code-wrong": ("sign_in/code.html", {"frame": Frame(), "errors": WRONG}),
}
