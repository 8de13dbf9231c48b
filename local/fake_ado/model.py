"""What the fake Azure DevOps knows: plain mutable records, in Azure DevOps' own words.

Everything is kept in memory and made from a seed (``generate.py``), changed by mutation calls (``mutate.py``), shown by
the areas (``areas/``), and summed up for comparison by ``truth.py``, which never looks at what the areas answer.
Times are aware UTC datetimes. Ids are as Azure DevOps makes them: lower-case GUIDs as text; work items, pull requests
and builds numbered per organisation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from local.fake_ado.model_git import Comment as Comment
from local.fake_ado.model_git import Iteration as Iteration
from local.fake_ado.model_git import PullRequest as PullRequest
from local.fake_ado.model_git import Repository as Repository
from local.fake_ado.model_git import Reviewer as Reviewer
from local.fake_ado.model_git import Thread as Thread
from local.fake_ado.model_git import ThreadEvent as ThreadEvent
from local.fake_ado.model_work_items import Fields as Fields
from local.fake_ado.model_work_items import Link as Link
from local.fake_ado.model_work_items import Revision as Revision
from local.fake_ado.model_work_items import WorkItem as WorkItem
from local.fake_ado.model_work_items import WorkItemComment as WorkItemComment

if TYPE_CHECKING:
    from local.fake_ado.git_history import History
    from local.fake_ado.git_repository import GitFolder


@dataclass
class Identity:
    """A person, service or group. ``id`` is the storage key that IdentityRefs carry."""

    id: str
    descriptor: str
    display_name: str
    account: str
    """unique name: UPN or mail in the spelling stored when the identity was made; groups: ``[scope]\\Name``."""
    mail: str | None
    origin_id: str
    kind: Literal["user", "service", "group"] = "user"
    domain: str = ""
    is_active: bool = True
    is_guest: bool = False
    listed: bool = True
    """False: no longer in Graph lists (a person who left), though old pull requests and work items still name them."""
    left_at: datetime | None = None
    """When the person left, if that was after the organisation was made."""
    licence: Literal["basic", "stakeholder"] = "basic"
    """A stakeholder reads no Git in private projects, whatever the permissions."""
    member_ids: list[str] = field(default_factory=list)
    """Groups: the identities directly in it."""
    scope_project_id: str | None = None
    """Groups: the project whose group it is; None for the organisation's."""


@dataclass
class Token:
    """A personal access token or a bearer token."""

    value: str = field(repr=False)
    identity_id: str
    scopes: frozenset[str]
    """As ``vso.code``; ``*`` is full access."""
    kind: Literal["pat", "bearer"] = "pat"
    expires_at: datetime | None = None
    revoked: bool = False
    name: str = ""
    """What the control API calls it; "" for one that nobody is told about."""
    is_global: bool = False
    """A personal access token for all organisations of its owner."""
    refusal: Literal["", "conditional_access", "global_policy", "oauth_off", "wrong_tenant"] = ""
    """The policy that refuses it although it is valid."""
    refusal_form: Literal["json", "html", "text"] = "json"
    """How the sentence about its expiry or its policy comes."""


@dataclass
class Project:
    id: str
    name: str
    description: str = ""
    state: str = "wellFormed"
    visibility: str = "private"
    revision: int = 1
    last_update_time: datetime | None = None
    process: Literal["Agile", "Scrum", "CMMI", "Basic"] = "Agile"
    git_enabled: bool = True
    tfvc_enabled: bool = False
    deleted_at: datetime | None = None
    former_names: list[str] = field(default_factory=list)
    hidden_from: set[str] = field(default_factory=set)
    """Identity ids that do not see it."""
    extra_types: list[str] = field(default_factory=list)
    """Work item types that its inherited process adds, by name (``processes.CUSTOM_TYPES``)."""


@dataclass
class Team:
    id: str
    project_id: str
    name: str
    description: str = ""
    member_ids: list[str] = field(default_factory=list)
    iteration_ids: list[str] = field(default_factory=list)
    """Identifiers (GUIDs) of the iteration nodes it has selected."""


