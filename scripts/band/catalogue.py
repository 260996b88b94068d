"""mma's grooves: which families the band plays (grooves.tsv), and the grooves that each one has.

Time runs in three units. A *pulse* is what a foot taps: a quarter, in compound meters a dotted
quarter. Pieces are planned in pulses. mma counts groove beats (192 of its ticks); a family defines how
many of them are a pulse. Written are ticks, 480 a quarter.
"""

import json
import os
import re
import subprocess
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
GRID = 12  # steps of a quarter, as the tokenizer has them

# Pulses a bar, quarters a pulse.
METERS = {
    "2/4": (2, 1.0),
    "3/4": (3, 1.0),
    "4/4": (4, 1.0),
    "2/2": (4, 1.0),
    "5/4": (5, 1.0),
    "6/8": (2, 1.5),
    "9/8": (3, 1.5),
    "12/8": (4, 1.5),
}


@dataclass
class Family:
    """Grooves of one library file, as they sound in one meter."""

    name: str
    meter: str
    native: bool  # False: pulses stretched to dotted ones, or another meter of the same pulses
    beats_a_pulse: float
    bars_a_groove_bar: int
    slow: int
    fast: int
    feel: str
    styles: list
    tunes: bool
    held_out: bool
    drums: bool = True
    main: list = field(default_factory=list)  # lists of grooves of one base name, lightest first
    fills: list = field(default_factory=list)
    intros: list = field(default_factory=list)
    ends: list = field(default_factory=list)  # (groove, groove bars)

    @property
    def pulses_a_bar(self):
        return METERS[self.meter][0]

    @property
    def quarters_a_pulse(self):
        return METERS[self.meter][1]

    @property
    def pulses_a_groove_bar(self):
        return self.pulses_a_bar * self.bars_a_groove_bar

    def is_compound(self):
        return self.quarters_a_pulse > 1

    def label(self):
        return self.name if self.native else f"{self.name}@{self.meter.replace('/', '-')}"


def mma_version():
    """The version line of mma, or None where it is not installed."""
    try:
        done = subprocess.run(["mma", "-v"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip().splitlines()[-1]


LIBRARY = "/usr/share/mma/lib/stdlib"


def _grooves_of(name):
    path = os.path.join(LIBRARY, name + ".mma")
    done = subprocess.run(["mma", "-w", "-Djs", path], capture_output=True, text=True, check=True)
    return json.loads(done.stdout[done.stdout.index("[") :])


def _sort_grooves(family, grooves):
    """Puts the grooves of a library file where their names say that they belong."""
    bases = {}
    for groove in grooves:
        name, size = groove["groove"], groove["size"]
        if re.search(r"metronome|^mil", name, re.I):
            continue
        if re.search(r"intro", name, re.I):
            family.intros.append((name, min(4, size)))
        elif re.search(r"end\d?(sus)?$", name, re.I):
            family.ends.append((name, size))
        elif re.search(r"fill", name, re.I) or re.search(r"(^|[a-z])fill", name):
            family.fills.append(name)
        elif groove["tracks"]:
            base = re.sub(r"(sus|plus|clap)", "", name, flags=re.I).lower()
            bases.setdefault(base, []).append(name)
    family.main = [sorted(dict.fromkeys(names), key=len) for names in bases.values()]
    family.fills = list(dict.fromkeys(family.fills))
    tracks = {groove["groove"]: groove["tracks"] for groove in grooves}
    family.drums = any(track.startswith("DRUM") for track in tracks[family.main[0][0]])
    # More than four bases make no better piece, only a wilder one.
    family.main = family.main[:6]
    family.ends = [end for end in family.ends if end[1] <= 2] or family.ends[:1]


def load(cache=None):
    """All families in all their meters. `cache` is a file that keeps what the library said."""
    said = {}
    if cache and os.path.exists(cache):
        with open(cache) as file:
            said = json.load(file)
    families = []
    with open(os.path.join(HERE, "grooves.tsv")) as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")][1:]
    for name, meter, beats, bars, slow, fast, feel, styles, use in rows:
        if name not in said:
            said[name] = [
                {k: groove[k] for k in ("groove", "size")}
                | {"tracks": [track["track"] for track in groove["tracks"]]}
                for groove in _grooves_of(name)
            ]
        slow, fast, beats, bars = int(slow), int(fast), float(beats), int(bars)

        def add(in_meter, native, bars, slow, fast, feel):
            family = Family(
                name,
                in_meter,
                native,
                beats,
                bars,
                slow,
                fast,
                feel,
                styles.split(","),
                "t" in use,
                "h" in use,
            )
            _sort_grooves(family, said[name])
            families.append(family)

        add(meter, True, bars, slow, fast, feel)
        if meter == "4/4" and "t" in use:
            add("2/4", False, 2, slow, fast, feel)
        if meter == "4/4" and feel == "straight" and "t" in use:
            add("2/2", False, 1, max(slow, 120), fast + 40, feel)
        if "c" in use:
            add(
                {"4/4": "6/8", "3/4": "9/8"}[meter],
                False,
                2 if meter == "4/4" else 1,
                slow,
                fast,
                "lilt",
            )
        if meter == "12/8":
            add("6/8", False, 2, slow, fast, feel)
    if cache:
        with open(cache + ".part", "w") as file:
            json.dump(said, file)
        os.replace(cache + ".part", cache)
    return families


# Where a swung or dotted pulse has the twelfths of a straight one.
_SWUNG = [0, 1, 2, 4, 4, 6, 8, 8, 8, 10, 10, 11]


def swing(step):
    """A position in twelfths of a pulse, swung."""
    return step - step % GRID + _SWUNG[step % GRID]
