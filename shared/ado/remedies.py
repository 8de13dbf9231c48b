"""The words for each refusal: what happened, and what a person can do about it."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "credentials.rejected": "Azure DevOps does not accept the token: it is wrong, expired, revoked, or made for "
    "another organization",
    "credentials.expired": "the token has expired",
    "credentials.foreign": "the token's owner is not a member of this organization",
    "policy.global_pat": "the organization does not allow tokens that are good for all organizations",
    "conditional_access": "a conditional access policy of the organization's administrator refused the sign-in",
    "wrong_tenant": "the sign-in belongs to another Microsoft Entra tenant than the organization",
    "oauth.reconnect_needed": "Microsoft asks for a new sign-in: a policy has changed, or the session was revoked",
    "permission.missing": "the token's owner lacks a permission",
    "license.missing": "the token's owner has an access level that does not include this",
    "organization.not_found": "there is no such Azure DevOps organization",
    "organization.moved": "Azure DevOps sends this organization's address elsewhere",
    "project.unavailable": "the project is gone, or hidden from the token's owner",
    "repository.unavailable": "the repository is gone, disabled, or hidden from the token's owner",
    "not_found": "Azure DevOps does not know it, or hides it from the token's owner",
}

REMEDIES: Final[dict[str, str]] = {
    "credentials.rejected": "Verify the token: create a new one in this organization with all required scopes, and "
    "make sure that it was copied whole.",
    "credentials.expired": "Create a new token in Azure DevOps and replace the old one here.",
    "credentials.foreign": "Verify the base URL, or add the token's owner to the organization.",
    "policy.global_pat": "Create a token for this one organization only, or ask an administrator to put the owner on "
    "the policy's allow list.",
    "conditional_access": "Ask the administrator to let the service account through the conditional access policy, or "
    "to allow the address that this integration calls from.",
    "wrong_tenant": "Sign in again with an account of the organization's own tenant.",
    "oauth.reconnect_needed": "Sign in with Microsoft again.",
    "permission.missing": "Ask an administrator to give the service account the permissions that the set-up page "
    "lists.",
    "license.missing": "Give the service account Basic access; Stakeholder access cannot read repositories.",
    "organization.not_found": "Verify the base URL; the organization may have been renamed or deleted.",
    "organization.moved": "Verify the base URL; the organization may have been renamed or moved.",
    "project.unavailable": "If it still exists, add the service account to the project's Readers.",
    "repository.unavailable": "If it still exists, enable it and let the service account read it.",
    "not_found": "If it still exists, let the service account see it.",
    "throttled": "Nothing: it goes on by itself. Fewer tools on the same account make it faster.",
    "scope.missing": "Review the token's scopes: Code, Build, Graph, Identity, Project and Team, and Work Items, "
    "each with Read.",
}

SIGN_IN_REMEDIES: Final[dict[str, str]] = {
    "credentials.rejected": "Sign in with Microsoft again, with an account of the organization's own directory.",
    "credentials.expired": "Sign in with Microsoft again.",
    "credentials.foreign": "Verify the base URL, or add the account that has signed in to the organization.",
    "scope.missing": "Sign in with Microsoft again and accept every permission; an administrator may have to consent.",
}
"""In place of what is said about tokens that people copy."""

SCOPE_NAMES: Final[dict[str, str]] = {
    "vso.code": "Code (Read)",
    "vso.build": "Build (Read)",
    "vso.graph": "Graph (Read)",
    "vso.identity": "Identity (Read)",
    "vso.project": "Project and Team (Read)",
    "vso.work": "Work Items (Read)",
}
"""As the token page of Azure DevOps shows them.
Source: https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#available-scopes"""
