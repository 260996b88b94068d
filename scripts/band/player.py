"""The band itself: a plan of grooves and chords, rendered by mma, as parts on the grid."""

import os
import subprocess
from dataclasses import dataclass

from . import midi
from .catalogue import GRID, swing
from .tunes import TICKS

MMA_TICKS = 192
STEP = TICKS // GRID
_DRUM_TICKS = STEP  # drums have no length of their own


class PlayError(Exception):
    """What mma said, in one line."""


@dataclass
class Span:
    """So many groove bars of one groove."""

    groove: str
    bars: int
    # Drum fills made here: (bars from its beginning to the bar line after the fill, whether large).
    fills: tuple = ()
    hit: bool = False  # all stop on the first beat: an ending made here
    silent: bool = False


@dataclass
class Plan:
    family: object
    spans: list
    chords: list  # Chord, start in pulses; the first one at 0
    seed: int

    @property
    def groove_bars(self):
        return sum(span.bars for span in self.spans)

    @property
    def ticks(self):
        family = self.family
        return round(
            self.groove_bars * family.pulses_a_groove_bar * family.quarters_a_pulse * TICKS
        )


def mma_text(plan):
    """The plan as mma's input."""
    family = plan.family
    per_bar = family.pulses_a_groove_bar
    lines = [f"RndSeed {plan.seed}", "Tempo 120"]
    now, index = 0, 0
    chords = sorted(plan.chords, key=lambda chord: chord.start)
    for span in plan.spans:
        lines.append(f"Groove stdlib/{family.name}:{span.groove}")
        # Notes on the grid: no random shifts. Grooves bring their own settings each time.
        lines.append("AllTracks RTime 0")
        for bar in range(now, now + span.bars):
            begin, end = bar * per_bar, (bar + 1) * per_bar
            while index + 1 < len(chords) and chords[index + 1].start <= begin:
                index += 1
            words = [chords[index].name()]
            for chord in chords[index + 1 :]:
                if chord.start >= end:
                    break
                beat = (chord.start - begin) * family.beats_a_pulse + 1
                words.append(f"{chord.name()}@{beat:g}")
            lines.append(f"{bar + 1} " + (" ".join(words) if not span.silent else "z!"))
        now += span.bars
    return "\n".join(lines) + "\n"


def _run_mma(text, folder):
    source, result = os.path.join(folder, "piece.mma"), os.path.join(folder, "piece.mid")
    init = os.path.join(folder, "init.mma")
    with open(source, "w") as file:
        file.write(text)
    with open(init, "w") as file:
        file.write("\n")  # none of the machine's own settings
    if os.path.exists(result):
        os.remove(result)
    done = subprocess.run(
        ["mma", "-w", "-i", init, "-f", result, source], capture_output=True, text=True
    )
    if done.returncode or not os.path.exists(result):
        said = [
            line.strip()
            for line in done.stdout.splitlines()
            if line.strip() and "PLUGIN" not in line
        ]
        raise PlayError("mma: " + " ".join(said)[:300])
    return midi.read(result)


def _timing(family):
    """From mma's ticks to steps of GRID a quarter, by the family's feel."""
    swung = family.feel in ("swing", "lilt")
    steps_a_pulse = GRID * family.quarters_a_pulse

    def place(ticks):
        twelfths = ticks / MMA_TICKS / family.beats_a_pulse * GRID
        if swung:
            twelfths = swing(int(twelfths + 0.5))
        return int(twelfths / GRID * steps_a_pulse + 0.5)

    return place


def _gather_strums(notes):
    """Chords strummed string by string begin together: the grid is coarser than a strum."""
    notes = sorted(notes)
    at = 0
    while at < len(notes):
        last = at
        while (
            last + 1 < len(notes)
            and notes[last + 1].start - notes[last].start <= 10
            and notes[last + 1].start - notes[at].start <= 48
        ):
            last += 1
        for note in notes[at : last + 1]:
            note.start = notes[at].start
        at = last + 1
    return notes


def _place(part, family, place):
    notes = part.notes if part.drums else _gather_strums(part.notes)
    placed = {}
    for note in notes:
        start = place(note.start) * STEP
        end = start + _DRUM_TICKS if part.drums else max(start + STEP, place(note.end) * STEP)
        held = placed.get((start, note.pitch))
        if held is None or held.velocity < note.velocity:
            placed[start, note.pitch] = midi.Note(start, note.pitch, end, note.velocity)
    part.notes = untangle(placed.values())


def untangle(notes):
    """Sorted notes, none of which sounds on into the next one of its pitch."""
    notes = sorted(notes)
    last = {}
    for note in notes:
        before = last.get(note.pitch)
        if before and before.end > note.start:
            before.end = note.start
        last[note.pitch] = note
    return [note for note in notes if note.end > note.start]


def _merge(parts):
    """Parts of one name and program together; all drums are one part."""
    merged = {}
    for part in parts:
        key = "drums" if part.drums else (part.name, part.program)
        if key not in merged:
            merged[key] = midi.Part("Drums" if part.drums else part.name, part.program, part.drums)
        merged[key].notes += part.notes
    return [part for part in merged.values() if part.notes]


