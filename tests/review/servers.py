"""A real PostgreSQL for tests: started from the binaries on PATH, as a user who may nothing."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def missing() -> str:
    """Return why no server can be started here, or ""."""
    gone = [name for name in ("initdb", "pg_ctl") if shutil.which(name) is None]
    return f"PostgreSQL's {' and '.join(gone)} not on PATH" if gone else ""


@contextmanager
def postgres() -> Generator[str]:
    """Lend the URL of a server that only a socket in a folder of its own leads to."""
    with tempfile.TemporaryDirectory(prefix="nexus-pg-") as folder:
        home = Path(folder)
        if os.geteuid() == 0:  # PostgreSQL refuses to be root
            shutil.chown(home, "nobody")
        data, log = home / "data", home / "log"
        _run(
            "initdb", "-D", data, "-A", "trust", "-U", "nexus", "-E", "UTF8", "--no-sync", home=home
        )
        quick = f"-c listen_addresses='' -c fsync=off -k {home}"
        _run("pg_ctl", "-D", data, "-w", "-l", log, "-o", quick, "start", home=home)
        try:
            yield f"postgresql+psycopg://nexus@/postgres?host={home}"
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", home=home)


def _run(name: str, *arguments: object, home: Path) -> None:
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    subprocess.run(
        [Path(str(shutil.which(name))).resolve(), *map(str, arguments)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        user=None if nobody is None else nobody.pw_uid,
        group=None if nobody is None else nobody.pw_gid,
        extra_groups=None if nobody is None else [],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C"},
    )
