"""The parts of the band that need no mma: files, harmony, melody, tunes, what is held out."""

import argparse
import os
import random
import tempfile
import unittest

from band import (
    arrangements,
    catalogue,
    checks,
    harmony,
    instruments,
    melody,
    midi,
    pieces,
    player,
    production,
    tunes,
)


def family(meter="4/4", feel="straight", **changes):
    values = dict(
        name="x", meter=meter, native=True, beats_a_pulse=1.0, bars_a_groove_bar=1, slow=100,
        fast=120, feel=feel, styles=["pop"], tunes=True, held_out=False, main=[["X"]],
    )  # fmt: skip
    return catalogue.Family(**(values | changes))


class Files(unittest.TestCase):
    def test_a_song_comes_back(self):
        parts = [
            midi.Part("Lead", 65, False, [midi.Note(0, 60, 480, 90), midi.Note(480, 60, 960, 70)]),
            midi.Part("Drums", 0, True, [midi.Note(0, 36, 40, 100), midi.Note(240, 42, 280, 60)]),
        ]
        song = midi.Song(480, parts, [(0, 6, 8)], -3, True, 132.0)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.mid")
            with open(path, "wb") as file:
                file.write(midi.to_bytes(song))
            back = midi.read(path)
        self.assertEqual(back.parts, song.parts)
        self.assertEqual((back.meters, back.sharps, back.minor), (song.meters, -3, True))
        self.assertAlmostEqual(back.tempo, 132.0, places=2)

    def test_more_programs_than_channels(self):
        parts = [midi.Part(str(p), p, False, [midi.Note(0, 60 + p % 12, 480)]) for p in range(20)]
        with self.assertRaises(StopIteration):
            midi.to_bytes(midi.Song(480, parts, [(0, 4, 4)]))
        shared = [
            midi.Part(str(n), n % 12, False, [midi.Note(n * 480, 60, n * 480 + 400)])
            for n in range(20)
        ]
        self.assertTrue(midi.to_bytes(midi.Song(480, shared, [(0, 4, 4)])))

    def test_bad_files_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.mid")
            for data in (
                b"",
                b"no MIDI at all",
                b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x20\0\x90\x40",
            ):
                with open(path, "wb") as file:
                    file.write(data)
                with self.assertRaises(midi.MidiError):
                    midi.read(path)


class Harmony(unittest.TestCase):
    def test_numerals(self):
        self.assertEqual(harmony.parse_numeral("bVIIM7"), (10, "M7"))
        self.assertEqual(harmony.parse_numeral("iih"), (2, "m7b5"))
        self.assertEqual(harmony.parse_numeral("#ivo7"), (6, "dim7"))
        for wrong in ("x", "Ifoo", "iM7"):
            with self.assertRaises(ValueError):
                harmony.parse_numeral(wrong)

    def test_units_do_not_know_key_sevenths_or_where_a_loop_begins(self):
        self.assertEqual(harmony.units("I|V|vi|IV"), harmony.units("vi7|IVM7|I|V7"))
        self.assertNotEqual(harmony.units("I|V|vi|IV"), harmony.units("I|vi|IV|V"))
        self.assertEqual(len(harmony.units("I|V|vi|IV|I|IV|ii|V")), 2)

    def test_nothing_held_out_occurs_in_training(self):
        for section, out in harmony.written():
            for unit in harmony.units(section.text):
                self.assertEqual(harmony.is_held_out(unit), out, section.text)
        styles = {s.style for s, out in harmony.written() if out}
        self.assertEqual(styles, set(harmony.WRITTEN))  # every style has something held out

    def test_every_written_section_counts(self):
        lines = [line for text in harmony.WRITTEN.values() for line in text.split("\n") if line]
        self.assertEqual(len(lines), len(harmony.written()))
        for section, _ in harmony.written():
            harmony.realise(section.text, 3, 4, lambda numeral, degree, quality: quality)

    def test_composed_sections_are_on_their_side(self):
        rng = random.Random(1)
        for held_out in (False, True):
            for minor in (False, True):
                for _ in range(5):
                    section = harmony.composed(rng, "pop", minor, held_out)
                    self.assertEqual(len(harmony.bars_of(section.text)), 8)
                    for unit in harmony.units(section.text):
                        self.assertEqual(harmony.is_held_out(unit), held_out)

    def test_realised_in_a_key(self):
        chords = harmony.realise("I|ii7 V7", 7, 4, lambda numeral, degree, quality: quality)
        self.assertEqual([(c.start, c.name()) for c in chords], [(0, "G"), (4, "Am7"), (6, "D7")])


