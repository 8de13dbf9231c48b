"""Words for made-up people, titles and comments; long texts come from a pool, so that many rows share a string."""

from __future__ import annotations

import random
from typing import Final

PEOPLE: Final = (
    "Jamal Hartnett", "Zoë O'Brien", 'José "Pepe" Núñez', "Łukasz Żółć", "李小龙", "Anna-Lena Müßig 🚀", "Normal Paulk",
    "Priya Raman", "Håkon Ødegård", "Alex Kim", "Alex Kim", "Fatima Al-Zahra", "Søren Kjær", "Chuck Reinhart",
    "Ngọc Trần", "Ольга Иванова", "Johnnie McLeod", "Giulia D'Amico", "Renée Façade", "Tom, the Tester",
    "Mary  Ann Doe", "Kenji 健二 Sato", "Ines & Co", "Bo Li", "Émile Zola", "Raisa Pokrovskaya",
    "Helena Petersen", "Christie Church",
)  # fmt: skip
_VERBS: Final = (
    "Add", "Fix", "Remove", "Rework", "Document", "Speed up", "Validate", "Translate", "Retry", "Simplify", "Cache",
    "Log", "Split", "Measure", "Harden", "Rename",
)  # fmt: skip
_THINGS: Final = (
    "invoice export", "sign-in page", "café search", "order queue", "tax rules", "parts catalogue", "time zone picker",
    "PDF preview", "user import", "webhook retries", "Größentabelle", "stock forecast", "“quoted” names", "audit log",
    "emoji 🎉 input", "currency rounding", "mobile menu", "nightly backup", "rate limiter", "consent form",
)  # fmt: skip
_TAILS: Final = (
    "", "", "", " for guests", " in the admin area", " on Windows Phone", " after the merge", " when offline",
    " (part 2)", " & follow-ups", " <draft>", " for the “Nord” region",
)  # fmt: skip
_REMARKS: Final = (
    "Looks good to me.", "Could you add a test for the empty case?", "Nit: naming.", "Why not reuse the helper here?",
    "I think this breaks when the list is `None`.", "Done in the last push.", "👍", "Good catch, thanks!",
    "Can we keep the old behaviour behind a flag?", "This needs a migration.", "See #12 and @<someone>.",
    "Please rebase; the build is red.", "What happens with more than 1,000 rows?\n\nI tried 1,001 and it hung.",
    "```python\nreturn [row for row in rows if row]\n```\nwould be shorter.",
    "Ça marche chez moi.", "Blocking: data loss.",
)  # fmt: skip
_SENTENCES: Final = (
    "Customers asked for this more than once.", "It touches the order service and its tests.",
    "No change for those who never used the old form.", "The numbers were measured on a copy of production.",
    "Rolling back is a matter of the feature flag.", "Dates stay in UTC; only the view converts them.",
    "See the design page for the reasons and for what was left out.", "Größere Umbauten folgen später.",
)  # fmt: skip
TAGS: Final = ("client", "backend", "needs info", "Q3", "überprüfen", "tech-debt", "customer: ACME", "hotfix")
LABELS: Final = ("bug", "do not merge", "docs", "größer", "dependencies")


def title(rng: random.Random) -> str:
    """A title of a ticket, a commit or a pull request."""
    return f"{rng.choice(_VERBS)} {rng.choice(_THINGS)}{rng.choice(_TAILS)}"


def remark(rng: random.Random) -> str:
    """A comment."""
    return rng.choice(_REMARKS)


class Paragraphs:
    """A pool of longer texts: plain ones and HTML ones, from one sentence to some thousand characters."""

    def __init__(self, rng: random.Random, size: int = 60) -> None:
        self._pool = [
            " ".join(rng.choice(_SENTENCES) for _ in range(rng.choice((1, 2, 4, 9, 16, 40)))) for _ in range(size)
        ]
        self._html = [f"<div>{text}</div>" for text in self._pool]

    def plain(self, rng: random.Random) -> str:
        """Markdown or plain text; about a third are longer than 400 characters."""
        return rng.choice(self._pool)

    def html(self, rng: random.Random) -> str:
        """What a rich text field holds."""
        return rng.choice(self._html)
