"""How many descriptors this process, and those that it starts, may have."""

import resource

_ENOUGH = 1 << 16  # More is never needed, and some programs keep a table as large as their limit.


def allow_descriptors(needed):
    """Raises the limit, which is 1024 on a fresh machine, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SystemExit(f"this needs {needed} descriptors and the hard limit is {hard}: raise it"
                         f" with `ulimit -Hn {needed}` as root, or nofile in limits.conf")
