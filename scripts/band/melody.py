"""Lead lines over chords: motifs stated, repeated on the next chord, varied, brought to a cadence.

A line is made in pulses. Rhythms are bars of note lengths in twelfths of a pulse; strong notes are
chord tones, those between them pass or turn by the scale.
"""

from dataclasses import dataclass

from .catalogue import swing
from .harmony import QUALITIES

_SCALES = {
    False: (0, 2, 4, 5, 7, 9, 11),
    True: (0, 2, 3, 5, 7, 8, 10),
}
_BLUES = (0, 3, 5, 6, 7, 10)

# Rhythms of one or two pulses: (lengths in twelfths of a pulse, negative: rest), by density and
# whether pulses divide in two or in three.
_CELLS = {
    ("calm", 2): [
        [12],
        [12],
        [24],
        [24],
        [6, 6],
        [18, 6],
        [12, 12],
        [-12],
        [12, -12],
        [36, 12],
        [-6, 6],
    ],
    ("even", 2): [
        [12],
        [6, 6],
        [6, 6],
        [18, 6],
        [6, 12, 6],
        [12, 6, 6],
        [-6, 6],
        [-6, 18],
        [24],
        [6, 6, 12],
        [9, 3],
    ],
    ("busy", 2): [
        [6, 6],
        [6, 6],
        [3, 3, 6],
        [6, 3, 3],
        [6, 6, 6, 6],
        [-6, 6],
        [6, 12, 6],
        [12],
        [4, 4, 4],
        [9, 3],
    ],
    ("calm", 3): [[12], [12], [24], [8, 4], [8, 4], [-12], [12, 8, 4], [20, 4]],
    ("even", 3): [[8, 4], [8, 4], [4, 4, 4], [12], [4, 4, 4, 12], [-8, 4], [12, 8, 4], [8, 4, 12]],
    ("busy", 3): [[4, 4, 4], [4, 4, 4], [8, 4], [4, 4, 4, 8, 4], [-4, 4, 4], [6, 2, 4], [12]],
}


@dataclass
class Line:
    """What a lead is and may do."""

    low: int
    high: int
    density: str
    thirds: bool  # pulses divide in three
    swung: bool
    blue: bool = False


@dataclass
class Tone:
    start: float  # pulses
    length: float
    pitch: int
    velocity: int


def _rhythm(rng, line, pulses):
    """A bar of lengths in twelfths, at least two notes in it."""
    cells = _CELLS[line.density, 3 if line.thirds else 2]
    for _ in range(100):
        left, lengths = pulses * 12, []
        while left:
            cell = rng.choice(cells)
            if sum(abs(length) for length in cell) <= left:
                lengths += cell
                left -= sum(abs(length) for length in cell)
        if sum(length > 0 for length in lengths) >= 2:
            return lengths
    return [12] * pulses


