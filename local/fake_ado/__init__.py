"""A loopback Azure DevOps that pages, throttles and refuses as the real one does.

It follows the official specification and what has been observed of the service, never our client's wishes.
"""
