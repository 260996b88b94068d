"""Songs over progressions, with a lead in about three of four."""

import random
from dataclasses import dataclass

from . import harmony, instruments, midi
from .harmony import Chord
from .melody import Composer, Line
from .pieces import Piece, arrange, introduction, introduction_chords, make_song
from .player import STEP, Plan, Span, play, root_the_bass, thin, tidy, untangle
from .tunes import TICKS

_FORMS = [
    ("ABAB", 3), ("AABA", 4), ("ABABCB", 3), ("AABB", 2), ("AA", 2), ("ABAC", 2), ("AABABA", 1),
    ("ABA", 2), ("AAA", 1),
]  # fmt: skip
_MINOR_SHARE = {
    "tango": 0.8,
    "funk": 0.75,
    "latin": 0.5,
    "march": 0.2,
    "country": 0.15,
    "show": 0.2,
    "soul": 0.35,
}
_RICH = ("jazz", "latin", "soul", "show", "funk")  # styles that add sevenths of their own
_COMPOSED_SHARE = {
    "blues": 0.0,
    "funk": 0.0,
    "soul": 0.15,
    "rock": 0.25,
    "jazz": 0.15,
    "latin": 0.2,
}


def _sections(style, held_out, rng):
    """(form, {letter: Section}): sections of one mode, all held out or none."""
    minor = rng.random() < _MINOR_SHARE.get(style, 0.35)
    known = [
        s
        for s, out in harmony.written()
        if s.style == style and s.minor == minor and out == held_out
    ]
    form = rng.choices([form for form, _ in _FORMS], [weight for _, weight in _FORMS])[0]
    sections = {}
    for letter in dict.fromkeys(form):
        used = (
            set().union(*(harmony.units(section.text) for section in sections.values()))
            if sections
            else set()
        )
        free = [s for s in known if not harmony.units(s.text) & used]
        if style == "blues" and free and sections:
            free = [s for s in free if len(harmony.bars_of(s.text)) in (8, 16)] or free
        if free and rng.random() > _COMPOSED_SHARE.get(style, 0.45):
            sections[letter] = rng.choice(free)
        else:
            sections[letter] = harmony.composed(rng, style, minor, held_out)
    return form, sections


def _colour(style, rng):
    """What a style makes of plain chords; a numeral gets the same chord all through a piece."""
    chosen = {}

    def colour(numeral, degree, quality):
        if numeral not in chosen:
            result = quality
            if style in _RICH and quality in ("", "m") and rng.random() < 0.7:
                result = {
                    "": "7"
                    if degree == 7
                    else rng.choice(["M7", "6", "9" if degree == 2 else "M7"]),
                    "m": "m7",
                }[quality]
            elif style in ("jazz", "soul") and quality in ("7", "m7", "M7") and rng.random() < 0.25:
                result = {"7": rng.choice(["9", "13"]), "m7": "m9", "M7": "M9"}[quality]
            elif (
                style in ("pop", "folk", "country")
                and quality == ""
                and degree == 7
                and rng.random() < 0.25
            ):
                result = "7"
            elif style == "rock" and quality == "" and rng.random() < 0.1:
                result = "5"
            chosen[numeral] = result
        return chosen[numeral]

    return colour


def _bars_to_play(section, rng, tight):
    bars = len(harmony.bars_of(section.text))
    if bars >= 8:
        return bars
    return 8 if tight or rng.random() < 0.85 else 16


def _density(family, rng):
    tempo = (family.slow + family.fast) / 2
    if tempo > 150:
        return rng.choice(["calm", "even", "even"])
    if tempo > 100:
        return rng.choice(["calm", "even", "even", "busy"])
    return rng.choice(["even", "even", "busy"])


@dataclass
class Sketch:
    """What a song is before anyone plays it."""

    form: str
    sections: dict  # letter: Section
    lengths: dict  # letter: bars
    tonic: int
    minor: bool


@dataclass
class Layout:
    """A song bar by bar."""

    spans: list
    chords: list
    sections: list  # (letter, first bar, bars), for the lead
    bars: int
    intro: bool


def _sketch(family, style, held_out, rng, most_bars):
    form, sections = _sections(style, held_out, rng)
    tonic = rng.randrange(12)
    lengths = {
        letter: _bars_to_play(section, rng, len(form) > 4) for letter, section in sections.items()
    }
    if len(sections) == 1 and max(lengths.values()) > len(harmony.bars_of(sections["A"].text)):
        form = "AA"  # a loop alone is soon told
    while sum(lengths[letter] for letter in form) > most_bars and len(form) > 2:
        form = form[:-1]
    return Sketch(form, sections, lengths, tonic, next(iter(sections.values())).minor)


