"""Every operation we call, said once; one module an API area."""
