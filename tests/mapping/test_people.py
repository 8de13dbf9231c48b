from shared.flow.users import UserAlias
from shared.mapping.people import People, Person


def _alias(number: int, username: str | None, email: str | None = None, *, is_active: bool = True) -> UserAlias:
    return UserAlias(
        integration_id="i", id=str(number), apex_user_id=str(number), name="N", username=username, email=email,
        is_active=is_active,
    )  # fmt: skip


PEOPLE = People(
    [
        _alias(1, "Ann@Contoso.com", "ann.archer@contoso.com"),
        _alias(2, "1b2c3d4e-0000-4000-8000-000000000000"),
        _alias(3, "bob@contoso.com", is_active=False),
        _alias(4, "bob@contoso.com"),
        _alias(5, "twin@contoso.com"),
        _alias(6, "twin@contoso.com"),
        _alias(7, None, "cat@contoso.com"),
        _alias(8, "gone@contoso.com", is_active=False),
    ]
)


def test_an_account_is_found_whatever_its_case():
    assert PEOPLE.named("Ann Archer <ANN@contoso.COM>") == Person("1", "Ann Archer")


def test_a_mail_address_is_found_where_no_username_is():
    assert PEOPLE.named("Ann <ann.archer@contoso.com>") == Person("1", "Ann")
    assert PEOPLE.named("Cat Cole <cat@contoso.com>") == Person("7", "Cat Cole")


def test_a_service_account_is_found_by_its_last_part():
    assert PEOPLE.named("Build <Build\\1b2c3d4e-0000-4000-8000-000000000000>") == Person("2", "Build")


def test_the_active_one_of_two_is_meant():
    assert PEOPLE.named("Bob <bob@contoso.com>") == Person("4", "Bob")


def test_two_active_ones_are_nobody_in_particular():
    assert PEOPLE.named("Twin <twin@contoso.com>") == Person(None, "Twin <twin@contoso.com>")


def test_who_has_left_is_still_found():
    assert PEOPLE.named("Gone <gone@contoso.com>") == Person("8", "Gone")


def test_who_is_unknown_keeps_the_whole_text():
    assert PEOPLE.named("Who <who@else.com>") == Person(None, "Who <who@else.com>")
    assert PEOPLE.named("Ann Archer") == Person(None, "Ann Archer")


def test_an_empty_field_is_nobody():
    assert PEOPLE.named(None) is None
