"""A private PostgreSQL cluster on a unix socket in the benchmarks' folder."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from measure import free_port

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")


class Cluster:
    """Lives as long as the block; `env` leads libpq to it."""

    def __enter__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="waybill-bench-"))
        self.port = free_port()
        # PostgreSQL refuses to run for root.
        self.user = "nobody" if os.geteuid() == 0 else None
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(self.home, entry.pw_uid, entry.pw_gid)
        self.env = {"PGHOST": str(self.home), "PGPORT": str(self.port), "PGUSER": "bench", "PGDATABASE": "bench"}
        data = self.home / "data"
        self.do("initdb", "-D", data, "-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C")
        with open(self.home / "more.conf", "w") as file:
            file.write(
                f"port = {self.port}\nlisten_addresses = ''\nunix_socket_directories = '{self.home}'\n"
                "shared_buffers = 256MB\nmax_wal_size = 4GB\nmax_connections = 60\n")
        (data / "postgresql.conf").write_text(
            (data / "postgresql.conf").read_text() + f"\ninclude '{self.home}/more.conf'\n")
        self.do("pg_ctl", "-D", data, "-l", self.home / "log", "-w", "start")
        subprocess.run([PROGRAMS / "createdb", "bench"], env={**os.environ, **self.env, "PGDATABASE": "postgres"}, check=True)
        return self

    def do(self, program, *words):
        subprocess.run(
            [PROGRAMS / program, *map(str, words)], check=True, user=self.user, cwd="/", stdout=subprocess.DEVNULL)

    def psql(self, query, output=None):
        return subprocess.run(
            [PROGRAMS / "psql", "-X", "-q", "-A", "-t", "-c", query], env={**os.environ, **self.env}, check=True,
            stdout=output or subprocess.PIPE, text=output is None).stdout

    def __exit__(self, *_):
        self.do("pg_ctl", "-D", self.home / "data", "-m", "fast", "stop")
        shutil.rmtree(self.home, ignore_errors=True)
