"""Seconds by phase, as one JSON object on standard output."""

import json
import resource
import time
from contextlib import contextmanager


class Phases:
    """Wall-clock and CPU seconds of named phases of this process."""

    def __init__(self):
        self.phases = {}
        self.facts = {}

    @contextmanager
    def phase(self, name):
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.phases[name] = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}

    def print(self):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        total = {
            key: sum(phase[key] for phase in self.phases.values()) for key in ("seconds", "cpu_seconds")
        }
        print(json.dumps({
            "phases": self.phases,
            **total,
            "peak_megabytes": usage.ru_maxrss / 1024,
            "facts": self.facts,
        }))