def _vary(rng, lengths):
    """The rhythm with one note divided or two joined."""
    lengths = list(lengths)
    at = rng.randrange(len(lengths))
    if lengths[at] in (12, 24):
        lengths[at : at + 1] = [lengths[at] // 2] * 2
    elif at + 1 < len(lengths) and 0 < lengths[at] == lengths[at + 1]:
        lengths[at : at + 2] = [2 * lengths[at]]
    return lengths


def _contour(rng, notes):
    """Steps of the scale from the first note on: mostly by step, leaps turned back."""
    shape, now, bias = [0], 0, rng.choice([-1, 1])
    for _ in range(notes - 1):
        move = rng.choice([1, 1, 1, 1, -1, -1, 2, 2, -2, 0, 3, 4, -3]) * bias
        if abs(now + move) > 5:
            move = -move
        now += move
        shape.append(now)
        if rng.random() < 0.25 or abs(move) > 2:
            bias = -bias
    return shape


def _chord_at(chords, pulse):
    best = chords[0]
    for chord in chords:
        if chord.start > pulse + 1e-6:
            break
        best = chord
    return best


def _scale(chord, tonic, minor, blue):
    """Pitch classes to pass through: the key's, bent to hold the chord's tones."""
    tones = {(chord.root + step) % 12 for step in QUALITIES[chord.quality]}
    if blue:
        return {(tonic + step) % 12 for step in _BLUES} | tones
    scale = {(tonic + step) % 12 for step in _SCALES[minor]}
    for tone in tones - scale:
        for near in ((tone + 1) % 12, (tone - 1) % 12):
            if near in scale and near not in tones:
                scale.discard(near)
                break
        scale.add(tone)
    return scale


def _nearest(pitch, classes, low, high, avoid=None):
    for distance in range(13):
        for candidate in (pitch - distance, pitch + distance):
            if candidate % 12 in classes and low <= candidate <= high and candidate != avoid:
                return candidate
    return max(low, min(high, pitch))


def _steps_away(pitch, steps, classes, low, high):
    """The pitch some scale steps away, reflected at the ends of the range."""
    way = 1 if steps > 0 else -1
    for _ in range(abs(steps)):
        following = pitch + way
        while following % 12 not in classes:
            following += way
        if not low <= following <= high:
            way = -way
            continue
        pitch = following
    return pitch


@dataclass
class Motif:
    lengths: list
    contour: list


class Composer:
    """Writes the line of one piece; remembers the themes of its sections."""

    def __init__(self, rng, line, tonic, minor, pulses_a_bar):
        self.rng, self.line = rng, line
        self.tonic, self.minor, self.pulses = tonic, minor, pulses_a_bar
        self.themes = {}
        self.pitch = (line.low + line.high) // 2

    def _motif(self):
        lengths = _rhythm(self.rng, self.line, self.pulses)
        return Motif(lengths, _contour(self.rng, sum(length > 0 for length in lengths)))

    def _bar(self, motif, start, chords, anchor):
        """One bar of a motif over the chords, its first note near `anchor`."""
        rng, line = self.rng, self.line
        tones, at, index = [], 0, 0
        base = None
        for length in motif.lengths:
            if length > 0:
                pulse = start + at / 12
                chord = _chord_at(chords, pulse)
                classes = _scale(chord, self.tonic, self.minor, line.blue)
                harmonic = {(chord.root + step) % 12 for step in QUALITIES[chord.quality]}
                if base is None:
                    pitch = base = _nearest(anchor, harmonic, line.low, line.high)
                else:
                    base_in = _nearest(base, classes, line.low, line.high)
                    pitch = _steps_away(base_in, motif.contour[index], classes, line.low, line.high)
                strong = at % 12 == 0 and (at // 12) % 2 == 0 or length >= 18
                if strong:
                    pitch = _nearest(pitch, harmonic, line.low, line.high)
                elif tones and abs(pitch - tones[-1].pitch) > 9:
                    pitch = _nearest((pitch + tones[-1].pitch) // 2, classes, line.low, line.high)
                velocity = 96 if at == 0 else 88 if at % 12 == 0 else 80
                tones.append(Tone(pulse, length / 12, pitch, velocity + rng.randrange(-5, 6)))
                index += 1
            at += abs(length)
        if tones:
            self.pitch = tones[-1].pitch
        return tones

    def _cadence(self, start, chords, final):
        """A bar that comes to rest on a long chord tone."""
        rng, line = self.rng, self.line
        chord = _chord_at(chords, start)
        harmonic = {(chord.root + step) % 12 for step in QUALITIES[chord.quality]}
        goal = {self.tonic % 12} if final and self.tonic % 12 in harmonic else harmonic
        pitch = _nearest(self.pitch, goal, line.low, line.high)
        tones = []
        if not final and rng.random() < 0.5:
            classes = _scale(chord, self.tonic, self.minor, line.blue)
            lead = _steps_away(pitch, rng.choice([-1, 1]), classes, line.low, line.high)
            third = 8 if line.thirds else 6
            tones.append(Tone(start, third / 12, lead, 86))
            tones.append(
                Tone(start + third / 12, self.pulses - third / 12 - rng.choice([0, 1]), pitch, 92)
            )
        else:
            tones.append(
                Tone(start, self.pulses - (0 if final else rng.choice([0, 1, 1])), pitch, 92)
            )
        self.pitch = pitch
        return [tone for tone in tones if tone.length > 0]

    def _theme(self):
        """Motifs of a section: two bars that answer each other, and a third for the middle."""
        one, two = self._motif(), self._motif()
        answer = Motif(_vary(self.rng, one.lengths), one.contour)
        answer.contour = _contour(self.rng, sum(length > 0 for length in answer.lengths))
        plans = ["abac", "aabc", "abcb", "aaba", "abab"]
        return {
            "a": one,
            "b": two,
            "c": answer,
            "plan": self.rng.choice(plans),
            "centre": self.rng.randrange(-4, 8),
        }

    def section(self, label, start, bars, chords, final):
        """The line over a section. A label met before brings its theme back, more or less."""
        rng, line = self.rng, self.line
        again = label in self.themes
        if not again:
            self.themes[label] = self._theme()
        theme = self.themes[label]
        middle = (line.low + line.high) // 2 + theme["centre"]
        tones = []
        rise = rng.choice([0, 2, 3, -2])
        for bar in range(bars):
            at = start + bar * self.pulses
            in_phrase = bar % 4
            phrase_end = in_phrase == 3 or bar == bars - 1
            if phrase_end and (bar == bars - 1 or rng.random() < 0.75):
                tones += self._cadence(at, chords, final and bar == bars - 1)
                continue
            motif = theme[theme["plan"][in_phrase]]
            if again and rng.random() < 0.3 or bar >= 4 and rng.random() < 0.2:
                lengths = _vary(rng, motif.lengths)
                motif = Motif(lengths, _contour(rng, sum(length > 0 for length in lengths)))
            if rng.random() < 0.04:
                continue  # a breath
            arch = [0, 2, 4, 1][in_phrase] + (rise if bar % 8 >= 4 else 0)
            anchor = (self.pitch + 2 * (middle + arch)) // 3
            tones += self._bar(motif, at, chords, anchor)
        return tones

    def last_tone(self, start, chords):
        """The tonic over the ending's last bar."""
        line = self.line
        pitch = _nearest(self.pitch, {self.tonic % 12}, line.low, line.high)
        return [Tone(start, self.pulses, pitch, 92)]

    def placed(self, tone):
        """(start, end) of a tone in twelfths of a pulse, swung where the band swings."""
        start, end = round(tone.start * 12), round((tone.start + tone.length) * 12)
        if self.line.swung:
            start, end = swing(start), swing(end)
        return start, max(start + 1, end)
