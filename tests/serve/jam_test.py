"""Playing live over a WebSocket: a session from start to end, and clients that mean harm.

    jam_test.py PROGRAM SOURCE_FOLDER
"""
import base64
import json
import os
import signal
import sys
import tempfile
import time
import unittest

from server import Server
from web_socket import BINARY, CLOSE, CONTINUED, TEXT, Refused, WebSocket

PROGRAM = sys.argv[1]
FULL = "--full" in sys.argv
PIANO, BASS = 0, 32


def eventually(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Session(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(PROGRAM, "--jams", "4")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def tearDown(self):
        self.assertIsNone(self.server.process.poll(), "the server died")
        self.assertTrue(eventually(lambda: self.server.gauges()["sage_jams_running"] == 0), "a session is left behind")

    def connect(self, **headers):
        return WebSocket(self.server.port, **headers)

    def test_a_session_from_start_to_end(self):
        with self.connect() as client:
            client.send({"type": "ping", "id": 7})
            pong = client.receive()
            self.assertEqual((pong["type"], pong["id"]), ("pong", 7))
            ahead = pong["time"] - time.monotonic() * 1e3  # both are about this machine's clock
            client.send({"type": "start", "roles": "bass,drums", "tempo": 160, "seed": 3, "ahead": 120})
            ready = client.receive()
            self.assertEqual(ready["type"], "ready")
            players = ready["players"]
            self.assertEqual([player["band"] for player in players], [False, True, True])
            person = players[0]["channel"]
            client.until("status")

            # Plays a chord a beat and hears what comes; on a busy machine the band rests now and then.
            heard, band, planned, early, late_notes = [], [], set(), 0, 0
            beat, next_beat, end = 60 / 160, time.monotonic(), time.monotonic() + 60
            while time.monotonic() < end and (len(band) <= 10 or len(planned) <= 10 or len(heard) <= 20):
                if time.monotonic() >= next_beat:
                    next_beat += beat
                    now = time.monotonic() * 1e3 + ahead
                    for pitch in (60, 64, 67):
                        client.send({"type": "midi", "data": [0x90, pitch, 90], "time": now})
                        client.send({"type": "midi", "data": [0x80, pitch, 0]})
                message = client.receive()
                if message["type"] == "played":
                    for at, status, *data in message["messages"]:
                        if status & 0xf0 != 0x90:
                            continue
                        if status & 0x0f == person:
                            heard.append(data[0])
                        elif data[0] not in (76, 77):
                            band.append((at, status & 0x0f, data))
                            if at > time.monotonic() * 1e3 + ahead:
                                early += 1
                            else:
                                late_notes += 1
                elif message["type"] == "status":
                    self.assertEqual(set(message["rungs"]), {"fresh", "shorter", "plan", "repeat", "rest"})
                    planned |= {tuple(note) for note in message["planned"]}
            self.assertGreater(len(heard), 10)
            self.assertTrue(set(heard) <= {60, 64, 67})
            self.assertGreater(len(band), 5, "the band plays")
            self.assertGreater(len(planned), 5)
            for _, length, player, pitch in planned:
                self.assertGreater(length, 0)
                self.assertIn(player, (1, 2))
                self.assertTrue(0 <= pitch < 128)
            self.assertGreater(early, 0.8 * len(band), f"notes come before they sound; {late_notes} did not")
            # What is played was planned: by pitch.
            plan = {(players[player]["channel"], pitch) for _, _, player, pitch in planned}
            self.assertTrue({(channel, data[0]) for _, channel, data in band} <= plan)

            client.send({"type": "stop"})
            last = client.to_the_end()[-1]
            self.assertEqual(last["type"], "end")
            self.assertEqual(client.closed, (1000, ""))
            self.assertEqual(last["report"]["stuck"], 0)
            tracks = {track["program"]: track["notes"] for track in last["music"]["tracks"]}
            self.assertGreater(len(tracks[PIANO]), 10)
            self.assertEqual({note[2] for note in tracks[PIANO]}, {60, 64, 67})
            self.assertGreaterEqual(len(tracks[PIANO]), len(heard))

    def test_it_ends_by_itself(self):
        with self.connect() as client:
            client.send({"type": "start", "roles": "bass", "tempo": 240, "bars": 2, "count_in": 0})
            seen = client.to_the_end()
            self.assertEqual((seen[0]["type"], seen[-1]["type"]), ("ready", "end"))
            self.assertEqual(client.closed[0], 1000)

    def test_commands(self):
        with self.connect() as client:
            client.send({"type": "start", "roles": "bass", "tempo": 120, "mode": "respond", "count_in": 0})
            client.until("status")
            for command in ({"type": "tempo", "change": 30}, {"type": "mute", "part": 0}, {"type": "hand_over"},
                            {"type": "tap"}, {"type": "panic"}):
                client.send(command)
            end = time.monotonic() + 10
            while time.monotonic() < end:
                message = client.receive()
                if message["type"] == "status" and message["muted"] == 1 and abs(message["tempo"] - 150) < 1:
                    return
        self.fail("the commands had no effect")

    def refused(self, *messages, code, words):
        """Sends messages; the last one is answered by one error, and the end."""
        self.assertTrue(eventually(lambda: self.server.gauges()["sage_jams_running"] == 0))
        with self.connect() as client:
            for message in messages:
                client.send(message)
            error = client.to_the_end()[-1]
            self.assertEqual((error["type"], error["error"]["code"]), ("error", code), error)
            self.assertIn(words, error["error"]["message"])
            self.assertNotIn("\n", error["error"]["message"])
            self.assertEqual(client.closed, (1008, code))

    def test_nonsense_is_refused_in_one_line(self):
        start = {"type": "start", "roles": "bass"}
        for messages, code, words in (
                (["hello"], "malformed", "not valid JSON"),
                (["[1]"], "malformed", "object"),
                (["[" * 4000], "too_large", "nested"),
                ([{}], "invalid_argument", "type"),
                ([{"type": "dance"}], "invalid_argument", "type: must be"),
                ([{"type": "midi", "data": [144, 60, 90]}], "invalid_argument", "send start"),
                ([start, start], "invalid_argument", "started already"),
                ([{**start, "roles": "kazoo,bass"}], "invalid_argument", "kazoo"),
                ([{**start, "roles": ""}], "invalid_argument", ""),
                ([{**start, "mode": "duel"}], "invalid_argument", "no mode 'duel'"),
                ([{**start, "tempo": 1e9}], "invalid_argument", "tempo"),
                ([{**start, "bars": -1}], "invalid_argument", "bars"),
                ([{**start, "instrument": "xyzzy"}], "invalid_argument", "no instrument 'xyzzy'"),
                ([{**start, "volume": 3}], "invalid_argument", "volume"),
                ([start, {"type": "midi", "data": [144, 60]}], "invalid_argument", "three bytes"),
                ([start, {"type": "midi", "data": [144, 60, 128]}], "invalid_argument", "three bytes"),
                ([start, {"type": "midi", "data": [240, 60, 1]}], "invalid_argument", "three bytes"),
                ([start, {"type": "midi", "data": [144, -1, 1]}], "invalid_argument", "three bytes"),
                ([start, {"type": "mute", "part": 99}], "invalid_argument", "part"),
                ([start, {"type": "tempo"}], "invalid_argument", "change")):
            with self.subTest(messages=messages):
                self.refused(*messages, code=code, words=words)

    def test_frames_that_break_the_protocol(self):
        for frames, codes in (
                ([(BINARY, b"abc", {})], (1003,)),
                ([(TEXT, b'"' + b"a" * 5000 + b'"', {})], (1009,)),
                ([(TEXT, b"a" * 3000, {"final": False}), (CONTINUED, b"a" * 3000, {})], (1009,)),
                ([(TEXT, b"\xff\xfe", {})], (1007,)),
                ([(TEXT, b"{}", {"masked": False})], (1002,)),
                ([(3, b"", {})], (1002,)),
                ([(CONTINUED, b"rest of nothing", {})], (1002,)),
                ([(CLOSE, b"\x03\xe8", {})], (1000,))):
            with self.subTest(frames=[(frame[0], frame[1][:8]) for frame in frames]), self.connect() as client:
                for opcode, data, options in frames:
                    client.frame(opcode, data, **options)
                try:
                    seen = client.to_the_end()
                except (EOFError, ConnectionResetError):  # cut without a word, as the protocol allows
                    continue
                self.assertEqual(seen, [])
                self.assertIn(client.closed[0], codes)

    def test_garbage_after_the_handshake(self):
        before = self.server.descriptors()
        for _ in range(20):
            client = self.connect()
            client.socket.sendall(os.urandom(2000))
            client.kill()
        self.assertTrue(eventually(lambda: self.server.descriptors() <= before + 2))

    def test_a_flood_of_notes(self):
        with self.connect() as client:
            client.send({"type": "start", "roles": "bass", "tempo": 120, "count_in": 0})
            for i in range(5000):
                client.send({"type": "midi", "data": [0x90, i % 128, 1 + i % 127], "time": i})
            start = time.monotonic()
            self.assertEqual(self.server.ask("GET", "/health")[0], 200)
            self.assertLess(time.monotonic() - start, 5)
            client.send({"type": "stop"})
            last = client.to_the_end()[-1]
            self.assertEqual(last["type"], "end")
            self.assertEqual(last["report"]["stuck"], 0)

    def test_killed_clients_leave_nothing(self):
        def play(count):
            clients = []
            for i in range(count):
                client = self.connect()
                client.send({"type": "start", "roles": "bass,drums", "seed": i})
                client.until("status")
                clients.append(client)
            for client in clients:
                client.kill()
            self.assertTrue(eventually(lambda: self.server.gauges()["sage_jams_running"] == 0))

        play(4)
        memory, descriptors = self.server.memory_kib(), self.server.descriptors()
        for _ in range(10 if FULL else 3):
            play(4)
        self.assertLess(self.server.memory_kib() - memory, 16 << 10)
        self.assertTrue(eventually(lambda: self.server.descriptors() <= descriptors))

    def test_no_more_sessions_than_allowed(self):
        clients = [self.connect() for _ in range(5)]
        for client in clients[:4]:
            client.send({"type": "start", "roles": "bass"})
            client.until("ready")
        clients[4].send({"type": "start", "roles": "bass"})
        error = clients[4].to_the_end()[-1]
        self.assertEqual(error["error"]["code"], "busy")
        for client in clients:
            client.kill()

    def test_no_more_channels_than_allowed(self):
        clients = []
        with self.assertRaises(Refused) as caught:
            for _ in range(70):
                clients.append(self.connect())
        self.assertEqual((len(clients), caught.exception.status), (64, 503))
        self.assertEqual(self.server.ask("GET", "/health")[0], 200)
        for client in clients:
            client.kill()

    @unittest.skipUnless(FULL, "--full")
    def test_a_client_that_does_not_answer_is_cut(self):
        client = self.connect()  # reads no pings, so answers none
        before = self.server.gauges()["sage_connections"]
        self.assertTrue(eventually(lambda: self.server.gauges()["sage_connections"] < before, 60))
        client.kill()

    def test_only_upgrades_here(self):
        status, _, answer = self.server.ask("GET", "/v1/jam")
        self.assertEqual((status, answer["error"]["code"]), (426, "upgrade_required"))
        with self.assertRaises(Refused) as caught:
            WebSocket(self.server.port, path="/v1/about")
        self.assertEqual(caught.exception.status, 200, "there is no channel; the request is answered as any other")

    def test_other_origins_are_refused(self):
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
            with self.assertRaises(Refused) as caught:
                self.connect(**headers)
            self.assertEqual((caught.exception.status, json.loads(caught.exception.body)["error"]["code"]),
                             (403, "forbidden"))
        with self.connect(Origin=f"http://127.0.0.1:{self.server.port}", Sec_WebSocket_Protocol="sage-music") as client:
            self.assertIn("sec-websocket-protocol: sage-music", client.head.lower())


class Ways(unittest.TestCase):
    def test_keys(self):
        key = "secret/of+16~bytes?"
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(key + "\n")
            file.flush()
            with Server(PROGRAM, "--api-key-file", file.name) as server:
                def protocols(text):
                    return "sage-music, key." + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
                for headers in ({}, {"Sec_WebSocket_Protocol": "sage-music"}, {"Authorization": "Bearer wrong"},
                                {"Sec_WebSocket_Protocol": protocols("another key of 16")},
                                {"Sec_WebSocket_Protocol": "sage-music, key.!!!"}):
                    with self.assertRaises(Refused) as caught:
                        WebSocket(server.port, **headers)
                    self.assertEqual(caught.exception.status, 401, headers)
                for headers in ({"Authorization": f"Bearer {key}"}, {"Sec_WebSocket_Protocol": protocols(key)}):
                    with WebSocket(server.port, **headers) as client:
                        client.send({"type": "ping"})
                        self.assertEqual(client.receive()["type"], "pong")

    def test_a_server_that_stops_says_goodbye(self):
        with Server(PROGRAM) as server, WebSocket(server.port) as client, WebSocket(server.port) as idle:
            client.send({"type": "start", "roles": "bass", "count_in": 0})
            client.until("status")
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(client.to_the_end()[-1]["type"], "end")
            self.assertEqual(idle.to_the_end(), [])
            self.assertEqual(idle.closed[0], 1001)
            self.assertEqual(server.wait(), (0, ""))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
