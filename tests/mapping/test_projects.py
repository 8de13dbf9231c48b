import pytest

from shared.errors import ContractError
from shared.flow.projects import TicketProject
from shared.mapping.projects import STATES, to_ticket_project
from tests.mapping.examples import body

RECORDED = body("core/GET_projects.json")["value"]


def _map(item, *, is_imported=True):
    return to_ticket_project(item, integration_id="i", organization="fabrikam", is_imported=is_imported)


def test_a_recorded_project_becomes_a_ticket_project():
    assert _map(RECORDED[0]) == TicketProject(
        integration_id="i",
        id="eb6e4656-77fc-42a1-9181-4c6d8e9da5d1",
        url="https://dev.azure.com/fabrikam/Fabrikam-Fiber-TFVC",
        name="Fabrikam-Fiber-TFVC",
        description="Team Foundation Version Control projects.",
    )


def test_a_name_is_encoded_in_the_address_only():
    project = _map(RECORDED[0] | {"name": "Smart Hotel/ä"})
    assert project.name == "Smart Hotel/ä"
    assert project.url == "https://dev.azure.com/fabrikam/Smart%20Hotel%2F%C3%A4"


def test_the_customers_choice_is_kept():
    assert _map(RECORDED[0], is_imported=False).is_imported is False


@pytest.mark.parametrize("state", sorted(STATES))
def test_every_documented_state_is_taken(state):
    assert _map(RECORDED[0] | {"state": state}).ado_state == state


def test_an_unknown_state_is_refused_by_name():
    with pytest.raises(ContractError, match="eb6e4656-77fc-42a1-9181-4c6d8e9da5d1: state is 'frozen'"):
        _map(RECORDED[0] | {"state": "frozen"})
