"""Effective permissions of the caller.

Specification: MicrosoftDocs/vsts-rest-api-specs ``security/7.1/security.json``.
"""

from __future__ import annotations

from typing import Any

from local.fake_ado import access, refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.context import Call
from local.fake_ado.routing import CORE_HOST, route

# Namespace -> its name, the separator of its tokens, and its bits with the name a person reads.
NAMESPACES: dict[str, tuple[str, str, dict[int, tuple[str, str]]]] = {
    access.COLLECTION: (
        "Collection",
        "/",
        {
            1: ("GENERIC_READ", "View instance-level information"),
            2: ("GENERIC_WRITE", "Edit instance-level information"),
            4: ("CREATE_PROJECTS", "Create new projects"),
            8: ("TRIGGER_EVENT", "Trigger events"),
            16: ("MANAGE_TEMPLATE", "Manage process template"),
        },
    ),
    access.PROJECT: (
        "Project",
        ":",
        {
            1: ("GENERIC_READ", "View project-level information"),
            2: ("GENERIC_WRITE", "Edit project-level information"),
            4: ("DELETE", "Delete team project"),
        },
    ),
    access.GIT: (
        "Git Repositories",
        "/",
        {
            1: ("Administer", "Administer"),
            2: ("GenericRead", "Read"),
            4: ("GenericContribute", "Contribute"),
            8: ("ForcePush", "Force push (rewrite history, delete branches and tags)"),
        },
    ),
    access.AREA: (
        "CSS",
        ":",
        {
            1: ("GENERIC_READ", "View permissions for this node"),
            2: ("GENERIC_WRITE", "Edit this node"),
            16: ("WORK_ITEM_READ", "View work items in this node"),
            32: ("WORK_ITEM_WRITE", "Edit work items in this node"),
        },
    ),
    access.BUILD: ("Build", "/", {1: ("ViewBuilds", "View builds"), 2: ("EditBuildQuality", "Edit build quality")}),
    access.HOOKS: (
        "ServiceHooks",
        "/",
        {
            1: ("ViewSubscriptions", "View Subscriptions"),
            2: ("EditSubscriptions", "Edit Subscription"),
            4: ("DeleteSubscriptions", "Delete Subscriptions"),
            8: ("PublishEvents", "Publish Events"),
        },
    ),
}
_EVALUATIONS_AT_MOST = 10_000


@route(
    "GET", CORE_HOST, "/{organization}/_apis/permissions/{namespace}/{bits}", version="7.1", is_open=True, cost=0.002
)
def has_permissions(call: Call) -> Answer:
    """One truth value for each of ``tokens`` (comma-separated unless ``delimiter`` says otherwise), in their order."""
    namespace = _namespace(call.parameters["namespace"])
    bits = call.parameters["bits"]
    if not bits.isascii() or not bits.isdigit():
        raise refusals.invalid_argument(f"The value '{bits}' is not valid for permissions.")
    tokens = call.query.one("tokens").split(call.query.one("delimiter") or ",")
    return value([access.has(call.organization, call.caller, namespace, token, int(bits)) for token in tokens])


@route("POST", CORE_HOST, "/{organization}/_apis/security/permissionevaluationbatch", version="7.1", is_open=True)
def evaluate_batch(call: Call) -> Answer:
    """The evaluations of the body, each with its ``value``."""
    body = {str(name).lower(): one for name, one in call.json_object().items()}
    rows = body.get("evaluations")
    if not isinstance(rows, list) or len(rows) > _EVALUATIONS_AT_MOST:
        raise refusals.invalid_argument(
            "Value cannot be null. Parameter name: evaluations", type_key="ArgumentNullException"
        )
    evaluations = [_evaluate(call, row) for row in rows]
    return plain({"evaluations": evaluations, "alwaysAllowAdministrators": bool(body.get("alwaysallowadministrators"))})


def _evaluate(call: Call, row: Any) -> dict[str, Any]:
    fields = {str(name).lower(): one for name, one in row.items()} if isinstance(row, dict) else {}
    namespace, token = _namespace(str(fields.get("securitynamespaceid", ""))), str(fields.get("token", ""))
    bits = fields.get("permissions")
    if not isinstance(bits, int):
        raise refusals.invalid_argument(
            "Value cannot be null. Parameter name: permissions", type_key="ArgumentNullException"
        )
    granted = access.has(call.organization, call.caller, namespace, token, bits)
    return {"securityNamespaceId": namespace, "token": token, "permissions": bits, "value": granted}


@route("GET", CORE_HOST, "/{organization}/_apis/securitynamespaces", version="7.1")
def list_namespaces(_call: Call) -> Answer:
    """All namespaces that the fake knows."""
    return value([_description(namespace) for namespace in NAMESPACES])


@route("GET", CORE_HOST, "/{organization}/_apis/securitynamespaces/{namespace}", version="7.1")
def get_namespace(call: Call) -> Answer:
    """One namespace with its bits, as a list of one."""
    return value([_description(_namespace(call.parameters["namespace"]))])


def _description(namespace: str) -> dict[str, Any]:
    name, separator, bits = NAMESPACES[namespace]
    actions = [
        {"bit": bit, "name": short, "displayName": text, "namespaceId": namespace}
        for bit, (short, text) in bits.items()
    ]
    return {
        "namespaceId": namespace,
        "name": name,
        "displayName": name,
        "separatorValue": separator,
        "elementLength": -1,
        "writePermission": 2,
        "readPermission": 1,
        "dataspaceCategory": "Default",
        "actions": actions,
        "structureValue": 1,
        "extensionType": None,
        "isRemotable": True,
        "useTokenTranslator": True,
        "systemBitMask": 0,
    }


def _namespace(text: str) -> str:
    namespace = text.lower()
    if namespace not in NAMESPACES:
        raise refusals.Refusal(
            404,
            "InvalidSecurityNamespaceException",
            f"The security namespace with id {text} could not be found.",
            event_id=4500,
            namespace="Microsoft.VisualStudio.Services.Security",
        )
    return namespace
