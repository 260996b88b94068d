"""The Python package: python_test.py FOLDER_OF_THE_PACKAGE MODEL"""
import pathlib
import pickle
import sys
import tempfile
import threading
import time
import unittest

PACKAGE, MODEL = sys.argv[1:3]
sys.path.insert(0, PACKAGE)
import numpy as np  # noqa: E402

import sage_music as sm  # noqa: E402

engine = sm.Engine(MODEL)
trio = engine.generate(bars=4, meter="4/4", instruments=["piano", 32, "drums"], seed=3, tempo=100)


class Scores(unittest.TestCase):
    def test_notes_are_a_structured_array_without_a_copy(self):
        notes = trio.notes()
        self.assertEqual(notes.dtype.names, ("onset", "duration", "program", "pitch", "velocity"))
        self.assertEqual(len(notes), len(trio))
        self.assertTrue((np.diff(notes["onset"]) >= 0).all())
        self.assertLessEqual(set(notes["program"]), {0, 32, sm.DRUMS})
        self.assertIsNotNone(notes.base)  # memory of the library

    def test_units_agree(self):
        ticks, quarters, seconds = (trio.notes(unit) for unit in ("ticks", "quarters", "seconds"))
        np.testing.assert_allclose(quarters["onset"], ticks["onset"] / trio.ticks_per_quarter)
        np.testing.assert_allclose(seconds["onset"], quarters["onset"] * 0.6, atol=1e-4)
        with self.assertRaisesRegex(ValueError, "beats"):
            trio.notes("beats")

    def test_arrays_and_midi_round_trip(self):
        for unit in ("ticks", "quarters", "seconds"):
            back = sm.Score.from_notes(trio.notes(unit), unit, trio.ticks_per_quarter, tempo=100)
            np.testing.assert_array_equal(back.notes(), trio.notes())
        self.assertEqual(sm.Score.from_midi(trio.to_midi()), trio)
        self.assertEqual(pickle.loads(pickle.dumps(trio)), trio)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "trio.mid"
            trio.write_midi(path)
            self.assertEqual(sm.read_midi(path), trio)

    def test_errors_are_one_line(self):
        with self.assertRaisesRegex(sm.Error, "nowhere.mid"):
            sm.read_midi("/nowhere.mid")
        notes = trio.notes().copy()
        notes["program"][5] = 129
        with self.assertRaisesRegex(sm.Error, "note 5: program 129"):
            sm.Score.from_notes(notes)
        for wrong in (np.zeros(3), trio.notes()[["onset", "pitch"]]):
            with self.assertRaisesRegex(ValueError, "the fields onset"):
                sm.Score.from_notes(wrong)

    def test_fields_may_stand_in_any_order(self):
        names = ["velocity", "pitch", "program", "duration", "onset"]
        turned = np.empty(len(trio), [(name, trio.notes().dtype[name]) for name in names])
        for name in names:
            turned[name] = trio.notes()[name]
        back = sm.Score.from_notes(turned, ticks_per_quarter=trio.ticks_per_quarter)
        np.testing.assert_array_equal(back.notes(), trio.notes())