@dataclass
class Node:
    """A classification node (iteration or area). The root of each tree has ``parent`` None and the project's name."""

    id: int
    identifier: str
    project_id: str
    structure: Literal["iteration", "area"]
    name: str
    parent: str | None
    start_date: datetime | None = None
    finish_date: datetime | None = None
    former_paths: list[str] = field(default_factory=list)
    """Paths it had before it, a node above it or its project was renamed; as work items spell them."""
    deleted_at: datetime | None = None
    """A deleted node is in no tree, but old revisions still name it."""


@dataclass
class Definition:
    """A build definition (pipeline)."""

    id: int
    project_id: str
    name: str
    created: datetime
    repository_id: str | None = None
    path: str = "\\"
    revision: int = 1
    queue_status: str = "enabled"


@dataclass
class Build:
    id: int
    project_id: str
    definition_id: int
    number: str
    status: str
    result: str | None
    reason: str
    branch: str
    commit: str
    queued: datetime
    started: datetime | None
    finished: datetime | None
    requested_for: str
    repository_id: str


@dataclass
class Subscription:
    id: str
    event_type: str
    publisher_inputs: dict[str, str]
    consumer_inputs: dict[str, str]
    resource_version: str
    created_by: str
    created: datetime
    status: str = "enabled"
    notifications: int = 0
    publisher_id: str = "tfs"
    consumer_id: str = "webHooks"
    consumer_action_id: str = "httpRequest"
    modified_by: str = ""
    modified: datetime | None = None
    probation_retries: int = 0


@dataclass(repr=False)
class Organization:
    """One organisation with everything in it. Mappings are keyed by id."""

    name: str
    id: str
    tenant_id: str
    now: datetime
    """The fake's clock when the organisation was made; mutations move it forward."""
    identities: dict[str, Identity] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    """By the token's value; those without ``identity_id`` in ``identities`` belong to nobody here."""
    grants: dict[str, set[tuple[str, str, int]]] = field(default_factory=dict)
    """Identity id -> (security namespace, token, bit) it has; see ``areas/security.py`` for what is asked."""
    denials: dict[str, set[tuple[str, str, int]]] = field(default_factory=dict)
    """As ``grants``: bits taken from an identity that membership and visibility would give it."""
    administrators: set[str] = field(default_factory=set)
    """Identity ids in Project Collection Administrators: every bit is theirs."""
    projects: dict[str, Project] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    work_items: dict[int, WorkItem] = field(default_factory=dict)
    feed: list[tuple[int, int]] = field(default_factory=list)
    """(work item id, rev) in the order of their watermarks: the revision with watermark ``w`` is ``feed[w - 1]``,
    None-like ``(0, 0)`` where it was destroyed."""
    feed_times: list[datetime] = field(default_factory=list)
    """When each revision of ``feed`` was made; never decreases."""
    destroyed: list[int] = field(default_factory=list)
    """Work items that are gone for good."""
    histories: dict[str, History] = field(default_factory=dict)
    """Repository id -> its commits, refs and pushes (``git_history.py``)."""
    git_folder: GitFolder | None = None
    """The same repositories on disk, once somebody has asked for one."""
    follows_wall_clock: bool = False
    """True: its time is the machine's; mutations are never dated later."""
    counters: dict[str, int] = field(default_factory=dict)
    """Last number given, by kind: ``work_item``, ``pull_request``, ``thread``, ``node``, ``comment``, ``build`` ..."""
    links: list[Link] = field(default_factory=list)
    links_at: dict[int, list[Link]] = field(default_factory=dict)
    """Work item id -> the rows of ``links`` at it."""
    builds: dict[int, Build] = field(default_factory=dict)
    definitions: dict[int, Definition] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    public_access: bool = False
    """True: anybody reads its public projects without a credential, or with a bogus one."""
    is_legacy_url: bool = False
    """True: its primary URL is ``https://{name}.visualstudio.com/``."""
    on_event: Callable[[Any], None] | None = field(default=None, repr=False, compare=False)
    """Where ``hooks.publish`` hands its events while a fake plays the organisation."""
