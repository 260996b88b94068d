"""Progressions: written ones of many styles, and phrases composed by harmonic function.

A section is a text of Roman numerals, bars divided by `|`. Lower case is minor; what follows the
numeral is the chord's quality (`7`, `M7`, `o`, ...). A *unit* is four bars of a section, free of
key, of added sevenths and of where the loop begins: what is held out for validation is units.
"""

import functools
import hashlib
import re
from dataclasses import dataclass

NOTES = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
_DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_NUMERAL = re.compile(r"^([b#]?)(vii|vi|v|iv|iii|ii|i)(.*)$", re.I)

# Pitch classes over the root.
QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "M7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 2),
    "M9": (0, 4, 7, 11, 2),
    "m9": (0, 3, 7, 10, 2),
    "13": (0, 4, 7, 10, 9),
    "7b9": (0, 4, 7, 10, 1),
    "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9),
    "m7b5": (0, 3, 6, 10),
    "aug": (0, 4, 8),
    "sus4": (0, 5, 7),
    "7sus": (0, 5, 7, 10),
    "5": (0, 7),
}


@dataclass(frozen=True)
class Chord:
    start: float  # pulses from the beginning of its section or piece
    root: int  # pitch class
    quality: str

    def name(self):
        return NOTES[self.root] + self.quality

    def pitch_classes(self):
        return [(self.root + step) % 12 for step in QUALITIES[self.quality]]


def parse_numeral(text):
    """(semitones over the tonic, quality)."""
    match = _NUMERAL.match(text)
    if not match:
        raise ValueError(f"no Roman numeral: {text}")
    sign, numeral, quality = match.groups()
    degree = _DEGREES[numeral.lower()] + {"b": -1, "#": 1, "": 0}[sign]
    minor = numeral.islower()
    if quality in ("o", "o7"):
        quality = "dim" if quality == "o" else "dim7"
    elif quality == "h":
        quality = "m7b5"
    elif quality == "+":
        quality = "aug"
    elif minor:
        quality = "m" + quality
    if quality not in QUALITIES:
        raise ValueError(f"unknown quality in {text}")
    return degree % 12, quality


def bars_of(section):
    """The bars of a section, each a list of numerals."""
    return [bar.split() for bar in section.split("|")]


def units(section):
    """The units of a section: four bars each, a shorter section repeated."""
    bars = []
    for bar in bars_of(section):
        parsed = [parse_numeral(numeral) for numeral in bar]
        bars.append(
            " ".join(
                f"{degree}{'m' if quality[:1] == 'm' or quality[:3] == 'dim' else ''}"
                for degree, quality in parsed
            )
        )
    while len(bars) % 4:
        bars = bars * 2 if len(bars) < 4 else bars + bars[: 4 - len(bars) % 4]
    found = set()
    for at in range(0, len(bars), 4):
        four = bars[at : at + 4]
        found.add(min("|".join(four[turn:] + four[:turn]) for turn in range(4)))
    return found