class Engines(unittest.TestCase):
    def test_the_bundled_model_is_found(self):
        self.assertEqual(sm.Engine().info, engine.info)

    def test_same_seed_same_music(self):
        again = engine.generate(bars=4, meter="4/4", instruments=["piano", 32, "drums"], seed=3, tempo=100)
        self.assertEqual(again, trio)
        other = engine.generate(bars=4, meter="4/4", instruments=["piano", 32, "drums"], seed=4, tempo=100)
        self.assertNotEqual(other, trio)

    def test_bytes_and_path_are_the_same_model(self):
        from_bytes = sm.Engine.from_bytes(pathlib.Path(MODEL).read_bytes())
        self.assertEqual(from_bytes.info, engine.info)

    def test_prompt_and_infill_keep_what_they_should(self):
        longer = engine.generate(bars=2, prompt=trio, prompt_bars=4, seed=1)
        self.assertGreater(len(longer), len(trio))
        end = 8 * trio.ticks_per_quarter  # bars 3 and 4 begin here
        filled = engine.infill(trio, bars="3-4", instruments=["piano"], seed=1, takes=1)
        kept = filled.notes()
        before = trio.notes()
        scale = filled.ticks_per_quarter // trio.ticks_per_quarter
        self.assertEqual(scale * trio.ticks_per_quarter, filled.ticks_per_quarter)
        piano = lambda notes, limit: notes[(notes["program"] == 0) & (notes["onset"] < limit)]
        np.testing.assert_array_equal(piano(kept, end * scale)["pitch"], piano(before, end)["pitch"])
        np.testing.assert_array_equal(kept[kept["program"] == 32]["pitch"], before[before["program"] == 32]["pitch"])

    def test_wrong_requests_say_what_is_wrong(self):
        for words, request in {"no key 'barz'": {"barz": 3}, "kazoo": {"instruments": ["kazoo"]}, "bars must": {"bars": 0}}.items():
            with self.assertRaisesRegex(sm.Error, words):
                engine.generate(**request)

    def test_wishes_are_heard(self):
        score = engine.generate(bars=4, instruments=["piano"], seed=1, wishes={"key": "C major"})
        self.assertLessEqual(set(score.notes()["pitch"] % 12), {0, 2, 4, 5, 7, 9, 11})
        notes = engine.stream(["bass"], bars=4, seed=1, wishes={"key": "C major"})
        self.assertLessEqual({note.pitch % 12 for note in notes}, {0, 2, 4, 5, 7, 9, 11})
        stream = engine.stream(["bass"], bars=4, seed=1)
        stream.change(wishes={"key": "Db major"})
        self.assertLessEqual({note.pitch % 12 for note in stream}, {1, 3, 5, 6, 8, 10, 0})
        for request in (engine.generate, lambda **wishes: engine.stream([0], **wishes)):
            with self.assertRaisesRegex(sm.Error, "'wishes'"):
                request(wishes={"kee": "C major"})
        with self.assertRaisesRegex(sm.Error, "'wishes'"):
            engine.infill(trio, wishes={"kee": "C major"})

    def test_the_lock_is_released(self):
        """Python runs on while a piece is written: its thread counts, where it could not with the lock held."""
        counted = []
        worker = threading.Thread(target=lambda: engine.generate(bars=16, seed=1))
        worker.start()
        while worker.is_alive():
            counted.append(time.monotonic())
            time.sleep(0.001)
        worker.join()
        self.assertGreater(len(counted), 3)

    def test_likelihood_prefers_music_to_noise(self):
        noise = trio.notes().copy()
        noise["pitch"][noise["program"] != sm.DRUMS] = np.random.default_rng(0).integers(20, 110, (noise["program"] != sm.DRUMS).sum())
        self.assertLess(engine.likelihood(trio), engine.likelihood(noise))


class Streams(unittest.TestCase):
    def test_iterates_notes_in_order_until_its_bars_end(self):
        notes = list(engine.stream(["bass", "drums"], bars=4, seed=2, tempo=100))
        self.assertGreater(len(notes), 8)
        self.assertEqual(notes, sorted(notes, key=lambda note: note.onset))
        self.assertLess(notes[-1].onset, 16)
        self.assertLessEqual({note.program for note in notes}, {32, 33, sm.DRUMS})
        self.assertEqual(notes, list(engine.stream(["bass", "drums"], bars=4, seed=2, tempo=100)))

    def test_given_notes_and_rewinds(self):
        stream = engine.stream([32], given=[0], bars=4, seed=2)
        for beat in range(16):
            stream.push(0, beat, 1, 60 + beat % 5)
        first = list(stream)
        self.assertTrue(first and all(note.program == 32 for note in first))
        stream.rewind(8)
        stream.change(seed=9)
        again = list(stream)
        self.assertTrue(all(note.onset >= 8 for note in again))
        self.assertEqual(len(stream.score()), 16 + sum(note.onset < 8 for note in first) + len(again))
        self.assertIsNone(stream.next(until=16))
        with self.assertRaises(sm.Error):
            stream.push(50, 0, 1, 60)
        with self.assertRaises(ValueError):
            stream.push(0, -1, 1, 60)
        with self.assertRaisesRegex(sm.Error, "no key 'tempi'"):
            stream.change(tempi=3)

    def test_an_endless_stream_is_pulled_as_far_as_one_likes(self):
        stream = engine.stream([0], seed=1)
        self.assertEqual(len([note for note, _ in zip(stream, range(20))]), 20)


