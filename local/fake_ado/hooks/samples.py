"""What test notifications carry: objects that exist nowhere, the same each time."""

from __future__ import annotations

from typing import Any

from local.fake_ado.hooks.events import Event
from local.fake_ado.model import Organization
from local.fake_ado.times import current

SAMPLE_ID = "5c0a9e1e-8f27-4d0c-9b0a-2f6d5b7e1a10"
_REPOSITORY = {
    "id": "b7a1f3c4-2d5e-4f60-8a1b-3c4d5e6f7a8b",
    "name": "Sample",
    "url": "https://sample.visualstudio.com/DefaultCollection/_apis/git/repositories/b7a1f3c4-2d5e-4f60-8a1b-3c4d5e6f7a8b",
    "project": {"id": "d4c3b2a1-0f9e-4d8c-b7a6-5f4e3d2c1b0a", "name": "Sample", "state": "wellFormed"},
}
_PERSON = {
    "id": "0a1b2c3d-4e5f-4061-8273-94a5b6c7d8e9",
    "displayName": "Sample Person",
    "uniqueName": "sample@example.com",
}
_PULL_REQUEST = {
    "repository": _REPOSITORY,
    "pullRequestId": 1,
    "status": "active",
    "createdBy": _PERSON,
    "creationDate": "2014-06-17T16:55:46.589889Z",
    "title": "Sample pull request",
    "description": "",
    "sourceRefName": "refs/heads/topic",
    "targetRefName": "refs/heads/main",
    "mergeStatus": "succeeded",
    "reviewers": [],
}
_FIELDS = {
    "System.AreaPath": "Sample",
    "System.TeamProject": "Sample",
    "System.WorkItemType": "Bug",
    "System.State": "New",
}


def sample_event(organization: Organization, event_type: str, project_id: str) -> Event:
    """The event of a test notification. Its id never changes."""
    text = f"Sample of {event_type}"
    return Event(
        organization, event_type, _resource(event_type), project_id, text, {}, current(organization), SAMPLE_ID
    )


def _resource(event_type: str) -> dict[str, Any]:
    if event_type == "git.push":
        return {"commits": [], "refUpdates": [], "repository": _REPOSITORY, "pushedBy": _PERSON, "pushId": 1}
    if event_type.startswith("git.pullrequest"):
        return dict(_PULL_REQUEST)
    if "comment-event" in event_type:
        return {
            "comment": {"id": 1, "author": _PERSON, "content": "Sample", "_links": {}},
            "pullRequest": _PULL_REQUEST,
        }
    if event_type == "workitem.updated":
        # As the service's own sample: no work item, nobody who revised it, the year 1.
        changed = {"System.Rev": {"oldValue": 1, "newValue": 2}}
        update = {"id": 2, "workItemId": 0, "rev": 2, "revisedBy": None, "revisedDate": "0001-01-01T00:00:00"}
        return {**update, "fields": changed, "revision": {"id": 5, "rev": 2, "fields": _FIELDS}}
    if event_type.startswith("workitem."):
        return {"id": 5, "rev": 1, "fields": _FIELDS}
    if event_type == "build.complete":
        return {
            "id": 1,
            "buildNumber": "1",
            "status": "completed",
            "result": "succeeded",
            "definition": {"name": "Sample"},
        }
    return {"repository": _REPOSITORY, "initiatedBy": _PERSON}
