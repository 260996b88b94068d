"""Time from a request to its first note with several users at once, through a running server.

    load.py PROGRAM [--users 1,4,16] [--seconds 15] [--think 2] [--address http://host:port]

Each user is a person at the page: asks for three proposals for two bars of one part, looks at them for --think
seconds, asks again. Prints a line a number of users: requests, p50 and p95 of the time to the first note and to the
last one, notes a second, and of a server that it starts itself (without --address) processor time and memory.
"""
import argparse
import base64
import http.client
import json
import pathlib
import random
import sys
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/serve"))
from server import Server, events  # noqa: E402


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


class User(threading.Thread):
    def __init__(self, number, address, music, tracks, end, think):
        super().__init__()
        self.number, self.address, self.music, self.tracks, self.end, self.think = number, address, music, tracks, end, think
        self.first, self.last, self.notes, self.failed = [], [], 0, 0
        self.chance = random.Random(number)

    def run(self):
        time.sleep(self.chance.random() * self.think)
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=120)
        bars = 8
        while time.monotonic() < self.end:
            bar = self.chance.randint(1, bars - 1)
            body = json.dumps({"verb": "infill", "music": self.music, "tracks": [self.chance.choice(self.tracks)],
                               "bars": f"{bar}-{bar + 1}", "count": 3, "takes": 1, "seed": self.chance.randint(0, 10**6)})
            start = time.monotonic()
            connection.request("POST", "/v1/takes", body,
                               {"Accept": "text/event-stream", "X-Sage-Client": f"user{self.number}"})
            try:
                response = connection.getresponse()
            except TimeoutError:
                self.failed += 1
                connection.close()
                continue
            if response.status != 200:
                self.failed += 1
                response.read()
                time.sleep(1)
                continue
            first = None
            for name, _ in events(response):
                if name in ("note", "take") and first is None:
                    first = time.monotonic() - start
                self.notes += name == "note"
            self.first.append(first)
            self.last.append(time.monotonic() - start)
            time.sleep(self.think * (0.5 + self.chance.random()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--users", default="1,4,16")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--think", type=float, default=2)
    parser.add_argument("--address")
    options = parser.parse_args()
    server = None if options.address else Server(options.program)
    address = urllib.parse.urlparse(options.address or f"http://127.0.0.1:{server.port}")
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
    song = base64.b64encode((ROOT / "docs/pieces/first.mid").read_bytes()).decode()
    connection.request("POST", "/v1/read", json.dumps({"midi": song}))
    music = json.loads(connection.getresponse().read())["music"]
    tracks = list(range(len(music["tracks"])))
    for count in (int(n) for n in options.users.split(",")):
        end = time.monotonic() + options.seconds
        users = [User(i, address, music, tracks, end, options.think) for i in range(count)]
        start = time.monotonic()
        cpu = server.cpu_seconds() if server else 0
        for user in users:
            user.start()
        for user in users:
            user.join()
        seconds = time.monotonic() - start
        first = [t for user in users for t in user.first]
        last = [t for user in users for t in user.last]
        memory = (f", {(server.cpu_seconds() - cpu) / max(1, len(first)) * 1e3:.0f} ms of processor time a request, "
                  f"{server.memory_kib() >> 10} MiB") if server else ""
        print(f"{count} users: {len(first)} requests, first note p50 {quantile(first, 0.5) * 1e3:.0f} ms, "
              f"p95 {quantile(first, 0.95) * 1e3:.0f} ms; three proposals p50 {quantile(last, 0.5) * 1e3:.0f} ms, "
              f"p95 {quantile(last, 0.95) * 1e3:.0f} ms; {sum(u.notes for u in users) / seconds:.0f} notes/s, "
              f"{sum(u.failed for u in users)} refused{memory}")
    if server:
        server.stop()


main()
