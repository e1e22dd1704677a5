"""What must run without torch imports none of it, in a process of its own."""

import subprocess
import sys

import pytest

MODULES = (
    "nexus",
    "nexus.base.records",
    "nexus.base.randomness",
    "nexus.config",
    "nexus.decide.answer",
    "nexus.logic.engines.prove",
    "nexus.logic.hypothetical",
    "nexus.logic.engines.strips",
    "nexus.logic.language",
    "nexus.logic.writing",
    "nexus.logic.pddl_files",
    "nexus.store.files",
    "nexus.store.objects",
    "nexus.store.runs",
    "nexus.store.traces",
    "nexus.suites.bench_closure",
    "nexus.suites.forgery",
    "nexus.verify.check",
    "nexus.verify.proofs",
    "nexus.verify.plans",
    "nexus.worlds.planning.logistics",
    "nexus.worlds.protocol",
    "nexus.worlds.puzzles",
)


@pytest.mark.parametrize("module", MODULES)
def test_imports_without_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr or f"{module} imports torch"
