"""Text as people wrote it: names with accounts, tags, words."""

from __future__ import annotations

import re
from typing import Final

_NAMED_ACCOUNT: Final = re.compile(r"(?P<name>.*?)\s*<(?P<account>[^<>]+)>\s*", re.DOTALL)
_CODE_BLOCK: Final = re.compile(r"(```|~~~).*?(\1|\Z)", re.DOTALL)
_INLINE_CODE: Final = re.compile(r"`[^`\n]+`")
_MENTION: Final = re.compile(r"@<[^<>\s]+>")
_LINK_TARGET: Final = re.compile(r"(?<=\])\([^()\s]*\)")
_URL: Final = re.compile(r"https?://\S+")
_WORD: Final = re.compile(r"\w+(?:['’.\-/]\w+)*")


def split_account(text: str) -> tuple[str, str | None]:
    """``Jamal Hartnett <jamal@contoso.com>`` as name and account; the account is None where none is given."""
    match = _NAMED_ACCOUNT.fullmatch(text)
    if not match:
        return text.strip(), None
    account = match["account"].strip()
    return match["name"].strip() or account, account


def split_tags(text: str | None) -> list[str]:
    """``System.Tags``: separated by semicolons, in Azure DevOps' order."""
    return [tag.strip() for tag in (text or "").split(";") if tag.strip()]


def word_count(body: str | None) -> int:
    """How many words a Markdown comment has: code, mentions, link targets and bare URLs are not words."""
    prose = body or ""
    for pattern in (_CODE_BLOCK, _INLINE_CODE, _MENTION, _LINK_TARGET, _URL):
        prose = pattern.sub(" ", prose)
    return len(_WORD.findall(prose))
