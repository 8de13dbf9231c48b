import pytest

from shared.mapping.text import split_account, split_tags, word_count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jamal Hartnett <fabrikamfiber4@hotmail.com>", ("Jamal Hartnett", "fabrikamfiber4@hotmail.com")),
        ("Web Build Service (contoso) <Build\\1b2c>", ("Web Build Service (contoso)", "Build\\1b2c")),
        ("O'Hara <the boss> <o@x.y>", ("O'Hara <the boss>", "o@x.y")),
        ("<o@x.y>", ("o@x.y", "o@x.y")),
        ("Jamal Hartnett", ("Jamal Hartnett", None)),
        ("a < b", ("a < b", None)),
    ],
)
def test_a_person_in_text_is_a_name_and_an_account(text, expected):
    assert split_account(text) == expected


def test_tags_are_separated_by_semicolons():
    assert split_tags("ui; needs review;;x") == ["ui", "needs review", "x"]
    assert split_tags(None) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, 0),
        ("", 0),
        ("Looks good to me.", 4),
        ("Don't re-use it – please", 4),
        ("@<6B6F3C7E-1111-4222-8333-444455556666> please look", 2),
        ("Use `git rebase -i` here", 2),
        ("Before\n```python\nprint('many words here')\n```\nafter", 2),
        ("An unclosed ```fence goes on", 2),
        ("See [the guide](https://example.com/a/b) and https://example.com/c", 4),
        ("**bold** and _thin_", 3),
        ("日本語 テスト", 2),
        ("- - - !", 0),
    ],
)
def test_words_are_what_a_reader_would_count(body, words):
    assert word_count(body) == words
