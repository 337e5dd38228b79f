"""A worker of its own process for the killing test: sweeps in small batches until nothing is due by a moment."""

from __future__ import annotations

import sys
import time
from datetime import datetime

import django

django.setup()

from oralu.apps.referrals.models import Clock  # noqa: E402
from oralu.apps.routing.sweeping import sweep  # noqa: E402

at = datetime.fromisoformat(sys.argv[1])
while Clock.objects.filter(due_at__lte=at).exists():
    if not sweep(at=at, batch=3):
        time.sleep(0.02)