class Melody(unittest.TestCase):
    def test_a_line_stays_in_range_and_comes_home(self):
        chords = harmony.realise(
            "I|vi|IV|V|I|IV|V7|I", 2, 4, lambda numeral, degree, quality: quality
        )
        for seed in range(20):
            line = melody.Line(58, 80, "even", False, False)
            composer = melody.Composer(random.Random(seed), line, 2, False, 4)
            tones = composer.section("A", 0, 8, chords, True)
            self.assertTrue(all(58 <= tone.pitch <= 80 for tone in tones))
            self.assertEqual(tones[-1].pitch % 12, 2)
            self.assertLessEqual(max(tone.start + tone.length for tone in tones), 32)
            ends = [tone.start + tone.length for tone in tones]
            self.assertTrue(all(end <= tone.start + 1e-9 for end, tone in zip(ends, tones[1:])))

    def test_a_theme_comes_back(self):
        chords = harmony.realise(
            "|".join(["I|IV|V|I"] * 4), 0, 4, lambda numeral, degree, quality: quality
        )
        line = melody.Line(58, 80, "even", False, False)
        same = 0
        for seed in range(20):
            composer = melody.Composer(random.Random(seed), line, 0, False, 4)
            one = [tone.start for tone in composer.section("A", 0, 8, chords, False)]
            two = [tone.start - 32 for tone in composer.section("A", 32, 8, chords, False)]
            same += len(set(one) & set(two)) > 0.6 * len(set(one) | set(two))
        self.assertGreaterEqual(same, 10)

    def test_swing_keeps_order_and_pulses(self):
        places = [catalogue.swing(step) for step in range(49)]
        self.assertEqual(places, sorted(places))
        self.assertEqual([places[at] for at in (0, 6, 12, 18, 48)], [0, 8, 12, 20, 48])


def write_tune(folder, name, pitches, meter=(4, 4), pickup=False):
    """A tune of eighths, two chords a bar, as the data set has them; its manifest row."""
    note, tpq = 512, 1024
    bar = round(meter[0] * 4 / meter[1] * tpq)
    first = bar - note if pickup else 0
    lead = [
        midi.Note(first + at * note, pitch, first + (at + 1) * note)
        for at, pitch in enumerate(pitches)
    ]
    chords = []
    for number, start in enumerate(range(bar if pickup else 0, lead[-1].end, bar)):
        root = (36, 41, 43, 36)[number % 4]
        chords += [midi.Note(start, root + step, start + bar) for step in (0, 4, 7)]
    parts = [midi.Part("", 0, False, lead), midi.Part("", 0, False, sorted(chords))]
    file = f"jukedeck-nottingh__MIDI__{name}.00000000.mid"
    with open(os.path.join(folder, file), "wb") as out:
        out.write(midi.to_bytes(midi.Song(tpq, parts, [(0, *meter)])))
    return {"file": file, "repo": "jukedeck+nottingham-dataset", "licence": "GPL-3.0"}


def wander(seed, count):
    rng = random.Random(seed)
    pitches, now = [], 67
    for _ in range(count):
        now = max(60, min(81, now + rng.choice([-4, -2, -1, 0, 1, 2, 3, 5])))
        pitches.append(now)
    return pitches


