"""procrastinate on PostgreSQL: the task does nothing. PGHOST, PGPORT, PGUSER, PGDATABASE say where."""
import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(min_size=2, max_size=8))


@app.task(name="noop")
async def noop():
    return None
