"""From the start of the process until it is ready."""
import http.client
import statistics

from measure import ROUNDS, WORK, Server, waybill


def start(table):
    data = WORK / "start"
    if not data.exists():
        waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    spent = []
    for _ in range(max(5, ROUNDS)):
        with Server(data) as server:
            connection = http.client.HTTPConnection("127.0.0.1", server.port)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status != 200:
                raise SystemExit("the server is not ready")
            spent.append(server.cpu() * 1000)
            connection.close()
    table.add("start to ready, CPU", f"{len(spent)} starts", "", statistics.median(spent), 100, least=False, unit=" ms")
