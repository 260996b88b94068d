"""Folk tunes with chords: the melody as written, and the chord track.

A tune's file has a track of melody and, mostly, one of chords in root position. Where there are
none, chords are found by what fits the melody.
"""

import csv
import os
import re
from dataclasses import dataclass

from . import midi
from .catalogue import METERS
from .harmony import QUALITIES, Chord

TICKS = 480  # a quarter, in everything that the band writes
_STEPS = {frozenset(steps): quality for quality, steps in QUALITIES.items()}


class TuneError(Exception):
    """Why a tune is not for the band, in one line."""


@dataclass
class Tune:
    name: str
    file: str
    source: str
    licence: str
    meter: str
    bars: int  # the pickup's bar included
    pickup: bool
    melody: list  # notes in ticks of TICKS a quarter
    chords: list  # Chord, start in ticks
    sharps: int
    minor: bool

    @property
    def bar_ticks(self):
        pulses, quarters = METERS[self.meter]
        return round(pulses * quarters * TICKS)


def tunes_in(folder):
    """The rows of a data set's MANIFEST.tsv that are Nottingham tunes."""
    with open(os.path.join(folder, "MANIFEST.tsv"), newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if "nottingham" in row["repo"]]
    return sorted(rows, key=lambda row: row["file"])


def tune_name(file):
    """`jigs10` of `jukedeck-nottingh__MIDI__jigs10.228964f8.mid`."""
    return re.sub(r"\.[0-9a-f]{8}\.mid$", "", os.path.basename(file)).split("__")[-1]


def _chords_of_track(part, scale):
    groups = {}
    for note in part.notes:
        groups.setdefault(note.start, []).append(note.pitch)
    chords = []
    for start, pitches in sorted(groups.items()):
        root = min(pitches)
        steps = frozenset((pitch - root) % 12 for pitch in pitches)
        quality = _STEPS.get(steps) or ("m" if 3 in steps else "7" if 10 in steps else "")
        chord = Chord(round(start * scale), root % 12, quality)
        if not chords or (chords[-1].root, chords[-1].quality) != (chord.root, chord.quality):
            chords.append(chord)
    return chords


def harmonise(melody, bar_ticks, bars, first_bar, tonic, minor):
    """A chord a bar: the path of best fit through the key's chords, V to I favoured."""
    degrees = (
        [(0, "m"), (5, "m"), (7, "7"), (8, ""), (10, ""), (3, "")]
        if minor
        else [(0, ""), (5, ""), (7, "7"), (2, "m"), (9, "m")]
    )
    fits = []
    for bar in range(first_bar, bars):
        weight = [0.0] * 12
        for note in melody:
            length = min(note.end, (bar + 1) * bar_ticks) - max(note.start, bar * bar_ticks)
            if length > 0:
                weight[note.pitch % 12] += (
                    length / bar_ticks * (1.5 if note.start == bar * bar_ticks else 1)
                )
        row = []
        for step, quality in degrees:
            tones = {(tonic + step + tone) % 12 for tone in QUALITIES[quality]}
            row.append(
                sum(w if pc in tones else -w for pc, w in enumerate(weight))
                + (0.2 if step == 0 else 0)
            )
        fits.append(row)
    if not fits:
        return []
    best, back = [list(fits[0])], []
    for row in fits[1:]:
        scores, froms = [], []
        for to in range(len(degrees)):
            source = max(
                range(len(degrees)), key=lambda f: best[-1][f] + (0.15 if (f, to) == (2, 0) else 0)
            )
            scores.append(best[-1][source] + (0.15 if (source, to) == (2, 0) else 0) + row[to])
            froms.append(source)
        best.append(scores)
        back.append(froms)
    path = [0 if fits[-1][0] > -0.5 else max(range(len(degrees)), key=lambda d: best[-1][d])]
    for froms in reversed(back):
        path.append(froms[path[-1]])
    chords = []
    for index, degree in enumerate(reversed(path)):
        chord = Chord(
            (first_bar + index) * bar_ticks, (tonic + degrees[degree][0]) % 12, degrees[degree][1]
        )
        if not chords or (chords[-1].root, chords[-1].quality) != (chord.root, chord.quality):
            chords.append(chord)
    return chords


def read_tune(folder, row, most_bars=66):
    """The tune of a manifest's row; longer ones end after whole eights of bars."""
    song = midi.read(os.path.join(folder, row["file"]))
    if len(song.meters) != 1:
        raise TuneError("changes of meter")
    meter = f"{song.meters[0][1]}/{song.meters[0][2]}"
    if meter not in METERS:
        raise TuneError(f"no grooves in {meter}")
    if not song.parts:
        raise TuneError("no notes")
    scale = TICKS / song.ticks_per_quarter
    tune = Tune(
        tune_name(row["file"]),
        row["file"],
        row["repo"],
        row["licence"],
        meter,
        0,
        False,
        [],
        [],
        song.sharps,
        song.minor,
    )
    bar = tune.bar_ticks
    melody = []
    for note in song.parts[0].notes:
        start = round(note.start * scale)
        end = max(start + 1, round(note.end * scale))
        melody.append(midi.Note(start, note.pitch, end, note.velocity))
    tune.pickup = melody[0].start % bar > 0 and melody[0].start < bar
    if melody[0].start >= bar:
        raise TuneError("begins with silence")
    last = max(note.start for note in melody)
    tune.bars = last // bar + 1
    whole = int(tune.pickup)
    if tune.bars - whole > most_bars:
        tune.bars = whole + (most_bars - most_bars % 8)
    if tune.bars - whole < 8:
        raise TuneError("shorter than eight bars")
    end = tune.bars * bar
    tune.melody = [note for note in melody if note.start < end]
    for note in tune.melody:
        note.end = min(note.end, end)
    if len(song.parts) > 1:
        tune.chords = [
            chord for chord in _chords_of_track(song.parts[1], scale) if chord.start < end
        ]
    else:
        tonic = (song.sharps * 7 + (9 if song.minor else 0)) % 12
        tune.chords = harmonise(tune.melody, bar, tune.bars, whole, tonic, song.minor)
    if not tune.chords:
        raise TuneError("no chords")
    return tune
