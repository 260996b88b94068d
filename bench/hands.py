#!/usr/bin/env python3
"""Could parts of one program be written as one, and their notes be dealt to them by pitch? (docs/decisions/0032)

    hands.py FOLDER [--limit N] [--program PATH]

Takes the parts of each MIDI file that share a program, two hands of a piano among them, puts their notes together, and
deals them out again: each goes to the part whose recent pitch is nearest. Prints the share of notes that come back to
their part, by family of instruments. With --program, also the nats a note of the bundled model `small` if parts share
their program, if each has a stand-in, and if only those share of which nine notes in ten come back.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "midi"))
import smfstate  # noqa: E402

FAMILIES = {0: "keyboards", 3: "guitars", 5: "strings", 6: "ensembles and voices"}  # by program // 8
FORGETS = 0.2  # weight of a new pitch in a part's recent one
ENOUGH = 0.9


def groups(path):
    """By program, the parts with at least eight notes (onset, pitch) that share it with another."""
    program, notes = {}, collections.defaultdict(list)
    for track, time, _, event in sorted(smfstate.events(path)[0], key=lambda e: (e[1], e[0], e[2])):
        channel = event[0] & 0x0F
        if event[0] >> 4 == 0xC:
            program[track, channel] = event[1]
        elif event[0] >> 4 == 9 and event[2] and channel != 9:
            notes[track, channel, program.get((track, channel), 0)].append((time, event[1]))
    of_program = collections.defaultdict(list)
    for (_, _, number), part in notes.items():
        if len(part) >= 8:
            of_program[number].append(part)
    return {number: parts for number, parts in of_program.items() if len(parts) > 1}


def share_dealt_back(parts):
    """The share of notes that come back to their part; of two at one time and pitch at most one does."""
    recent = [sum(pitch for _, pitch in part[:16]) / len(part[:16]) for part in parts]
    right, seen = 0, set()
    for time, pitch, owner in sorted((t, p, i) for i, part in enumerate(parts) for t, p in part):
        if (time, pitch) in seen:
            continue
        seen.add((time, pitch))
        to = min(range(len(parts)), key=lambda i: abs(pitch - recent[i]))
        right += to == owner
        recent[to] += FORGETS * (pitch - recent[to])
    return right / sum(map(len, parts))


def likelihood(program, path, *options):
    """Nats and notes of one file; None if the program cannot score it."""
    done = subprocess.run([program, "eval", "likelihood", "--model", str(ROOT / "models" / "small.safetensors"), "--data",
                           str(path), *options, "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        return None
    result = json.loads(done.stdout)
    return result["nats_per_note"] * result["notes"], result["notes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--limit", type=int, default=0, help="so many files, evenly spread; 0: all")
    parser.add_argument("--program", help="sage-music")
    options = parser.parse_args()
    files = sorted(pathlib.Path(options.folder).rglob("*.mid"))
    if options.limit and options.limit < len(files):
        files = [files[i * len(files) // options.limit] for i in range(options.limit)]
    shares, totals = collections.defaultdict(list), collections.Counter()
    for path in files:
        dealt = {number: share_dealt_back(parts) for number, parts in groups(path).items()}
        for number, share in dealt.items():
            shares[FAMILIES.get(number // 8, "others")].append(share)
        if not options.program:
            continue
        shared, apart = likelihood(options.program, path), likelihood(options.program, path, "--apart")
        if shared and apart:
            mixed = shared if all(share >= ENOUGH for share in dealt.values()) else apart
            totals.update(files=1, notes=shared[1], shared=shared[0], apart=apart[0], apart_notes=apart[1],
                          mixed=mixed[0], mixed_notes=mixed[1])
    for family, values in sorted(shares.items()):
        print(f"{family}: {len(values)} groups, {sum(values) / len(values):.3f} of the notes come back; nine in ten do in "
              f"{sum(value >= ENOUGH for value in values)}")
    if totals:
        print(f"{totals['files']} files, {totals['notes']} notes; nats a note: shared {totals['shared'] / totals['notes']:.3f}, "
              f"apart {totals['apart'] / totals['apart_notes']:.3f}, "
              f"mixed {totals['mixed'] / totals['mixed_notes']:.3f}")


if __name__ == "__main__":
    sys.exit(main())
