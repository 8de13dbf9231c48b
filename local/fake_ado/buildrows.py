"""Rows of the build area."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from local.fake_ado.areas.core import project_ref
from local.fake_ado.context import Call
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Build, Definition, Organization, Project
from local.fake_ado.times import iso

_POOL = {"id": 9, "name": "Azure Pipelines", "isHosted": True}


def definitions_of(organization: Organization, project: Project) -> list[Definition]:
    """The project's definitions, by id; those that only builds name are made up from them."""
    found = {one.id: one for one in organization.definitions.values() if one.project_id == project.id}
    for build in organization.builds.values():
        if build.project_id == project.id and build.definition_id not in found:
            name = f"Pipeline {build.definition_id}"
            found[build.definition_id] = Definition(
                build.definition_id, project.id, name, build.queued, build.repository_id
            )
    return [found[key] for key in sorted(found)]


def _project_url(call: Call, project_id: str) -> str:
    return f"{call.base_url}/{project_id}/_apis/build"


def definition_row(call: Call, definition: Definition, *, has_repository: bool = False) -> dict[str, Any]:
    """``BuildDefinitionReference``, with the repository on request."""
    project = call.organization.projects[definition.project_id]
    row = {
        **_definition_ref(call, definition),
        "quality": "definition",
        "drafts": [],
        "queue": {"id": 18, "name": "Azure Pipelines", "pool": _POOL},
        "createdDate": iso(definition.created),
    }
    row["project"] = project_ref(call, project)
    if has_repository and definition.repository_id:
        row["repository"] = _repository(call, definition.repository_id)
    return row


def _definition_ref(call: Call, definition: Definition) -> dict[str, Any]:
    where = f"{_project_url(call, definition.project_id)}/Definitions/{definition.id}"
    return {
        "id": definition.id,
        "name": definition.name,
        "url": f"{where}?revision={definition.revision}",
        "uri": f"vstfs:///Build/Definition/{definition.id}",
        "path": definition.path,
        "type": "build",
        "queueStatus": definition.queue_status,
        "revision": definition.revision,
    }


def _repository(call: Call, repository_id: str) -> dict[str, Any]:
    repository = call.organization.repositories.get(repository_id)
    if repository is None:
        return {"id": repository_id, "type": "TfsGit", "clean": None, "checkoutSubmodules": False}
    project = call.organization.projects[repository.project_id]
    return {
        "id": repository.id,
        "type": "TfsGit",
        "name": repository.name,
        "url": f"{call.base_url}/{project.name}/_git/{repository.name}",
        "clean": None,
        "checkoutSubmodules": False,
    }


def build_row(call: Call, build: Build) -> dict[str, Any]:
    """``Build``; times that were not reached are absent."""
    organization = call.organization
    project = organization.projects[build.project_id]
    where = f"{_project_url(call, build.project_id)}/Builds/{build.id}"
    definition = organization.definitions.get(build.definition_id)
    if definition is None:
        name = f"Pipeline {build.definition_id}"
        definition = Definition(build.definition_id, project.id, name, build.queued, build.repository_id)
    times = {"queueTime": build.queued, "startTime": build.started, "finishTime": build.finished}
    row: dict[str, Any] = {
        "_links": {
            "self": {"href": where},
            "web": {"href": f"{call.base_url}/{project.id}/_build/results?buildId={build.id}"},
            "timeline": {"href": f"{where}/Timeline"},
        },
        "properties": {},
        "tags": [],
        "validationResults": [],
        "plans": [{"planId": _guid(build, "plan")}],
        "triggerInfo": _trigger(build),
        "id": build.id,
        "buildNumber": build.number,
        "status": build.status,
    }
    if build.result is not None:
        row["result"] = build.result
    row.update({name: iso(moment) for name, moment in times.items() if moment is not None})
    return {
        **row,
        "url": where,
        "definition": {**_definition_ref(call, definition), "project": project_ref(call, project)},
        "project": project_ref(call, project),
        "uri": f"vstfs:///Build/Build/{build.id}",
        "sourceBranch": build.branch,
        "sourceVersion": build.commit,
        "queue": {"id": 18, "name": "Azure Pipelines", "pool": _POOL},
        "priority": "normal",
        "reason": build.reason,
        "requestedFor": identity_ref(organization, build.requested_for),
        "requestedBy": identity_ref(organization, build.requested_for),
        "lastChangedDate": iso(_last_change(build)),
        "orchestrationPlan": {"planId": _guid(build, "plan")},
        "repository": _repository(call, build.repository_id),
        "retainedByRelease": False,
        "triggeredByBuild": None,
        "appendCommitMessageToRunName": True,
    }


def _last_change(build: Build) -> datetime:
    return build.finished or build.started or build.queued


def _trigger(build: Build) -> dict[str, str]:
    if build.reason != "pullRequest" or not build.branch.startswith("refs/pull/"):
        return {}
    return {"pr.number": build.branch.split("/")[2], "pr.sourceSha": build.commit}


def _guid(build: Build, text: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"build/{build.id}/{text}"))


def timeline(call: Call, build: Build) -> dict[str, Any]:
    """``Timeline``: one stage with one job."""
    state = "completed" if build.finished else "inProgress"
    records = []
    for kind, parent in (("Stage", None), ("Phase", "Stage"), ("Job", "Phase")):
        record: dict[str, Any] = {
            "previousAttempts": [],
            "id": _guid(build, kind),
            "parentId": _guid(build, parent) if parent else None,
            "type": kind,
            "name": "__default" if kind != "Job" else "Job",
            "startTime": iso(build.started),
            "finishTime": iso(build.finished) if build.finished else None,
            "percentComplete": None,
            "state": state,
            "result": build.result if build.finished else None,
            "order": 1,
            "errorCount": 1 if build.result == "failed" else 0,
            "warningCount": 0,
            "attempt": 1,
            "identifier": "__default",
        }
        records.append(record)
    where = f"{_project_url(call, build.project_id)}/builds/{build.id}/Timeline/{_guid(build, 'timeline')}"
    return {
        "records": records,
        "lastChangedBy": "00000002-0000-8888-8000-000000000000",
        "lastChangedOn": iso(_last_change(build)),
        "id": _guid(build, "timeline"),
        "changeId": 1,
        "url": where,
    }