def share(text, salt):
    """A number in [0, 1) that follows from a text alone."""
    digest = hashlib.sha256(f"{salt}:{text}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def realise(section, tonic, pulses_a_bar, colour, start=0.0):
    """The chords of a section in a key. `colour(numeral, degree, quality)` gives the quality."""
    chords = []
    for index, bar in enumerate(bars_of(section)):
        at = start + index * pulses_a_bar
        # Two chords divide a bar in halves, of odd bars the first one longer; more have a pulse
        # each.
        cuts = {
            1: [0],
            2: [0, (pulses_a_bar + 1) // 2],
            3: [0, 1, 2] if pulses_a_bar == 3 else [0, 2, 3],
        }.get(len(bar), list(range(len(bar))))
        for cut, numeral in zip(cuts, bar):
            degree, quality = parse_numeral(numeral)
            chords.append(Chord(at + cut, (tonic + degree) % 12, colour(numeral, degree, quality)))
    return chords


# Sections by style: `M` major or `m` minor, `!` held out for validation, then the chords. Where a
# section has eight or sixteen bars it stands as it is; four bars and fewer are loops.
WRITTEN = {
    "pop": """
M I|V|vi|IV
M I|vi|IV|V
M vi|IV|I|V
M I|iii|IV|V
M I|IV|vi|V
M IV|I|V|vi
M I|V|ii|IV
M I|iii|vi|IV
M IV|V|iii|vi
M I|IV|ii|V
M vi|V|IV|V
M I V|vi IV
M I|V|vi|iii|IV|I|IV|V
M I|I|IV|IV|vi|V|IV|V
M ii|V|I|vi|ii|V|I|I
M IV|V|I|vi|IV|V|I|I
M I|V|IV|IV|I|V|IV|V
M vi|iii|IV|I|vi|iii|IV|V
M I|bVII|IV|I
M I|iii|IV|iv
M I|I7|IV|iv|I|V|I|V
m i|bVI|bIII|bVII
m i|bVII|bVI|bVII
m i|iv|bVI|V
m bVI|bVII|i|i
m i|bIII|bVII|iv
m i|bVI|iv|V|i|bVI|bVII|i
m i|v|bVI|bVII
!M I|ii|IV|I
!M vi|I|V|IV|vi|ii|IV|V
!M IV|vi|iii|V
!m i|bVII|iv|bVI
!m iv|i|bVI|bIII
""",
    "rock": """
M I|IV|V|IV
M I|bVII|IV|IV
M I|IV|I|V
M I|bVII|bVI|bVII
M I|I|bVII|IV
M I|bIII|IV|I
M I IV|I V
M I|I|IV|I|V|IV|I|V
M V|IV|I|I
M I|V|IV|I
M I|bIII|bVII|IV
m i|bVII|bVI|V
m i|i|bVI|bVII
m i|bIII|IV|bVI
m i|iv|i|bVII
m i|bVII|i|bVII|bVI|bVI|bVII|bVII
m bVI|bVII|i|bIII
!M I|II|IV|I
!M I|bVI|bVII|I
!M bVI|bVII|I|V
!m i|bII|bVII|i
!m i|bVI|bVII|v
""",
    "blues": """
M I7|I7|I7|I7|IV7|IV7|I7|I7|V7|IV7|I7|V7
M I7|IV7|I7|I7|IV7|IV7|I7|I7|V7|IV7|I7|V7
M I7|IV7|I7|I7|IV7|#ivo7|I7|VI7|ii7|V7|I7 VI7|ii7 V7
M I7|V7|IV7|IV7|I7|V7|I7 IV7|I7 V7
M I7|I7|I7|I7|IV7|IV7|IV7|IV7|I7|I7|I7|I7|V7|IV7|I7|V7
m i7|i7|i7|i7|iv7|iv7|i7|i7|bVI7|V7|i7|V7
m i7|iv7|i7|i7|iv7|iv7|i7|i7|iih|V7|i7|iih V7
M I7|I7|IV7|IV7|I7|V7|I7|V7
M I|I7|IV|iv|I|V7|I|V7
!M I7|II7|V7|I7|I7|II7|V7|V7
!m i7|bII7|iv7|bII7|i7|bVI7|bII7|V7
!M I7|bVII7|IV7|bVII7|I7|bVII7|V7|bVII7
""",
    "jazz": """
M ii7|V7|IM7|IM7
M IM7 vi7|ii7 V7
M iii7 VI7|ii7 V7
M ii7|V7|IM7|VI7|ii7|V7|IM7|IM7
M IM7|VI7|ii7|V7|iii7|VI7|ii7|V7
M I6 vi7|ii7 V7|iii7 VI7|ii7 V7|v7 I7|IVM7 iv6|iii7 VI7|ii7 V7
M III7|III7|VI7|VI7|II7|II7|V7|V7
M IM7|IM7|II7|II7|ii7|V7|IM7|ii7 V7
M IM7|iv7 bVII7|IM7|VI7|ii7|V7|IM7|ii7 V7
M vi7|ii7|V7|IM7|IVM7|viih III7|vi7|vi7
M IM7|i7 IV7|bVIIM7|bvii7 bIII7|bVIM7|iih V7|IM7|ii7 V7
M IVM7|iv6|iii7|VI7|ii7|V7|IM7|ii7 V7
M IM7|#io7|ii7|#iio7|iii7|VI7|ii7|V7
M v7|I7|IVM7|IVM7|iv7|bVII7|ii7|V7
m i7|iih V7|i7|i7
m iv7|bVII7|bIIIM7|bVIM7|iih|V7|i7|i7
m i6|iih V7|i6|iih V7|iv7|iv7|iih|V7
m i7|i7|iv7|iv7|bVI7|V7|i7|V7
m iih|V7|i7|VI7b9|iih|V7|i7|i7
!M IM7|bIIIM7|bVIM7|bIIM7|IM7|bIIIM7|ii7|V7
!M ii7|bII7|IM7|bIII7|ii7|bII7|IM7|IM7
!m i7|bII7|i7|bII7|iv7|bVII7|i7|V7
!M IVM7|III7|vi7|v7 I7|IVM7|III7|vi7|II7
""",
    "latin": """
M IM7|ii7|V7|IM7
M IM7|II7|ii7|V7|IM7|II7|ii7 V7|IM7
M I|IV|V|IV
M I|V|V|I
M ii7|V7|ii7|V7
M I|VI7|ii|V7
M IM7|IM7|iii7|bIIIo7|ii7|V7|IM7|V7
M I IV|V IV
m i|iv|V7|V7
m i|V7|V7|i
m i7|bVII|bVI|V7
m i7|i7|iih|V7|i7|i7|iih V7|i7
m i|bVII|bVI|V|i|bVII|bVI|V7
m iv7|bVII7|bIIIM7|bVIM7|iih|V7|i7|i7
m i7|IV7
!M IM7|bVIIM7|IM7|bVIIM7
!m i7|iv7|bIII|V7
!M IVM7|iii7|ii7|bIIM7
""",
    "folk": """
M I|I|V|I|IV|I|V|I
M I|IV|I|V|I|IV|V|I
M I|V|I|V|I|IV|I V|I
M I|I|IV|I|I|I|V|V
M I|vi|IV|V|I|vi|IV V|I
M IV|I|V|I|IV|I|V|I
M I|I|bVII|bVII|I|I|bVII|I
M I|IV|V|I
M vi|vi|V|V|vi|IV|V|vi
m i|i|bVII|bVII|i|i|bVII|i
m i|bVII|i|V|i|bVII|i V|i
m i|iv|i|V|i|iv|V|i
m bIII|bVII|i|V|bIII|bVII|V|i
m i|bIII|bVII|i
!M I|II7|V|IV|I|II|IV|V
!M I|iii|IV|I|IV|I|II7|V
!m i|IV|bVII|v|i|IV|bIII|v
""",
    "country": """
M I|I|IV|I|I|I|V|V
M I|I|IV|I|I|V|I|I
M I|IV|I|V|I|IV|V|I
M I|I7|IV|IV|V|V|I|I
M IV|IV|I|I|II7|II7|V|V
M I|V|V|I|I|IV|V|I
M I|VI7|II7|V7|I|VI7|II7 V7|I
m i|i|iv|i|bVII|bVII|V7|i
!M I|III7|IV|II7|I|III7|V|IV
!M V|II7|IV|I|V|II7|V|V
""",
    "soul": """
M I|vi|ii7|V7
M IM7|iii7|IVM7|V7sus
M ii7|iii7|IVM7|V7sus
M I|I7|IV|iv|I|V|IV|I
M IVM7|iii7|ii7|IM7
M I|IV|I|IV|vi|ii|V|V
m i7|iv7
m i7|bVIM7|iv7|V7
m i7|i7|bVIIM7|bVIM7
!M IM7|IVM7|bVII7|IM7
!M vi7|II7|IVM7|IM7
""",
    "funk": """
m i7|i7|i7|IV7
m i7|IV7
m i7|i7|bVI7|V7
M I7|I7|IV7|I7
m i7|i7|bIII|IV
m i7|bVII|iv7|i7
!M I7|bIII7|IV7|bVII7
!m i7|bVI7|bII7|i7
""",
    "show": """
M I|VI7|II7|V7
M I|I|V7|V7|V7|V7|I|I
M I|#io7|ii7|V7|I|#io7|ii7 V7|I
M I|III7|vi|I7|IV|iv|I V7|I
M IV|iv|I|VI7|II7|II7|V7|V7
M I|I|II7|II7|V7|V7|I|V7
M I|I7|IV|#ivo7|I|V7|I|V7
m i|V7|i|V7|iv|i|V7|i
!M I|bVI7|I|VI7|II7|bVI7|I|V7
!M III7|III7|vi|vi|II7|II7|ii7|V7
""",
    "classical": """
M I|V|vi|iii|IV|I|IV|V
M I|ii|V|I
M I|IV|V7|I|vi|ii|V7|I
M I|V7|I|V7|I|IV|I V7|I
M I|I|V7|V7|V7|V7|I|I
m i|iv|V7|i|bVI|iv|V7|i
m i|V7|i|V7|iv|i|V7|i
m i|iv|bVII|bIII|bVI|iih|V7|i
!M I|vi|IV|ii|V|iii|vi|V
!m i|bVI|bIII|V7|iv|i|bII|V7
""",
    "march": """
M I|I|V7|V7|V7|V7|I|I
M I|I|IV|I|ii|V7|I|V7
M I|VI7|ii|V7|I|IV|I V7|I
M IV|IV|I|I|V7|V7|I|I
M vi|III7|vi|vi|II7|II7|V|V
m i|i|V7|V7|V7|V7|i|i
!M I|iii|IV|#ivo7|I|vi|II7|V7
!M I|V7|vi|III7|IV|I|II7|V7
""",
    "tango": """
m i|i|V7|V7|V7|V7|i|i
m i|iv|V7|i|iv|i|V7|i
m i|I7|iv|iv|i|V7|i|V7
m bVI|bVI|i|i|V7|V7|i|i
M I|V7|V7|I|IV|I|V7|I
m iv|bVII7|bIII|bVI|iih|V7|i|V7
!m i|bII|V7|i|bVI|bII|V7|i
!M I|iv|I|II7|I|bII|V7|I
""",
}


@dataclass(frozen=True)
class Section:
    text: str
    minor: bool
    style: str


@functools.cache
def written():
    """(section, held out) of all written sections but held-out ones that share a unit."""
    rows = []
    for style, lines in WRITTEN.items():
        for line in lines.split("\n"):
            if line:
                mode, text = line.split(" ", 1)
                rows.append((Section(text, mode[-1] == "m", style), mode[0] == "!"))
    known = set().union(*(units(section.text) for section, out in rows if not out))
    return [(s, out) for s, out in rows if not out or not units(s.text) & known]


@functools.cache
def _written_units(held_out):
    return set().union(*(units(section.text) for section, out in written() if out == held_out))


def is_held_out(unit):
    """Whether validation alone has a unit: by what is written, and for all others by a draw."""
    if unit in _written_units(True):
        return True
    return share(unit, "unit") < 0.12 and unit not in _written_units(False)


# Phrases by function: where each chord may go, in major and minor.
_NEXT = {
    False: {
        "I": "IV V vi ii iii I",
        "ii": "V V vii",
        "iii": "vi IV",
        "IV": "V I ii V",
        "V": "I vi I",
        "vi": "IV ii V",
        "vii": "I iii",
    },
    True: {
        "i": "iv V bVI bVII iih bIII",
        "iih": "V V",
        "bIII": "bVI iv bVII",
        "iv": "V i iih bVII",
        "V": "i bVI i",
        "bVI": "iv bIII iih bVII",
        "bVII": "bIII i bVI",
    },
}
_SPELLED = {"vii": "viio"}
_COLOURS = {"V": "V7", "ii": "ii7", "vi": "vi7"}


def _half_phrase(rng, minor, first, cadence):
    """Four bars from `first` on: a `half` cadence ends on V, a `full` one on I, `open` anywhere."""
    tonic = "i" if minor else "I"
    for _ in range(200):
        bars, now = [], first
        for bar in range(4):
            chords = [now]
            if rng.random() < 0.22:
                now = rng.choice(_NEXT[minor][now].split())
                chords.append(now)
            bars.append(chords)
            now = rng.choice(_NEXT[minor][now].split())
        last, before = bars[3][-1], (bars[3][-2:-1] or bars[2][-1:])[0]
        if (
            cadence == "half"
            and last != "V"
            or cadence == "full"
            and (last != tonic or before != "V")
        ):
            continue
        if len({chord for bar in bars for chord in bar}) < 3:
            continue
        return bars, now
    ends = {"half": [["iv"], ["V"]] if minor else [["ii"], ["V"]], "full": [["V"], [tonic]]}
    return [[first], ["iv" if minor else "IV"]] + ends.get(cadence, ends["half"]), tonic


def composed(rng, style, minor, held_out):
    """An eight-bar section by harmonic function, all of whose units are held out, or none."""
    while True:
        tonic = "i" if minor else "I"
        middle = rng.choice(["half", "half", "open", "full"])
        one, following = _half_phrase(
            rng, minor, rng.choice([tonic, tonic, "iv" if minor else "IV"]), middle
        )
        two, _ = _half_phrase(
            rng, minor, rng.choice([tonic, following]), rng.choice(["full", "full", "half"])
        )
        sevenths = rng.random() < 0.6
        bars = []
        for bar in one + two:
            names = [_SPELLED.get(n, n) for n in bar]
            bars.append(" ".join(_COLOURS.get(n, n) if sevenths else n for n in names))
        text = "|".join(bars)
        if {is_held_out(unit) for unit in units(text)} == {held_out}:
            return Section(text, minor, style)