class Tunes(unittest.TestCase):
    def test_melody_pickup_and_chords(self):
        with tempfile.TemporaryDirectory() as folder:
            row = write_tune(folder, "jigs1", [60] + wander(1, 96), (6, 8), pickup=True)
            tune = tunes.read_tune(folder, row)
        self.assertEqual(
            (tune.name, tune.meter, tune.pickup, tune.bars), ("jigs1", "6/8", True, 17)
        )
        self.assertEqual(tune.melody[0], midi.Note(5 * 240, 60, 6 * 240, 90))
        self.assertEqual([c.name() for c in tune.chords[:3]], ["C", "F", "G"])
        self.assertEqual(tune.chords[0].start, tune.bar_ticks)

    def test_a_melody_alone_is_harmonised(self):
        bar = 4 * tunes.TICKS
        notes = []
        for number, tones in enumerate([(0, 4, 7, 4), (5, 9, 0, 9), (7, 11, 2, 7), (0, 7, 4, 0)]):
            notes += [
                midi.Note(number * bar + at * 480, 60 + tone, number * bar + (at + 1) * 480)
                for at, tone in enumerate(tones)
            ]
        chords = tunes.harmonise(notes, bar, 4, 0, 0, False)
        self.assertEqual(
            [(c.start // bar, c.name()) for c in chords], [(0, "C"), (1, "F"), (2, "G7"), (3, "C")]
        )

    def test_versions_of_a_tune_stay_together(self):
        base = wander(3, 128)
        with tempfile.TemporaryDirectory() as folder:
            rows = [
                write_tune(folder, "a", base),
                write_tune(folder, "b", [p + 2 for p in base[:100]] + wander(4, 28)),
            ]
            rows.append(write_tune(folder, "c", wander(5, 128)))
            groups = production.tune_groups([tunes.read_tune(folder, row) for row in rows])
        self.assertEqual(groups["a"], groups["b"])
        self.assertNotEqual(groups["a"], groups["c"])

    def test_only_straight_tunes_swing(self):
        with tempfile.TemporaryDirectory() as folder:
            tune = tunes.read_tune(folder, write_tune(folder, "a", wander(1, 128)))
        self.assertTrue(arrangements.fits(family(feel="swing"), tune))
        tune.melody[3].start += 160
        self.assertFalse(arrangements.fits(family(feel="swing"), tune))
        self.assertTrue(arrangements.fits(family(), tune))
        self.assertFalse(arrangements.fits(family(meter="3/4"), tune))


class Plans(unittest.TestCase):
    def test_the_parts_share_no_tune_progression_or_groove(self):
        known = [family(name=name) for name in "abc"]
        unknown = [family(name=name, held_out=True) for name in "yz"]
        args = argparse.Namespace(seed=1, per_tune=2, songs=20, valid_songs=10)
        with tempfile.TemporaryDirectory() as folder:
            rows = [write_tune(folder, f"t{n}", wander(n, 128)) for n in range(60)]
            all_tunes = [(n, tunes.read_tune(folder, row)) for n, row in enumerate(rows)]
        jobs, held_out = production.plan(all_tunes, known + unknown, args)
        train = [job for job in jobs if job.split == "train"]
        valid = [job for job in jobs if job.split != "train"]
        self.assertTrue(held_out and len(held_out) < 20)
        self.assertFalse(
            {job.row for job in train if job.kind == "tune"}
            & {job.row for job in valid if job.kind == "tune"}
        )
        self.assertTrue({job.family for job in train} <= set("abc"))
        self.assertTrue({job.family for job in valid} & set("yz"))
        self.assertEqual(len({job.file for job in jobs}), len(jobs))
        self.assertEqual(jobs, production.plan(all_tunes, known + unknown, args)[0])

    def test_spans_fill_their_bars(self):
        rng = random.Random(1)
        for meter, per_groove in (("4/4", 1), ("6/8", 2)):
            one = family(meter, bars_a_groove_bar=per_groove, fills=["Fill"], ends=[("End", 2)])
            for bars in (1, 2, 7, 16, 33):
                spans = pieces.arrange(one, bars, rng)
                self.assertEqual(sum(span.bars for span in spans), bars)
                spans = pieces.with_end(spans, one, rng, 2 if bars > 2 else 1)
                self.assertEqual(sum(span.bars for span in spans), bars)
                self.assertTrue(all(span.bars > 0 for span in spans))

    def test_text_for_mma(self):
        chords = [harmony.Chord(0, 0, ""), harmony.Chord(6, 7, "7"), harmony.Chord(8, 0, "m")]
        spans = [player.Span("A", 2), player.Span("B", 1)]
        text = player.mma_text(player.Plan(family(), spans, chords, 5))
        self.assertEqual(
            [line for line in text.split("\n") if line[:1].isdigit()], ["1 C", "2 C G7@3", "3 Cm"]
        )

    def test_new_roots_in_the_bass(self):
        part = midi.Part(
            "Bass",
            33,
            False,
            [midi.Note(0, 43, 400), midi.Note(960, 38, 1300), midi.Note(1440, 45, 1800)],
        )
        player.root_the_bass([part], [harmony.Chord(0, 0, ""), harmony.Chord(2, 7, "7")], family())
        self.assertEqual([note.pitch for note in part.notes], [36, 43, 45])

    def test_equal_bars_are_counted(self):
        self.assertEqual(checks._longest_run([{1}, {2}, {2}, {2}, {3}]), 3)
        self.assertEqual(checks._longest_run([{1}, {2}, {1}, {2}, {3}]), 4)
        self.assertEqual(checks._longest_run([{1}, {2}, {3}]), 1)

    def test_leads_reach(self):
        program, low, high = instruments.lead_for("folk", random.Random(1), 55, 79)
        self.assertTrue(low <= 59 and high >= 75)


if __name__ == "__main__":
    unittest.main()
