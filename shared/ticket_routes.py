"""The operations about tickets beyond their lists: what statuses mean, sprint ledgers, metrics."""

from __future__ import annotations

from typing import Final

from shared.operations import Operation
from shared.principals import Level
from shared.ticket_answers import LedgerAnswer, StatusMappingAnswer, TicketMetricsAnswer
from shared.ticket_requests import LedgerQuery, StatusMappingChange, TicketMetricsQuery

_ONE: Final = "integrations/{integration_id}"

GET_STATUS_MAPPING: Final = Operation(
    name="get_status_mapping", method="GET", path=f"{_ONE}/ticket_projects/{{project_id}}/status_mapping",
    tag="tickets", level=Level.VIEW,
    summary="Say what the statuses of a ticket project, or of one of its boards, mean.",
    answer=StatusMappingAnswer, answer_headers=("ETag",),
)  # fmt: skip
PUT_STATUS_MAPPING: Final = Operation(
    name="put_status_mapping", method="PUT", path=f"{_ONE}/ticket_projects/{{project_id}}/status_mapping",
    tag="tickets", level=Level.MANAGE,
    summary="Say what statuses mean instead of what is derived. Metrics follow at once, nothing is imported again.",
    body=StatusMappingChange, answer=StatusMappingAnswer, headers=("If-Match",), answer_headers=("ETag",),
    problems=(412, 422),
)  # fmt: skip
GET_SPRINT_LEDGER: Final = Operation(
    name="get_sprint_ledger", method="GET", path=f"{_ONE}/sprints/{{sprint_id}}/ledger", tag="tickets",
    level=Level.VIEW, summary="Say what a sprint took on and what became of it, as of any moment.",
    query=LedgerQuery, answer=LedgerAnswer,
)  # fmt: skip
GET_TICKET_METRICS: Final = Operation(
    name="get_ticket_metrics", method="GET", path=f"{_ONE}/metrics/tickets", tag="tickets", level=Level.VIEW,
    summary="Cycle time, queue time, backflow and throughput of the tickets that were done in a period.",
    query=TicketMetricsQuery, answer=TicketMetricsAnswer,
)  # fmt: skip

TICKET_OPERATIONS: Final = (GET_STATUS_MAPPING, PUT_STATUS_MAPPING, GET_SPRINT_LEDGER, GET_TICKET_METRICS)
