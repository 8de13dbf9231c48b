"""Signing in with Microsoft Entra ID: authorizations, their token sets, and what goes wrong with either."""