# Drum fills before a bar line: (twelfths of a pulse before it, drum).
_SMALL_FILLS = [
    [(12, 38), (9, 38), (6, 38), (3, 38)],
    [(9, 38), (6, 45), (3, 43)],
    [(6, 48), (3, 45)],
    [(6, 46)],
    [(6, 38), (3, 38)],
]
_SMALL_DOTTED_FILLS = [
    [(12, 38), (8, 38), (4, 38)],
    [(8, 48), (4, 43)],
    [(4, 46)],
    [(12, 45), (4, 43)],
]
_FILLS = [
    [(24, 38), (21, 38), (18, 38), (12, 48), (9, 48), (6, 45), (3, 45)],
    [(24, 48), (18, 48), (12, 47), (9, 47), (6, 43), (3, 43)],
    [(24, 38), (18, 38), (15, 38), (12, 50), (6, 47), (3, 43)],
    [(12, 38), (9, 38), (6, 38), (3, 38)],
    [(24, 36), (24, 38), (18, 45), (12, 38), (9, 45), (6, 43), (3, 41)],
]
_DOTTED_FILLS = [
    [(24, 38), (20, 38), (16, 38), (12, 48), (8, 45), (4, 43)],
    [(12, 38), (8, 38), (4, 38)],
    [(24, 48), (20, 47), (12, 45), (8, 43), (4, 43)],
]


def _add_fill(part, bar_line, large, family, rng):
    pulse = round(family.quarters_a_pulse * TICKS)
    dotted = family.feel != "straight"
    fills = (
        (_DOTTED_FILLS if dotted else _FILLS)
        if large
        else (_SMALL_DOTTED_FILLS if dotted else _SMALL_FILLS)
    )
    fill = rng.choice(fills)
    begin = bar_line - fill[0][0] * pulse // 12
    # The fill takes the place of what the hands play; feet go on.
    part.notes = [
        n for n in part.notes if not begin <= n.start < bar_line or n.pitch in (35, 36, 44)
    ]
    for index, (before, drum) in enumerate(fill):
        start = bar_line - before * pulse // 12
        part.notes.append(midi.Note(start, drum, start + _DRUM_TICKS, 80 + 4 * index))
    if large and rng.random() < 0.5:
        part.notes.append(midi.Note(bar_line, 49, bar_line + _DRUM_TICKS, 100))
    part.notes = untangle({(n.start, n.pitch): n for n in part.notes}.values())


def play(plan, folder, rng):
    """The plan's parts, in ticks of TICKS a quarter on the grid."""
    family = plan.family
    song = _run_mma(mma_text(plan), folder)
    place = _timing(family)
    parts = _merge(song.parts)
    end = plan.ticks
    for part in parts:
        _place(part, family, place)
        part.notes = [note for note in part.notes if note.start < end]
        for note in part.notes:
            note.end = min(note.end, end)
    bar_ticks = round(family.pulses_a_bar * family.quarters_a_pulse * TICKS)
    now = 0
    for span in plan.spans:
        begin = now * bar_ticks
        now += span.bars * family.bars_a_groove_bar
        for part in parts:
            if span.hit:
                _stop(part, begin, now * bar_ticks)
            for bars, large in span.fills if part.drums else ():
                _add_fill(part, begin + bars * bar_ticks, large, family, rng)
    return [part for part in parts if part.notes]


def _stop(part, begin, end):
    """What begins at `begin` sounds to the end, and nothing comes after it."""
    for note in part.notes:
        if note.start == begin and not part.drums:
            note.end = end
    part.notes = [note for note in part.notes if note.start <= begin or note.start >= end]


_BASS_PROGRAMS = (*range(32, 40), 43, 58)
_BASS_CENTRE = 38
_ROLES = {
    "BASS": "Bass",
    "WALK": "Bass",
    "CHORD": "Chords",
    "ARPEGGIO": "Arpeggio",
    "PLECTRUM": "Strings",
    "SCALE": "Runs",
}


def tidy(parts):
    """mma's many tracks as players: a part for each role and program, without strays."""
    players = {}
    for part in parts:
        role = "Drums" if part.drums else _ROLES.get(part.name.upper().split("-")[0], "Chords")
        if role == "Bass" and part.program not in (*_BASS_PROGRAMS, 24, 25, 26, 27):
            role = "Chords"  # a piano's or a saxophone's line that a groove calls bass
        key = (role, part.program)
        if key not in players:
            players[key] = midi.Part(role, part.program, part.drums)
        players[key].notes += part.notes
    for part in players.values():
        loudest = {}
        for note in sorted(part.notes, key=lambda note: note.velocity):
            loudest[note.start, note.pitch] = note
        part.notes = untangle(loudest.values())
    return [part for part in players.values() if len(part.notes) >= 4]


def root_the_bass(parts, chords, family):
    """Puts its root under a new chord, where a continued pattern has the fifth."""
    ticks = family.quarters_a_pulse * TICKS
    roots, before = {}, None
    for chord in sorted(chords, key=lambda chord: chord.start):
        if chord.root != before:
            roots[round(chord.start * ticks)] = chord.root
        before = chord.root
    for part in parts:
        if part.name != "Bass" or part.program not in _BASS_PROGRAMS:
            continue
        for note in part.notes:
            if note.start in roots:
                up = (roots[note.start] - note.pitch) % 12
                if up:
                    above, below = note.pitch + up, note.pitch + up - 12
                    note.pitch = min(above, below, key=lambda pitch: abs(pitch - _BASS_CENTRE))
        part.notes = untangle({(n.start, n.pitch): n for n in part.notes}.values())


def thin(parts, rng):
    """A smaller band, as often as not: drums, bass and the one or two others that play most."""
    others = [part for part in parts if not part.drums and part.name != "Bass"]
    if len(others) < 2 or rng.random() < 0.5:
        return parts
    keep, left = [], list(others)
    for _ in range(rng.choice([1, 1, 2])):
        part = rng.choices(left, [part.notes[-1].start - part.notes[0].start + 1 for part in left])[
            0
        ]
        keep.append(part)
        left.remove(part)
        if not left:
            break
    return [part for part in parts if part not in others or any(part is kept for kept in keep)]
