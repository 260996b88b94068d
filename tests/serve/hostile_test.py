"""Clients that mean harm, or are merely broken: refused clearly, and nobody else is harmed.

    hostile_test.py PROGRAM SOURCE_FOLDER

Counts are small enough for any machine; --full has the numbers of docs/deploy.md.
"""
import contextlib
import json
import pathlib
import random
import socket
import sys
import threading
import time
import unittest

from server import Server, encoded

PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
FULL = "--full" in sys.argv
CROWD = 1000 if FULL else 100
FUZZ = 3000 if FULL else 300
SONG = ROOT / "tests/midi/cases/two-hands-two-channels.mid"


def raw(server, data, timeout=30, half_close=False):
    """Sends bytes and returns all that comes back."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", server.port), timeout)) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                answer += part
        return answer


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def idle(server, seconds=20):
    """Waits until no job runs or waits."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        gauges = server.gauges()
        if gauges["sage_jobs_running"] + gauges["sage_jobs_waiting"] == 0:
            return gauges
        time.sleep(0.05)
    raise AssertionError("jobs are still running")


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(PROGRAM)
        cls.server.post("/v1/generate", {"bars": 2, "seed": 1})  # warm

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def tearDown(self):
        self.assertIsNone(self.server.process.poll(), "the server died")
        self.assertEqual(self.server.ask("GET", "/health")[0], 200)

    def test_no_http(self):
        for data in (b"\x00" * 64, b"\x16\x03\x01\x02\x00" + b"A" * 200, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
                     b"POST /v1/read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n"):
            self.assertEqual(status_of(raw(self.server, data)), 400, data)

    def test_large_header(self):
        self.assertEqual(status_of(raw(self.server, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000)), 431)
        self.assertEqual(status_of(raw(self.server, b"GET /" + b"a" * 100_000)), 431)

    def test_large_body(self):
        """A gigabyte is refused by its announcement, and where it is not announced, by what comes."""
        before = self.server.memory_kib()
        head = b"POST /v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\n"
        answer = raw(self.server, head + b"a" * (64 << 20))
        self.assertIn(status_of(answer), (413, None))  # None: reset while still sending
        self.assertEqual(status_of(raw(self.server, head)), 413)
        chunk = b"100000\r\n" + b"a" * (1 << 20) + b"\r\n"
        raw(self.server, b"POST /v1/read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 64)
        self.assertLess(self.server.memory_kib() - before, 64 << 10)

    def test_other_origins_and_names(self):
        for headers, code in (({"Origin": "https://evil.example"}, "forbidden"), ({"Host": "evil.example"}, "forbidden"),
                              ({"Origin": "null"}, "forbidden")):
            status, _, answer = self.server.ask("POST", "/v1/generate", {"bars": 1}, headers)
            self.assertEqual((status, answer["error"]["code"]), (403, code))

    def test_fuzzed_json(self):
        chance = random.Random(1)
        seeds = [json.dumps({"bars": 1, "instruments": ["piano", 128], "seed": 1, "max_notes": 4}).encode(),
                 json.dumps({"music": {"ticks_per_quarter": 480, "tracks": [{"program": 0, "notes": [[0, 480, 60, 80]]}],
                                       "tempos": [[0, 500000]], "meters": [[0, 4, 4]]}, "bars": "1"}).encode(),
                 json.dumps({"midi": encoded(SONG)}).encode()]
        paths = ["/v1/generate", "/v1/infill", "/v1/read", "/v1/write", "/v1/tokenize", "/v1/takes"]
        counts = {}
        for _ in range(FUZZ):
            data = bytearray(chance.choice(seeds))
            for _ in range(chance.randint(1, 6)):
                at = chance.randrange(len(data))
                data[at:at + chance.randint(0, 3)] = bytes(
                    chance.choice(b'0123456789-.eE[]{}",:ntf\x00\xff') for _ in range(chance.randint(0, 4)))
            status, _, answer = self.server.ask("POST", chance.choice(paths), bytes(data))
            counts[status] = counts.get(status, 0) + 1
            self.assertIn(status, (200, 400, 413, 422), data)
            if status != 200:
                self.assertEqual(set(answer["error"]), {"code", "message"})
                self.assertNotIn("\n", answer["error"]["message"])
        self.assertGreater(counts[400], FUZZ // 4)

    def test_deep_and_wide_json(self):
        for body in (b'{"music":' + b"[" * 1_000_000, b'{"a":' * 200_000, b'{"music":[' + b"0," * 2_000_000 + b"0]}"):
            status, _, _ = self.server.ask("POST", "/v1/write", body)
            self.assertIn(status, (400, 413))

    def test_half_sent_requests_time_out_alone(self):
        """Slow clients hold a connection and nothing else."""
        with contextlib.ExitStack() as stack:
            crowd = [stack.enter_context(contextlib.closing(
                socket.create_connection(("127.0.0.1", self.server.port), 30))) for _ in range(CROWD)]
            for i, connection in enumerate(crowd):
                if i % 2:
                    connection.sendall(b"POST /v1/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
            waits = []
            for _ in range(20):
                start = time.monotonic()
                self.assertEqual(self.server.ask("GET", "/health")[0], 200)
                waits.append(time.monotonic() - start)
            if FULL:
                print(f"{CROWD} idle and slow connections: /health p99 {sorted(waits)[-1] * 1e3:.1f} ms")
            self.assertGreaterEqual(self.server.gauges()["sage_connections"], CROWD)
        end = time.monotonic() + 20
        while self.server.gauges()["sage_connections"] > 4 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertLess(self.server.gauges()["sage_connections"], 5)

    def test_killed_clients_stop_their_jobs(self):
        before = self.server.gauges()["sage_abandoned_total"]
        for how in ("text/event-stream", "application/json"):
            for _ in range(4):
                connection = self.server.connection()
                connection.request("POST", "/v1/generate", json.dumps({"bars": 512, "seed": 1}), {"Accept": how})
                if how == "text/event-stream":
                    connection.getresponse().readline()
                connection.sock.close() if connection.sock else None
                connection.close()
        gauges = idle(self.server)
        self.assertEqual(gauges["sage_abandoned_total"] - before, 8)

    def test_a_greedy_client_does_not_starve_others(self):
        stop = threading.Event()
        refused = []

        def greedy():
            while not stop.is_set():
                status, _, _ = self.server.ask("POST", "/v1/generate", {"bars": 8, "seed": 2}, {"X-Sage-Client": "greedy"})
                if status == 503:
                    refused.append(status)

        crowd = [threading.Thread(target=greedy) for _ in range(24)]
        for thread in crowd:
            thread.start()
        try:
            for seed in range(3):
                status, _, answer = self.server.ask("POST", "/v1/generate", {"bars": 1, "seed": seed},
                                                    {"X-Sage-Client": "modest"})
                self.assertEqual(status, 200, answer)
        finally:
            stop.set()
            for thread in crowd:
                thread.join()
        self.assertTrue(refused, "24 at once are more than one client may have waiting")

    def test_nothing_leaks(self):
        def round_of_everything():
            for seed in range(5):
                self.server.post("/v1/generate", {"bars": 2, "seed": seed})
                self.server.post("/v1/read", {"midi": encoded(SONG)})
                self.server.post("/v1/generate", {"bars": "x"})
                raw(self.server, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

        for _ in range(3):
            round_of_everything()
        idle(self.server)
        memory, descriptors = self.server.memory_kib(), self.server.descriptors()
        for _ in range(30 if FULL else 6):
            round_of_everything()
        idle(self.server)
        if FULL:
            print(f"memory {memory >> 10} MiB, after 600 requests more {self.server.memory_kib() >> 10} MiB")
        self.assertLess(self.server.memory_kib() - memory, 16 << 10)
        self.assertLessEqual(self.server.descriptors(), descriptors + 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
