"""Work item tracking: the reporting feeds and what is needed to read them."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import LEARN, Endpoint
from shared.ado.paging import ContinuationBody, SkipTop

WORK_ITEM_REVISIONS: Final = Endpoint(
    path="_apis/wit/reporting/workitemrevisions",
    paging=ContinuationBody(),
    items="values",
    scope="vso.work",
    docs=LEARN + "wit/reporting-work-item-revisions/read-reporting-revisions-get",
    query={"$maxPageSize": "1000"},
)
"""Every revision the caller may read, in order of change; ``includeDeleted`` keeps those in the recycle bin.

Filters are ``fields``, ``types``, ``startDateTime`` or ``continuationToken`` (never both), ``includeLatestOnly``."""

PROJECT_WORK_ITEM_REVISIONS: Final = WORK_ITEM_REVISIONS.in_project()

WORK_ITEM_REVISIONS_BY_POST: Final = Endpoint(
    path="_apis/wit/reporting/workitemrevisions",
    method="POST",
    read_only=True,
    paging=ContinuationBody(),
    items="values",
    scope="vso.work",
    docs=LEARN + "wit/reporting-work-item-revisions/read-reporting-revisions-post",
)
"""The same feed with its filters in the body, for a list of fields too long for a URL; the page size is ADO's."""

PROJECT_WORK_ITEM_REVISIONS_BY_POST: Final = WORK_ITEM_REVISIONS_BY_POST.in_project()

WORK_ITEM_HISTORY: Final = Endpoint(
    path="{project}/_apis/wit/workItems/{id}/revisions",
    paging=SkipTop(page_size=200),
    scope="vso.work",
    docs=LEARN + "wit/revisions/list",
)
"""Every revision of one work item with all its fields, people as objects; not of one in the recycle bin."""

WORK_ITEM_LINKS: Final = Endpoint(
    path="_apis/wit/reporting/workitemlinks",
    paging=ContinuationBody(),
    items="values",
    scope="vso.work",
    docs=LEARN + "wit/reporting-work-item-links/get",
)
"""Links between work items as they come and go, which revisions do not show."""

PROJECT_WORK_ITEM_LINKS: Final = WORK_ITEM_LINKS.in_project()

FIELDS: Final = Endpoint(
    path="_apis/wit/fields",
    scope="vso.work",
    docs=LEARN + "wit/fields/list",
)

FIELD: Final = Endpoint(
    path="_apis/wit/fields/{fieldNameOrRefName}",
    items=None,
    scope="vso.work",
    docs=LEARN + "wit/fields/get",
)

WORK_ITEM_TYPES: Final = Endpoint(
    path="{project}/_apis/wit/workitemtypes",
    scope="vso.work",
    docs=LEARN + "wit/work-item-types/list",
)
"""With each type's states and their categories, and a form of hundreds of kilobytes that nobody needs."""

WORK_ITEM_TYPE_STATES: Final = Endpoint(
    path="{project}/_apis/wit/workitemtypes/{type}/states",
    scope="vso.work",
    docs=LEARN + "wit/work-item-type-states/list",
)

WORK_ITEM_TYPE_CATEGORIES: Final = Endpoint(
    path="{project}/_apis/wit/workitemtypecategories",
    scope="vso.work",
    docs=LEARN + "wit/work-item-type-categories/list",
)
"""Which types are epics, features, requirements, tasks and bugs."""

CLASSIFICATION_NODES: Final = Endpoint(
    path="{project}/_apis/wit/classificationnodes/{structureGroup}",
    items=None,
    scope="vso.work",
    docs=LEARN + "wit/classification-nodes/get",
)
"""The tree of ``iterations`` or ``areas``, as deep as ``$depth`` says."""

WORK_ITEM_RELATION_TYPES: Final = Endpoint(
    path="_apis/wit/workitemrelationtypes",
    scope="vso.work",
    docs=LEARN + "wit/work-item-relation-types/list",
)
"""A short list for everybody with the scope: the cheapest question that needs it."""

ARTIFACT_URI_QUERY: Final = Endpoint(
    path="_apis/wit/artifacturiquery",
    method="POST",
    read_only=True,
    items=None,
    scope="vso.work",
    docs=LEARN + "wit/artifact-uri-query/query",
)
"""``{"artifactUris": [...]}`` -> ``artifactUrisQueryResult``: the work items that link to each."""

PROJECT_ARTIFACT_URI_QUERY: Final = ARTIFACT_URI_QUERY.in_project()

DELETED_WORK_ITEMS: Final = Endpoint(
    path="{project}/_apis/wit/recyclebin",
    scope="vso.work",
    docs=LEARN + "wit/recyclebin/get-deleted-work-item-shallow-references",
)