class Tokens(unittest.TestCase):
    def test_encode_and_decode(self):
        tokenizer = engine.tokenizer
        ids = tokenizer.encode(trio)
        self.assertEqual(ids.dtype, np.int32)
        np.testing.assert_array_equal(tokenizer.encode(tokenizer.decode(ids)), ids)
        self.assertIn("Bar", " ".join(tokenizer.describe(int(i)) for i in ids[:20]))
        with self.assertRaisesRegex(ValueError, str(len(tokenizer))):
            tokenizer.decode([len(tokenizer)])
        with self.assertRaises(sm.Error):
            sm.Tokenizer("no scheme")

    def test_bpe(self):
        bpe = sm.Bpe.learn([trio], merges=50)
        base = sm.Tokenizer().encode(trio)
        merged = bpe.encode(base)
        self.assertLess(len(merged), len(base))
        np.testing.assert_array_equal(bpe.decode(merged), base)
        np.testing.assert_array_equal(bpe.tokenizer.encode(trio), merged)
        self.assertEqual(bpe.merges.shape, (len(bpe.tokenizer) - len(sm.Tokenizer()), 2))
        with tempfile.TemporaryDirectory() as folder:
            bpe.save(pathlib.Path(folder) / "bpe.json")
            np.testing.assert_array_equal(sm.Bpe.load(pathlib.Path(folder) / "bpe.json").merges, bpe.merges)


class Measures(unittest.TestCase):
    def setUp(self):
        self.outputs = [engine.generate(bars=4, instruments=["piano", "drums"], seed=seed, endings=0) for seed in range(5)]

    def test_nmsi_of_scores_and_arrays(self):
        a, b = self.outputs[:2]
        self.assertEqual(sm.nmsi(a, a), 100)
        self.assertEqual(sm.nmsi(a, b), sm.nmsi(b, a))
        self.assertLess(sm.nmsi(a, b), 100)
        seconds = a.notes("seconds")
        self.assertGreater(sm.nmsi(sm.Score.from_notes(seconds, "seconds"), seconds), 99.9)

    def test_energy_score_is_its_definition(self):
        takes, reference = self.outputs[:3], self.outputs[3]
        found = sm.energy_score(takes, reference)
        far = np.mean([100 - sm.nmsi(take, reference) for take in takes])
        between = np.mean([100 - sm.nmsi(a, b) for a in takes for b in takes if a is not b])
        self.assertAlmostEqual(found["to_reference"], far, 6)
        self.assertAlmostEqual(found["score"], far - between / 2, 6)

    def test_evaluate(self):
        itself = sm.evaluate(self.outputs, self.outputs)
        self.assertEqual(itself["similarity"]["nmsi"]["mean"], 100)
        moved = sm.evaluate(self.outputs, self.outputs[1:] + self.outputs[:1])
        self.assertAlmostEqual(moved["similarity"]["nmsi"]["mean"], np.mean(moved["nmsi"]), 6)
        self.assertLess(moved["similarity"]["nmsi"]["mean"], 100)
        self.assertLessEqual(moved["similarity"]["nmsi"]["low"], moved["similarity"]["nmsi"]["mean"])
        name = next(iter(sm.metrics(trio)))
        self.assertIn(name, moved["metrics"])
        with self.assertRaisesRegex(ValueError, "as many"):
            sm.evaluate(self.outputs, [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