def _lay_out(sketch, family, style, rng):
    """Introduction, sections, ending. A section that comes back has its grooves again or others."""
    pulses, per_groove = family.pulses_a_bar, family.bars_a_groove_bar
    colour = _colour(style, rng)
    layout = Layout([], [], [], 0, False)
    intro = introduction(family, rng, 0.7)
    if intro:
        layout.intro = True
        layout.bars = intro.bars * per_groove
        layout.spans.append(intro)
        layout.chords += introduction_chords(sketch.tonic, sketch.minor, layout.bars, pulses, rng)
    known = {}
    for letter in sketch.form:
        bars = sketch.lengths[letter]
        text = harmony.bars_of(sketch.sections[letter].text)
        whole = "|".join(" ".join(text[bar % len(text)]) for bar in range(bars))
        start = layout.bars * pulses
        layout.chords += harmony.realise(whole, sketch.tonic, pulses, colour, start)
        met = letter in known
        if not met:
            known[letter] = arrange(family, bars // per_groove, rng)
        if met and rng.random() < 0.5:
            layout.spans += arrange(family, bars // per_groove, rng)
        else:
            layout.spans += [Span(s.groove, s.bars, s.fills) for s in known[letter]]
        layout.sections.append((letter, layout.bars, bars))
        layout.bars += bars
    _add_ending(layout, sketch, family, style, rng)
    return layout


def _add_ending(layout, sketch, family, style, rng):
    """As many groove bars as an ending of the library has, home to the tonic; or one last beat."""
    last = "m" if sketch.minor else rng.choice(["", "", "6"]) if style in _RICH else ""
    name, size = rng.choice(family.ends) if family.ends else (None, 1)
    steps = {
        1: [0],
        2: rng.choice([[7, 0], [0, 0]]),
        4: rng.choice([[5, 7, 0, 0], [0, 7, 0, 0]]),
    }.get(size, [0] * size)
    for step in steps:
        quality = last if step == 0 else "7" if step == 7 else "m" if sketch.minor else ""
        root = (sketch.tonic + step) % 12
        layout.chords.append(Chord(layout.bars * family.pulses_a_bar, root, quality))
        layout.bars += family.bars_a_groove_bar
    if family.ends:
        layout.spans.append(Span(name, size))
    else:
        layout.spans.append(Span(layout.spans[-1].groove, 1, hit=True))


def song_piece(family, style, held_out, seed, index, folder, most_bars=66):
    """A song over progressions; about three in four have a lead."""
    rng = random.Random(f"song {seed} {index} {family.label()} {style}")
    sketch = _sketch(family, style, held_out, rng, most_bars)
    layout = _lay_out(sketch, family, style, rng)
    plan = Plan(family, layout.spans, layout.chords, rng.randrange(1, 10**6))
    parts = play(plan, folder, rng)
    instruments.recast(parts, style, rng)
    parts = thin(tidy(parts), rng)
    root_the_bass(parts, layout.chords, family)
    # The piece is over with the bar in which the band plays its last note.
    bar_ticks = round(family.pulses_a_bar * family.quarters_a_pulse * TICKS)
    bars = max(note.start for part in parts for note in part.notes) // bar_ticks + 1
    for part in parts:
        for note in part.notes:
            note.end = min(note.end, bars * bar_ticks)
    if rng.random() < 0.76:
        part = _lead(family, style, rng, sketch, layout, bars)
        if part.notes:
            parts.insert(0, part)
    sharps = ((sketch.tonic + (3 if sketch.minor else 0)) * 7 + 5) % 12 - 5
    tempo = rng.randint(family.slow, family.fast)
    return Piece(
        song=make_song(parts, family, tempo, sharps, sketch.minor),
        family=family,
        what=" / ".join(f"{letter}: {s.text}" for letter, s in sketch.sections.items()),
        grooves=list(dict.fromkeys(span.groove for span in layout.spans)),
        form=("intro " if layout.intro else "") + sketch.form,
        chords=layout.chords,
        bars=bars,
    )


def _lead(family, style, rng, sketch, layout, bars):
    """The lead's part over the sections, now and then silent in one, and on the last chord."""
    program, low, high = instruments.lead_for(style, rng)
    # A tenth and a half is as much as a tune needs.
    if high - low > 22:
        low += rng.randrange(0, high - low - 20)
        high = min(high, low + 22)
    line = Line(
        low,
        high,
        density=_density(family, rng),
        thirds=family.feel in ("triplet", "lilt"),
        swung=family.feel == "swing",
        blue=style == "blues" and rng.random() < 0.7,
    )
    composer = Composer(rng, line, sketch.tonic, sketch.minor, family.pulses_a_bar)
    tones = _lead_tones(composer, family, rng, layout)
    tones += composer.last_tone((bars - 1) * family.pulses_a_bar, layout.chords)
    steps_a_twelfth = family.quarters_a_pulse
    notes = []
    for tone in tones:
        start, end = (round(at * steps_a_twelfth) * STEP for at in composer.placed(tone))
        notes.append(midi.Note(start, tone.pitch, max(end, start + STEP), tone.velocity))
    # One voice: a note ends where the next one begins.
    notes.sort()
    for now, following in zip(notes, notes[1:]):
        now.end = min(now.end, following.start)
    return midi.Part("Lead", program, False, untangle(notes))


def _lead_tones(composer, family, rng, layout):
    """Theme or solo over each section that the lead plays."""
    line, density = composer.line, composer.line.density
    tones, met = [], set()
    for index, (letter, first, bars) in enumerate(layout.sections):
        came_before, label = letter in met, letter
        met.add(letter)
        if index and len(layout.sections) > 2 and rng.random() < 0.12:
            continue
        if came_before and rng.random() < 0.2:
            label = f"{letter} solo {index}"
            line.density = "busy" if (family.slow + family.fast) / 2 < 130 else "even"
        last = index == len(layout.sections) - 1
        start = first * family.pulses_a_bar
        tones += composer.section(label, start, bars, layout.chords, last)
        line.density = density
    return tones
