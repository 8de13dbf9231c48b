"""The page that a sign-in ends on: small, without markup from outside, its one script and style allowed by their hash.

The completion code goes to the window that opened this one, if that is of the portal's exact origin, and is shown to
be copied. Sources: https://developer.mozilla.org/docs/Web/API/Window/postMessage,
https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/script-src
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.oauth.sign_in import Ending

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9A-Fa-f:]+\](?::[0-9]{1,5})?")

SCRIPT: Final = """\
"use strict";
const found = document.getElementById("ending").dataset;
history.replaceState(null, "", location.pathname);
if (window.opener && found.origin) {
  const message = { type: "flow.oauth", authorization_id: found.authorization, status: found.status };
  if (found.completionCode) message.completion_code = found.completionCode;
  window.opener.postMessage(message, found.origin);
}
const button = document.getElementById("copy");
if (button) button.addEventListener("click", async () => {
  await navigator.clipboard.writeText(found.completionCode);
  button.textContent = "Copied";
});
"""
STYLE: Final = """\
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: #1b1b1f; background: #f6f6f8; }
main { max-width: 34rem; margin: 12vh auto 0; padding: 2rem; background: #fff; border-radius: 0.5rem; }
h1 { margin-top: 0; font-size: 1.35rem; }
code, blockquote { overflow-wrap: anywhere; }
code { display: block; padding: 0.75rem; background: #f0f0f4; border-radius: 0.25rem; font-size: 1.05rem; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 0.2rem solid #c9c9d2; color: #45454d; }
button { margin: 0.75rem 0; padding: 0.5rem 1rem; font: inherit; }
"""


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src {_source(SCRIPT)}; style-src {_source(STYLE)}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def page(ending: Ending, portal_origin: str | None) -> bytes:
    """The page in UTF-8. A ``portal_origin`` that is no plain origin gets nothing posted."""
    origin = portal_origin if portal_origin and _ORIGIN.fullmatch(portal_origin) else ""
    # Nothing is told about a sign-in that is not known here.
    known = ending.authorization_id or ""
    data = {
        "origin": origin if known else "",
        "authorization": known,
        "status": "consented" if ending.completion_code else "denied",
        "completion-code": ending.completion_code or "",
    }
    attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items())
    title, body = _failed(ending) if ending.error else _done(ending)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<main id="ending" {attributes}>\n<h1>{title}</h1>\n{body}</main>\n'
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n"
    ).encode()


def _done(ending: Ending) -> tuple[str, str]:
    return "Signed in", (
        "<p>If Flow has opened this window, go back to it: it goes on by itself. Otherwise copy this code into the "
        "page of Flow on which you began.</p>\n"
        f'<code id="completion-code">{escape(ending.completion_code or "")}</code>\n'
        '<button id="copy" type="button">Copy the code</button>\n'
        "<p>Did somebody send you the link to this sign-in? Then close this window and give the code to nobody: it "
        "would let them read your organization's data.</p>\n"
    )


def _failed(ending: Ending) -> tuple[str, str]:
    error = ending.error
    assert error is not None
    parts = [f"<p>{escape(_sentence(error.message))}</p>\n"]
    if error.detail:
        parts.append(f"<p>Microsoft says:</p>\n<blockquote>{escape(error.detail)}</blockquote>\n")
    if error.remedy:
        parts.append(f"<p>{escape(error.remedy)}</p>\n")
    return "Not signed in", "".join(parts)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
