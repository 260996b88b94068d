"""What a set of band music is like, in figures: the rates that docs/band-music.md quotes."""

import csv
import os
import re
import sys
from collections import Counter

from . import midi, tunes
from .arrangements import swung_tick
from .catalogue import GRID, METERS
from .harmony import NOTES, QUALITIES
from .instruments import LEADS


def _median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else 0


def _root(name):
    return NOTES.index(re.match(r"[A-G][b#]?", name).group())


class Tally:
    """Counts over the pieces of one part."""

    def __init__(self):
        self.pieces = 0
        self.counts = Counter()
        self.values = {}
        self.worst = []

    def add(self, name, part, whole):
        self.counts[name] += part
        self.counts[name + " of"] += whole

    def value(self, name, number):
        self.values.setdefault(name, []).append(number)

    def share(self, name):
        whole = self.counts[name + " of"]
        return f"{100 * self.counts[name] / whole:.2f} % of {whole}" if whole else "none"


def _bar_contents(part, bar_ticks, bars):
    contents = [set() for _ in range(bars)]
    for note in part.notes:
        if note.start // bar_ticks < bars:
            contents[note.start // bar_ticks].add((note.start % bar_ticks, note.pitch))
    return contents


def _longest_run(contents):
    """The most bars in a row that are the same, as bars or as pairs of bars."""
    best = 1
    for period in (1, 2):
        run = 0
        for at in range(period, len(contents)):
            run = run + 1 if contents[at] == contents[at - period] and contents[at] else 0
            best = max(best, run + period if run else 1)
    return best


def _check_melody(row, song, folder, cache, tally):
    """The melody of an arrangement against its file, note for note, swung where the band swings."""
    if row["source_path"] not in cache:
        manifest_row = {"file": row["source_path"], "repo": "", "licence": ""}
        cache[row["source_path"]] = tunes.read_tune(folder, manifest_row)
    tune = cache[row["source_path"]]
    shift, swung = int(row["shift"]), row["feel"] == "swing"
    expected = []
    for note in tune.melody:
        start, end = note.start, note.end
        if swung:
            start, end = swung_tick(start), max(swung_tick(end), swung_tick(start) + 1)
        expected.append((start + shift, note.pitch, end + shift))
    melody = next(part for part in song.parts if part.name == "Melody")
    same = sorted(expected) == sorted((n.start, n.pitch, n.end) for n in melody.notes)
    tally.add("melodies as in their files", same, 1)
    if not same:
        tally.worst.append((row["file"], "melody differs"))


def _check_piece(row, song, tally):
    pulses, quarters = METERS[row["meters"]]
    tpq = song.ticks_per_quarter
    bar_ticks = round(pulses * quarters * tpq)
    step = tpq // GRID
    bars = int(row["bars"])
    chords = [bar.split() for bar in row["chords"].split("|")]
    tally.pieces += 1
    tally.value("bars", bars)
    tally.value("notes", int(row["notes"]))
    tally.value("parts", int(row["parts"]))
    drums = [part for part in song.parts if part.drums]
    tally.add("pieces with drums", bool(drums), 1)
    lead = [part for part in song.parts if part.name in ("Melody", "Lead")]
    tally.add("pieces with melody or lead", bool(lead), 1)
    if drums:
        contents = _bar_contents(drums[0], bar_ticks, bars)
        tally.add("bars with drums, where a piece has any", sum(map(bool, contents)), bars)
        run = _longest_run(contents)
        tally.value("longest run of equal drum bars", run)
    filled = [False] * bars
    band = [set() for _ in range(bars)]
    for part in song.parts:
        contents = _bar_contents(part, bar_ticks, bars)
        tally.add("parts with fewer than four notes", len(part.notes) < 4, 1)
        for bar, content in enumerate(contents):
            filled[bar] |= bool(content)
            band[bar] |= {(part.name, part.program, *item) for item in content}
        for note in part.notes:
            tally.counts["off"] += note.start % step != 0 if part.name != "Melody" else 0
            tally.counts["off of"] += part.name != "Melody"
    tally.add("bars in which nothing begins", filled.count(False), bars)
    run = _longest_run(band)
    tally.value("longest run of equal bars", run)
    tally.add("pieces with more than 16 equal bars in a row", run > 16, 1)
    if run > 16:
        tally.worst.append((row["file"], f"{run} equal bars in a row"))
    low = [
        p
        for p in song.parts
        if not p.drums and (32 <= p.program < 40 or p.name.upper().startswith(("BASS", "WALK")))
    ]
    tally.add("pieces with bass", bool(low), 1)
    starts = {}
    for part in low:
        for note in part.notes:
            if note.start % bar_ticks == 0:
                starts[note.start // bar_ticks] = min(
                    note.pitch, starts.get(note.start // bar_ticks, 128)
                )
    for bar, pitch in starts.items():
        if bar < bars:
            on_root = pitch % 12 == _root(chords[bar][0])
            tally.add("bass on the root, where it plays on beat one", on_root, 1)
            if bar == 0 or chords[bar][0] != chords[bar - 1][-1]:
                tally.add(
                    "bass on the root, where it plays on beat one and the chord is new", on_root, 1
                )
    if low:
        tally.add("bars in which the bass plays on beat one", len(starts), bars)
        for part in low:
            for note in part.notes:
                tally.add("bass notes outside 24..67", not 24 <= note.pitch <= 67, 1)
    for part in song.parts:
        if part.name == "Lead":
            lowest, highest = LEADS[part.program]
            for note in part.notes:
                tally.add(
                    "lead notes outside their instrument", not lowest <= note.pitch <= highest, 1
                )
            beats = [
                note
                for note in part.notes
                if note.start % bar_ticks == 0 and note.start // bar_ticks < bars
            ]
            for note in beats:
                root = _root(chords[note.start // bar_ticks][0])
                quality = chords[note.start // bar_ticks][0][len(NOTES[root]) :]
                tones = {(root + tone) % 12 for tone in QUALITIES[quality]}
                tally.add(
                    "lead notes on beat one that are chord tones", note.pitch % 12 in tones, 1
                )
        elif part.name == "Melody":
            lowest, highest = LEADS[part.program]
            for note in part.notes:
                tally.add(
                    "melody notes outside their instrument",
                    not lowest - 4 <= note.pitch <= highest + 4,
                    1,
                )
    last = max(note.end for part in song.parts for note in part.notes)
    tally.add("pieces that sound on after their last bar", last > bars * bar_ticks, 1)
    final = [
        n for p in song.parts if not p.drums for n in p.notes if n.start >= (bars - 1) * bar_ticks
    ]
    tally.add("pieces with notes in their last bar", bool(final), 1)


def check(out, tune_folder):
    """Prints the figures of a set; 1 if a file differs from its manifest."""
    from .production import BandError

    failures = 0
    cache = {}
    for part in ("train", "valid"):
        path = os.path.join(out, part, "MANIFEST.tsv")
        if not os.path.isfile(path):
            raise BandError(
                f"{out}: no {part}/MANIFEST.tsv there; name the folder that `make` wrote"
            )
        tally = Tally()
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for row in rows:
            song = midi.read(os.path.join(out, part, row["file"]))
            _check_piece(row, song, tally)
            if tune_folder and row["kind"] == "band_tune":
                _check_melody(row, song, tune_folder, cache, tally)
        print(f"\n{part}: {tally.pieces} pieces")
        for name, numbers in tally.values.items():
            print(f"  {name}: median {_median(numbers)}, {min(numbers)} to {max(numbers)}")
        for name in tally.counts:
            if not name.endswith(" of") and name != "off":
                print(f"  {name}: {tally.share(name)}")
        print(f"  accompanying notes off the grid of {GRID} a quarter: {tally.share('off')}")
        for column in ("kind", "meters", "feel", "split"):
            counts = Counter(row[column] for row in rows)
            print(
                f"  {column}: "
                + ", ".join(f"{name} {count}" for name, count in counts.most_common())
            )
        print(f"  families: {len({row['family'].split('@')[0] for row in rows})}, grooves: "
              f"{len({groove for row in rows for groove in row['grooves'].split()})}")  # fmt: skip
        tempos = [float(row["tempo"]) for row in rows]
        if tempos:
            print(
                f"  quarters a minute: median {_median(tempos):.0f}, "
                f"{min(tempos):.0f} to {max(tempos):.0f}"
            )
        for name, what in tally.worst[:10]:
            print(f"  look at {name}: {what}", file=sys.stderr)
        failures += (
            tally.counts["melodies as in their files of"]
            - tally.counts["melodies as in their files"]
        )
    return 1 if failures else 0
