"""How much memory the private PostgreSQL takes: what it keeps itself it need not ask the disk for, and a small machine
must still have room for everything else."""

from __future__ import annotations

import os
from pathlib import Path

MEGABYTE = 1024 * 1024
LEAST, MOST = 64, 4096
"""Megabytes that the server keeps of the database itself. Above, the cache of the system does as well."""
LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_of_machine(limit: Path = LIMIT) -> int:
    """Bytes of the machine, or of the container if it has a limit."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        text = limit.read_text(encoding="ascii").strip()
    except OSError:
        return whole
    return min(whole, int(text)) if text.isdigit() else whole


def settings(memory: int) -> dict[str, str]:
    """Settings of PostgreSQL for a machine with so many bytes: an eighth for its own cache, and half of the machine to
    be counted on with the cache of the system. Disks as they are now read anywhere about as fast as in order."""
    megabytes = memory // MEGABYTE
    return {
        "shared_buffers": f"{max(LEAST, min(MOST, megabytes // 8))}MB",
        "effective_cache_size": f"{max(2 * LEAST, megabytes // 2)}MB",
        "random_page_cost": "1.1",
    }
