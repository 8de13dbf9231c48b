"""A Key Vault stand-in on loopback that the real ``azure.keyvault.secrets.SecretClient`` talks to.

What it follows: https://learn.microsoft.com/rest/api/keyvault/secrets. Left out: backup and restore, access control
(whoever has the development token may do everything), and the seconds that Azure takes to carry out a deletion.
"""
