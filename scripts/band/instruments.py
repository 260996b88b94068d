"""General MIDI programs: which may stand in for which, and who plays the lead."""

# Programs that may take each other's place in an accompaniment.
_KIN = [
    [0, 1, 2, 4, 5],
    [0, 1, 3],
    [16, 17, 18],
    [21, 22, 23],
    [24, 25, 26, 27],
    [29, 30],
    [48, 49, 50, 51],
    [52, 53, 54],
    [56, 57, 60, 61],
    [64, 65, 66, 67],
    [88, 89, 90, 91, 95],
]
_BASSES = {
    "jazz": [32, 32, 32, 35, 33],
    "show": [32, 32, 33],
    "folk": [32, 33, 35],
    "country": [32, 33, 34],
    "march": [58, 32],
    "classical": [32, 43],
    "rock": [33, 34, 34, 36],
    "blues": [33, 34, 32],
    "pop": [33, 34, 35, 38, 39],
    "funk": [33, 36, 37],
    "soul": [33, 34, 35],
    "latin": [32, 33, 35],
    "tango": [32, 43],
}

# Lead programs: (lowest, highest comfortable pitch).
LEADS = {
    0: (60, 88), 4: (58, 84), 5: (58, 84), 9: (72, 96), 10: (72, 96), 11: (58, 86),
    12: (55, 84), 16: (57, 84), 17: (57, 84), 18: (57, 84), 21: (57, 86), 22: (60, 86),
    23: (57, 86), 24: (52, 79), 25: (52, 79), 26: (52, 79), 27: (52, 82), 28: (52, 80),
    29: (52, 84), 30: (52, 84), 40: (58, 91), 41: (52, 79), 42: (43, 72), 46: (55, 88),
    52: (55, 79), 56: (56, 82), 57: (45, 70), 60: (48, 74), 64: (58, 84), 65: (52, 78),
    66: (48, 74), 68: (60, 86), 71: (54, 84), 72: (74, 98), 73: (62, 92), 74: (64, 92),
    75: (62, 90), 79: (64, 88), 80: (55, 86), 81: (55, 86), 104: (52, 79), 105: (55, 81),
    106: (55, 81), 109: (60, 79), 110: (58, 90),
}  # fmt: skip
_LEADS_OF = {
    "jazz": [65, 66, 64, 56, 57, 11, 26, 0, 71, 73],
    "show": [56, 71, 40, 0, 65, 73, 57],
    "folk": [40, 73, 105, 21, 22, 24, 25, 71, 110, 74, 75, 106, 79],
    "country": [25, 27, 40, 110, 22, 105, 0],
    "march": [56, 72, 71, 73, 60],
    "classical": [40, 73, 68, 71, 42, 0, 46],
    "rock": [29, 30, 27, 18, 81, 28],
    "blues": [22, 27, 29, 66, 0, 16, 26],
    "pop": [80, 81, 0, 4, 73, 40, 25, 52, 27, 65],
    "funk": [65, 56, 4, 16, 80, 27],
    "soul": [65, 66, 4, 17, 56, 27],
    "latin": [56, 73, 24, 21, 57, 0, 12, 66],
    "tango": [21, 40, 23, 0, 71],
}


def lead_for(style, rng, low=None, high=None):
    """(program, lowest, highest) of a lead in the style, one that reaches from `low` to `high`."""
    programs = _LEADS_OF[style]
    if low is not None:
        reach = [p for p in programs if LEADS[p][0] <= low + 2 and high - 2 <= LEADS[p][1]]
        programs = (
            reach
            or [
                p
                for p in (40, 73, 0, 21, 110, 71)
                if LEADS[p][0] <= low + 4 and high - 4 <= LEADS[p][1]
            ]
            or [0]
        )
    program = rng.choice(programs)
    return program, *LEADS[program]


def recast(parts, style, rng):
    """Gives accompanying parts other programs now and then, the same one to all that shared one."""
    changed = {}
    for part in parts:
        if part.drums:
            continue
        is_bass = part.name.upper().startswith(("BASS", "WALK")) and (
            32 <= part.program < 40 or part.program in (26, 24)
        )
        if is_bass and part.program >= 32:
            key = "bass"
        elif is_bass:
            key = "plucked bass"  # a guitar on the bass line
        else:
            key = part.program
        if key not in changed:
            if is_bass:
                keep = 0.4 if part.program >= 32 else 0.25
                changed[key] = part.program if rng.random() < keep else rng.choice(_BASSES[style])
            else:
                kin = [group for group in _KIN if part.program in group]
                changed[key] = (
                    rng.choice(rng.choice(kin)) if kin and rng.random() < 0.45 else part.program
                )
        part.program = changed[key]
