"""What arrangements and songs have in common: the piece, its grooves, introduction and ending."""

from dataclasses import dataclass

from . import midi
from .harmony import Chord
from .player import Span
from .tunes import TICKS


@dataclass
class Piece:
    """A finished piece and its manifest entry."""

    song: object
    family: object
    what: str  # tune or progression
    grooves: list  # in the order of their first bars
    form: str
    chords: list  # Chord, in pulses of the finished piece
    bars: int
    melody_from: int = 0  # ticks by which a tune's melody stands later than in its file


def arrange(family, bars, rng):
    """Spans for a number of groove bars: another groove every eight bars, fills before it."""
    bases = [names for names in family.main if names]
    here = rng.randrange(len(bases))
    chunk = 8 // family.bars_a_groove_bar
    left, spans, turn = bars, [], 0
    home = bases[here]
    away = bases[(here + 1) % len(bases)]
    while left > 0:
        names = home if turn % 4 in (0, 1) else away
        groove = names[(turn // 2 + turn) % len(names)] if rng.random() < 0.7 else rng.choice(names)
        size = min(chunk, left)
        bars = size * family.bars_a_groove_bar
        fills = ((4, False),) if bars == 8 and family.drums and rng.random() < 0.45 else ()
        if size >= 2 and family.fills and rng.random() < 0.7:
            spans += [Span(groove, size - 1, fills), Span(rng.choice(family.fills), 1)]
        elif bars >= 4 and family.drums and rng.random() < 0.8:
            spans.append(Span(groove, size, (*fills, (bars, True))))
        else:
            spans.append(Span(groove, size, fills))
        left -= size
        turn += 1
    return spans


def with_end(spans, family, rng, longest):
    """The last groove bars given to an ending of the library, or to a last beat made here."""
    ends = [end for end in family.ends if end[1] <= longest]
    if not ends:
        spans[-1].bars -= 1
        spans[-1].fills = ()
        last = Span(spans[-1].groove, 1, hit=True)
        return [span for span in spans if span.bars > 0] + [last]
    name, size = rng.choice(ends)
    left = size
    while left > 0:
        take = min(left, spans[-1].bars)
        spans[-1].bars -= take
        left -= take
        if spans[-1].bars == 0:
            spans.pop()
    if spans:
        spans[-1].fills = tuple(
            f for f in spans[-1].fills if f[0] <= spans[-1].bars * family.bars_a_groove_bar
        )
    return spans + [Span(name, size)]


def introduction(family, rng, chance):
    """An introduction's span, or None."""
    if not family.intros or rng.random() > chance:
        return None
    name, size = rng.choice(family.intros)
    size = max(1, min(size, 4) // family.bars_a_groove_bar)
    return Span(name, size)


def introduction_chords(tonic, minor, bars, pulses_a_bar, rng):
    """An introduction over tonic and dominant."""
    home, four = ("m" if minor else ""), ("m" if minor else "")
    plans = {
        1: [[0]],
        2: [[0, 7]],
        4: [[0, 5, 0, 7], [0, 0, 5, 7], [0, 0, 7, 7], [0, 7, 0, 7]],
        8: [[0, 0, 5, 5, 0, 0, 7, 7]],
    }
    steps = rng.choice(plans.get(bars) or [[0] * (bars - 1) + [7]])
    chords = []
    for bar, step in enumerate(steps):
        quality = {0: home, 5: four, 7: "7"}[step]
        chords.append(Chord(bar * pulses_a_bar, (tonic + step) % 12, quality))
    return chords


def drop_bars(parts, ticks):
    """The parts without their first ticks, in which nothing begins."""
    for part in parts:
        for note in part.notes:
            note.start -= ticks
            note.end -= ticks
        part.notes = [note for note in part.notes if note.start >= 0]


def make_song(parts, family, tempo, sharps, minor):
    numerator, denominator = map(int, family.meter.split("/"))
    return midi.Song(
        TICKS, [part for part in parts if part.notes], [(0, numerator, denominator)], sharps, minor,
        tempo * family.quarters_a_pulse,
    )  # fmt: skip
