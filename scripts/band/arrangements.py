"""Folk tunes with the band under them, the melody note for note."""

import random

from . import instruments, midi
from .catalogue import METERS, swing
from .harmony import Chord
from .pieces import (
    Piece,
    arrange,
    drop_bars,
    introduction,
    introduction_chords,
    make_song,
    with_end,
)
from .player import STEP, Plan, Span, play, root_the_bass, thin, tidy
from .tunes import TICKS


def can_swing(tune):
    """Whether a tune's eighths may be swung: nothing in it divides a quarter in three or finer."""
    step = TICKS // 4
    return METERS[tune.meter][1] == 1.0 and all(
        n.start % step == 0 and n.end % step == 0 for n in tune.melody
    )


def fits(family, tune):
    """Whether the band can play the tune in that family."""
    if not family.tunes or family.meter != tune.meter:
        return False
    return family.feel != "swing" or can_swing(tune)


def swung_tick(tick):
    """A tick of a melody in a swinging band."""
    return swing(tick // STEP) * STEP


def _join_chords(intro, chords, begin, pulses_a_bar, home):
    """An introduction's chords, then the tune's.

    Those of its pickup take the place of the introduction's in that bar; without an introduction
    nothing but the melody sounds there, and the last of them counts.
    """
    earliest = begin - pulses_a_bar if intro else begin
    early = [chord for chord in chords if chord.start <= earliest][-1:]
    chords = [Chord(max(c.start, earliest), c.root, c.quality) for c in early] + [
        c for c in chords if c.start > earliest
    ]
    chords = [chord for chord in intro if not chords or chord.start < chords[0].start] + chords
    if chords[0].start > 0:
        chords.insert(0, Chord(0, home.root, home.quality))
    return chords


def _spans(tune, family, rng):
    """(spans, introduction or None, bars before the tune's first whole one, how many to drop)."""
    per_groove = family.bars_a_groove_bar
    body = tune.bars - int(tune.pickup)
    spans = arrange(family, -(-body // per_groove), rng)
    spans = with_end(spans, family, rng, longest=max(1, 4 // per_groove) if body >= 16 else 1)
    intro = introduction(family, rng, 0.5)
    if intro:
        return [intro] + spans, intro, intro.bars * per_groove, 0
    if tune.pickup:
        # The pickup alone; where a groove bar is two of the tune's, the first of them goes.
        silent = Span(spans[0].groove, 1, silent=True)
        return [silent] + spans, None, per_groove, per_groove - 1
    return spans, None, 0, 0


def _melody(tune, swung, shift):
    """The tune's notes, shifted by some ticks, swung if the band swings."""
    notes = []
    for note in tune.melody:
        start, end = note.start, note.end
        if swung:
            start, end = swung_tick(start), swung_tick(end)
        end = max(end, start + 1)
        notes.append(midi.Note(start + shift, note.pitch, end + shift, note.velocity))
    return notes


_TUNE_STYLES = ("folk", "country", "latin", "jazz", "rock", "march", "show")


def tune_piece(tune, family, seed, folder):
    """The tune with the band under it."""
    rng = random.Random(f"tune {seed} {tune.name} {family.label()}")
    pulses = family.pulses_a_bar
    ticks_a_pulse = family.quarters_a_pulse * TICKS
    spans, intro, lead_in, drop = _spans(tune, family, rng)
    offset = (lead_in - int(tune.pickup)) * pulses
    home = tune.chords[-1]
    before = []
    if intro:
        before = introduction_chords(home.root, home.quality == "m", lead_in, pulses, rng)
    moved = [Chord(offset + c.start / ticks_a_pulse, c.root, c.quality) for c in tune.chords]
    chords = _join_chords(before, moved, lead_in * pulses, pulses, home)
    plan = Plan(family, spans, chords, rng.randrange(1, 10**6))
    parts = play(plan, folder, rng)
    style = rng.choice([s for s in family.styles if s in _TUNE_STYLES] or family.styles)
    instruments.recast(parts, style, rng)
    parts = thin(tidy(parts), rng)
    root_the_bass(parts, chords, family)

    pitches = [note.pitch for note in tune.melody]
    lead_style = rng.choice(["folk", "folk", style])
    program, _, _ = instruments.lead_for(lead_style, rng, min(pitches), max(pitches))
    shift = round(offset * ticks_a_pulse)
    swung = family.feel == "swing"
    parts.insert(0, midi.Part("Melody", program, False, _melody(tune, swung, shift)))
    dropped = round(drop * pulses * ticks_a_pulse)
    drop_bars(parts, dropped)
    song = make_song(parts, family, rng.randint(family.slow, family.fast), tune.sharps, tune.minor)
    return Piece(
        song=song,
        family=family,
        what=tune.name,
        grooves=list(dict.fromkeys(span.groove for span in spans if not span.silent)),
        form=("intro " if intro else "") + f"{tune.bars - int(tune.pickup)} bars",
        chords=[Chord(max(0, c.start - drop * pulses), c.root, c.quality) for c in chords],
        bars=plan.groove_bars * family.bars_a_groove_bar - drop,
        melody_from=shift - dropped,
    )
