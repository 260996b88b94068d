"""`sage-music serve` as a client sees it: every route, errors, events, keys, stopping.

    http_test.py PROGRAM SOURCE_FOLDER
"""
import base64
import contextlib
import json
import pathlib
import signal
import sys
import tempfile
import unittest

from server import Server, encoded, events, midi_state

PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
CASES = ROOT / "tests/midi/cases"
PAIR = {"instruments": ["piano", 33], "bars": 2, "seed": 5}


class Routes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(PROGRAM)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def test_one_line_says_where(self):
        self.assertEqual(self.server.line, f"http://127.0.0.1:{self.server.port}/\n")

    def test_health_and_page(self):
        status, _, health = self.server.ask("GET", "/health")
        self.assertEqual((status, health["status"]), (200, "ok"))
        status, headers, page = self.server.ask("GET", "/")
        self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b"SAGE-Music", page)
        status, _, _ = self.server.ask("GET", "/", headers={"If-None-Match": headers["etag"]})
        self.assertEqual(status, 304)
        status, headers, body = self.server.ask("HEAD", "/")
        self.assertEqual((status, body, int(headers["content-length"])), (200, b"", len(page)))

    def test_every_route_is_described(self):
        _, _, about = self.server.ask("GET", "/v1/about")
        _, _, api = self.server.ask("GET", "/openapi.json")
        self.assertEqual(set(about["routes"]), set(api["paths"]))
        self.assertEqual(len(about["instruments"]), 129)
        for path, methods in api["paths"].items():
            for method, described in methods.items():
                status, _, _ = self.server.ask(method.upper(), path, "{" if method == "post" else None)
                is_socket = "101" in described["responses"]
                self.assertEqual(status, 400 if method == "post" else 426 if is_socket else 200, path)

    def test_generate(self):
        status, answer = self.server.post("/v1/generate", PAIR)
        self.assertEqual(status, 200, answer)
        midi = base64.b64decode(answer["midi"])
        self.assertEqual(midi[:4], b"MThd")
        self.assertGreater(answer["new_notes"], 0)
        again = self.server.post("/v1/generate", PAIR)[1]
        self.assertEqual(again["midi"], answer["midi"], "the same seed gives the same music")
        other = self.server.post("/v1/generate", {**PAIR, "seed": 6})[1]
        self.assertNotEqual(other["midi"], answer["midi"])

    def test_events_are_the_answer_note_by_note(self):
        plain = self.server.post("/v1/generate", PAIR)[1]
        with contextlib.closing(self.server.connection()) as connection:
            connection.request("POST", "/v1/generate", json.dumps(PAIR), {"Accept": "text/event-stream"})
            response = connection.getresponse()
            self.assertEqual((response.status, response.getheader("content-type")), (200, "text/event-stream"))
            told = list(events(response))
        notes = [data for name, data in told if name == "note"]
        self.assertEqual(len(notes), plain["new_notes"])
        self.assertEqual(told[-1][0], "done")
        self.assertEqual(told[-1][1]["midi"], plain["midi"])
        self.assertEqual(sum(name == "bar" for name, _ in told), PAIR["bars"])
        self.assertTrue({note["program"] for note in notes} <= {0, 33})

    def told(self, path, request):
        """The events of a request."""
        with contextlib.closing(self.server.connection()) as connection:
            connection.request("POST", path, json.dumps(request), {"Accept": "text/event-stream"})
            return list(events(connection.getresponse()))

    def test_new_notes_have_loudness(self):
        request = {"instruments": ["piano", "bass", "drums"], "bars": 8, "seed": 3}
        told = self.told("/v1/takes", {**request, "count": 2})
        takes = [data for name, data in told if name == "take"]
        for take in takes:
            notes = [data for name, data in told if name == "note" and data["take"] == take["take"]]
            self.assertEqual(len(take["velocities"]), len(notes))
            self.assertGreater(len({data["velocity"] for data in notes}), 8, "streamed notes are played by what stands before them")
            self.assertGreater(len(set(take["velocities"])), 8)
            # In the first phrase nothing is missing but the register of the whole part.
            first = [(data["velocity"], final) for data, final in zip(notes, take["velocities"])
                     if data["onset"] < 4 * 1920]
            self.assertGreater(sum(abs(a - b) <= 8 for a, b in first), 0.9 * len(first))
        _, answer = self.server.post("/v1/generate", request)
        _, read = self.server.post("/v1/read", {"midi": answer["midi"]})
        written = sorted(note[3] for track in read["music"]["tracks"] for note in track["notes"])
        self.assertEqual(written, sorted(takes[0]["velocities"]), "the whole piece has what its take event says")

    def test_rewritten_notes_have_loudness(self):
        request = {"midi": encoded(CASES / "two-hands-two-channels.mid"), "bars": "2-5", "tracks": [0], "seed": 1}
        told = self.told("/v1/infill", request)
        notes = [data for name, data in told if name == "note"]
        self.assertGreater(len({note["velocity"] for note in notes}), 4)
        self.assertNotIn("velocities", told[-1][1], "what was told is final")

    def test_wishes(self):
        request = {**PAIR, "bars": 4, "wishes": {"key": "C", "density": {"piano": "dense"}}}
        with contextlib.closing(self.server.connection()) as connection:
            connection.request("POST", "/v1/generate", json.dumps(request), {"Accept": "text/event-stream"})
            notes = [data for name, data in events(connection.getresponse()) if name == "note"]
        self.assertTrue(notes)
        self.assertTrue({note["pitch"] % 12 for note in notes} <= {0, 2, 4, 5, 7, 9, 11})

    def test_wishes_of_infill(self):
        request = {"midi": encoded(CASES / "two-hands-two-channels.mid"), "bars": "3-6", "tracks": [0], "seed": 2,
                   "wishes": {"chords": "C | F | G7 | C", "density": {"all": "dense"}}}
        with contextlib.closing(self.server.connection()) as connection:
            connection.request("POST", "/v1/infill", json.dumps(request), {"Accept": "text/event-stream"})
            told = list(events(connection.getresponse()))
        notes = [data for name, data in told if name == "note"]
        self.assertEqual(told[-1][0], "done", told[-1])
        tones = [{0, 4, 7}, {5, 9, 0}, {7, 11, 2, 5}, {0, 4, 7}]
        downbeats = [note for note in notes if note["onset"] % 1920 == 0]
        self.assertTrue(downbeats)
        for note in downbeats:
            self.assertIn(note["pitch"] % 12, tones[note["onset"] // 1920 - 2])
        status, answer = self.server.post("/v1/infill", {**request, "wishes": {"chords": "H9"}})
        self.assertEqual((status, answer["error"]["code"]), (400, "invalid_argument"))

    def test_continue_keeps_what_was_there(self):
        file = CASES / "two-hands-two-channels.mid"
        status, answer = self.server.post("/v1/generate", {"midi": encoded(file), "prompt_bars": 4, "bars": 2})
        self.assertEqual(status, 200, answer)
        code, report = midi_state(ROOT, file.read_bytes(), base64.b64decode(answer["midi"]), 0, 4 * 1920)
        self.assertEqual(code, 0, report)

    def test_infill_changes_what_was_asked_alone(self):
        for name in ("every-kind-of-event", "two-hands-two-channels", "gs-second-drum-part"):
            before = (CASES / f"{name}.mid").read_bytes()
            request = {"midi": base64.b64encode(before).decode(), "bars": "3-4", "tracks": [0], "seed": 1}
            status, answer = self.server.post("/v1/infill", request)
            self.assertEqual(status, 200, answer)
            after = base64.b64decode(answer["midi"])
            for start, end in ((0, 2 * 1920), (4 * 1920, 10**9)):
                code, report = midi_state(ROOT, before, after, start, end)
                self.assertEqual(code, 0, f"{name}: {report}")

    def test_music_json_comes_back_as_the_file(self):
        for file in sorted(CASES.glob("*.mid")):
            status, read = self.server.post("/v1/read", {"midi": encoded(file)})
            self.assertEqual(status, 200, read)
            status, written = self.server.post("/v1/write", {"midi": encoded(file), "music": read["music"]})
            self.assertEqual(status, 200, written)
            self.assertEqual(base64.b64decode(written["midi"]), file.read_bytes(), file.name)

    def test_takes(self):
        request = {"verb": "infill", "midi": encoded(CASES / "two-hands-two-channels.mid"), "bars": "2", "count": 3,
                   "tracks": [1], "seed": 10}
        status, answer = self.server.post("/v1/takes", request)
        self.assertEqual(status, 200, answer)
        self.assertEqual([take["seed"] for take in answer["takes"]], [10, 11, 12])
        self.assertGreater(len({take["midi"] for take in answer["takes"]}), 1)
        del request["count"], request["verb"]
        single = self.server.post("/v1/infill", {**request, "seed": 11})[1]
        self.assertEqual(single["midi"], answer["takes"][1]["midi"])

    def test_takes_as_events(self):
        request = {"count": 2, "instruments": ["piano"], "bars": 1, "seed": 3}
        with contextlib.closing(self.server.connection()) as connection:
            connection.request("POST", "/v1/takes", json.dumps(request), {"Accept": "text/event-stream"})
            told = list(events(connection.getresponse()))
        self.assertEqual([data["take"] for name, data in told if name == "take"], [0, 1])
        order = [data["take"] for name, data in told if name == "note"]
        self.assertEqual(order, sorted(order), "one take after the other")

    def test_tokenize(self):
        status, answer = self.server.post("/v1/tokenize", {"midi": encoded(CASES / "two-hands-two-channels.mid")})
        self.assertEqual(status, 200, answer)
        self.assertEqual(len(answer["tokens"]), answer["count"])
        self.assertIn("scheme", answer["tokenizer"])

    def test_render(self):
        request = {"midi": encoded(CASES / "one-note.mid")}
        status, answer = self.server.post("/v1/render", request)
        self.assertEqual(status, 200, answer)
        self.assertEqual(base64.b64decode(answer["wav"])[:4], b"RIFF")
        status, headers, wav = self.server.ask("POST", "/v1/render", request, {"Accept": "audio/wav"})
        self.assertEqual((status, headers["content-type"], wav[:4]), (200, "audio/wav", b"RIFF"))
        status, answer = self.server.post("/v1/render", {**request, "format": "svg"})
        self.assertIn("<svg", answer["svg"])

    def test_errors(self):
        one = encoded(CASES / "one-note.mid")
        for path, body, status, code, words in (
            ("/v1/generate", {"bars": 513}, 400, "invalid_argument", "at most 512"),
            ("/v1/generate", {"wishes": {"kee": "C"}}, 400, "invalid_argument", "key"),
            ("/v1/generate", "[1]", 400, "malformed", "object"),
            ("/v1/generate", {"bars": 0}, 400, "invalid_argument", "bars"),
            ("/v1/generate", {"bar": 3}, 400, "invalid_argument", "no key 'bar'"),
            ("/v1/generate", {"instruments": ["kazoo orchestra"]}, 400, "invalid_argument", "no instrument"),
            ("/v1/generate", {"instruments": [129]}, 400, "invalid_argument", "no instrument"),
            ("/v1/generate", {"meter": "4/5"}, 400, "invalid_argument", "meter"),
            ("/v1/generate", {"midi": "AAAA"}, 400, "invalid_argument", "midi"),
            ("/v1/generate", {"midi": "!!!!"}, 400, "invalid_argument", "base64"),
            ("/v1/infill", {"bars": "1"}, 400, "invalid_argument", "a piece is needed"),
            ("/v1/infill", {"midi": one, "bars": "4-2"}, 400, "invalid_argument", "bars"),
            ("/v1/infill", {"midi": one, "tracks": [9]}, 400, "invalid_argument", "no track 9"),
            ("/v1/takes", {"verb": "dance"}, 400, "invalid_argument", "verb"),
            ("/v1/takes", {"count": 16, "bars": 400}, 400, "invalid_argument", "512 bars"),
            ("/v1/write", {"music": {"tracks": [{"part": 3}]}, "midi": one}, 400, "invalid_argument", "part"),
        ):
            got, answer = self.server.post(path, body)
            self.assertEqual((got, answer["error"]["code"]), (status, code), f"{path} {body}: {answer}")
            self.assertIn(words, answer["error"]["message"])
        for method, path, status, code in (("GET", "/v1/generate", 405, "method_not_allowed"),
                                           ("POST", "/health", 405, "method_not_allowed"),
                                           ("GET", "/v2", 404, "not_found"),
                                           ("GET", "/../etc/passwd", 404, "not_found"),
                                           ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "not_found"),
                                           ("GET", "//etc/passwd", 404, "not_found")):
            got, _, answer = self.server.ask(method, path)
            self.assertEqual((got, answer["error"]["code"]), (status, code), path)

    def test_connections_are_kept(self):
        with contextlib.closing(self.server.connection()) as connection:
            for _ in range(3):
                connection.request("GET", "/health")
                self.assertEqual(json.loads(connection.getresponse().read())["status"], "ok")

    def test_metrics_count(self):
        self.server.post("/v1/generate", PAIR)
        gauges = self.server.gauges()
        self.assertGreater(gauges['sage_requests_total{route="/v1/generate",status="200"}'], 0)
        self.assertGreater(gauges["sage_notes_total"], 0)
        self.assertGreater(gauges["sage_first_note_seconds_count"], 0)


class Ways(unittest.TestCase):
    def test_keys(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("# for the tests\nsecret-of-16-bytes\n")
            file.flush()
            with Server(PROGRAM, "--api-key-file", file.name, "--host", "127.0.0.1") as server:
                self.assertEqual(server.ask("GET", "/health")[0], 200)
                status, headers, answer = server.ask("GET", "/v1/about")
                self.assertEqual((status, answer["error"]["code"]), (401, "unauthorized"))
                self.assertEqual(server.ask("GET", "/v1/about", headers={"Authorization": "Bearer wrong"})[0], 401)
                key = {"Authorization": "Bearer secret-of-16-bytes"}
                self.assertEqual(server.ask("GET", "/v1/about", headers=key)[0], 200)
                self.assertEqual(server.ask("GET", "/metrics")[0], 401)

    def test_wrong_usage_is_one_line(self):
        for options, words in ((("--host", "0.0.0.0"), "--api-key-file"),
                               (("--host", "127.0.0.x"), "is no IP address"),
                               (("--api-key-file", "/nowhere"), "/nowhere"),
                               (("--page", "/tmp"), "index.html"),
                               (("--model", "/nowhere"), "/nowhere"),
                               (("--performer", "/nowhere"), "/nowhere")):
            with self.assertRaises(RuntimeError) as caught:
                Server(PROGRAM, *options)
            message = str(caught.exception).strip()
            self.assertIn(words, message)
            self.assertEqual(message.count("\n"), 0, message)

    def test_loudness_can_be_left_out(self):
        with Server(PROGRAM, "--performer", "none") as server:
            _, answer = server.post("/v1/generate", {**PAIR, "endings": 0})
            _, read = server.post("/v1/read", {"midi": answer["midi"]})
            self.assertEqual({note[3] for track in read["music"]["tracks"] for note in track["notes"]}, {80})

    def test_busy_port(self):
        with Server(PROGRAM) as server:
            with self.assertRaises(RuntimeError) as caught:
                Server(PROGRAM, port=server.port)
            self.assertIn("choose another port", str(caught.exception))

    def test_stops_gracefully(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with Server(PROGRAM) as server:
                with contextlib.closing(server.connection()) as connection:
                    connection.request("POST", "/v1/generate", json.dumps({**PAIR, "bars": 4, "endings": 0}))
                    # The request is on its way when the metrics count it.
                    while server.gauges()["sage_jobs_running"] + server.gauges()["sage_notes_total"] == 0:
                        pass
                    server.process.send_signal(how)
                    response = connection.getresponse()
                    self.assertEqual(response.status, 200)
                    self.assertIn("midi", json.loads(response.read()))
                code, errors = server.wait()
                self.assertEqual((code, errors), (0, ""))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
