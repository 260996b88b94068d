#!/usr/bin/env python3
"""Rewrites one part in two bars of every MIDI file of some folders, and counts what else changed.

    compare_edits.py FOLDER... [--limit N] [--seed S] [--program PATH] [--json FILE]

For each file that the program reads: a part with notes and two bars in which it plays (one where the piece has no two)
are drawn at random (--seed), and `infill FILE --parts P --bars A-B --takes 1` writes them again. Lost are

- notes of all other parts, and of this one outside the bars, that a General MIDI synthesizer would not hear as before
  (tests/midi/smfstate.py, an independent reader: pitch, time, length and the state of the channel);
- events of any kind outside the bars, or of another channel within them, that are not in the same track at the same time.

Files that the program reads with warnings are among them. Where something is lost and the two readers find different
notes in the damaged file to begin with, nothing can be told; such files are counted apart. Exit code 1 if anything is
lost.
"""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "midi"))
import smfstate  # noqa: E402

NOTE_ON = 0x90


def bar_lines(events, division):
    """Ticks of bar lines up to the last event; meters as the file says, from bar line to bar line."""
    last = max((event[1] for event in events), default=0)
    meters = sorted((t, e[2], 1 << e[3]) for _, t, _, e in events if e[:2] == b"\xff\x58" and len(e) > 3)
    lines, exact, meter = [0], 0.0, (4, 4)
    while lines[-1] <= last and len(lines) < 20_000:
        for t, beats, unit in meters:
            if t <= lines[-1] and beats:
                meter = (beats, unit)
        end = exact + division * 4 * meter[0] / meter[1]
        inside = [t for t, _, _ in meters if lines[-1] < t < end]
        exact = inside[0] if inside else end
        lines.append(round(exact))
    return lines


def quarter_of(division):
    """Ticks a quarter note; under SMPTE time those of half a second, or of a second where that is no whole number."""
    if not division & 0x8000:
        return division
    rate, ticks = 256 - (division >> 8), division & 0xFF
    second = (30 if rate == 29 else rate) * ticks
    return second if second % 2 else second // 2


def choose(info, events, lines, draw):
    """A part (as `inspect` lists it), its channel and the first and last of two bars, of which it has notes in the first;
    one bar where the piece ends with it; None if there are no notes."""
    heard = [part for part in info["tracks"] if part["notes"] > 0]
    draw.shuffle(heard)
    last = min(len(lines) - 1, info["bars"] or 0)
    for part in heard:
        channel = part["channel"] - 1
        bars = set()
        for _, t, _, e in events:
            if e[0] == NOTE_ON | channel and e[2]:
                bars.add(max(i for i, line in enumerate(lines) if line <= t))
        bars = [bar for bar in bars if bar + 2 <= last] or [bar for bar in bars if bar + 1 <= last]
        if bars:
            bar = draw.choice(sorted(bars))
            return part, channel, bar, min(bar + 1, last - 1)
    return None


def lost_notes(before, after, port_channel, region):
    """Notes before that are not there as they sounded, but for those of the channel that begin in the region."""
    division = smfstate.events(before)[1]
    kept = [n for n in smfstate.notes(before, scale=division)
            if n["c"] != port_channel or not region[0] <= n["on"] < region[1]]
    there = collections.Counter(smfstate.sig(n) for n in smfstate.notes(after, scale=division))
    return sum((collections.Counter(smfstate.sig(n) for n in kept) - there).values())


def lost_events(before, after, channel, region):
    def key(event):
        return event[0], event[1], event[3]

    def may_go(event):
        _, t, _, e = event
        own = e[0] < 0xF0 and e[0] & 0x0F == channel
        return e[:2] == b"\xff\x2f" or (own and region[0] <= t <= region[1]) or (own and e[0] & 0xE0 == 0x80)

    there = collections.Counter(map(key, after))
    kept = collections.Counter(key(event) for event in before if not may_go(event))
    return sum((kept - there).values())


def check(path, program, draw, out):
    """("reason", None) for a file that cannot be tried, else ("tried", {...})."""
    seen = subprocess.run([program, "inspect", str(path), "--json"], capture_output=True, text=True)
    if seen.returncode != 0:
        return "refused by the reader", None
    info = json.loads(seen.stdout)
    try:
        events, division, kind = smfstate.events(path)
    except Exception:  # the independent reader is made for whole files only
        return "not read by the independent reader", None
    if kind == 2:
        return "type 2", None
    quarter = quarter_of(division)
    lines = bar_lines(events, quarter)
    chosen = choose(info, events, lines, draw)
    if not chosen:
        return "no bar with notes", None
    part, channel, first, last = chosen
    done = subprocess.run([program, "infill", str(path), "--parts", str(part["part"]), "--bars",
                           f"{first + 1}-{last + 1}", "--takes", "1", "-o", out, "--json"],
                          capture_output=True, text=True)
    if done.returncode not in (0, 3):
        return "refused by infill: " + done.stderr.strip().split(": ")[-1][:60], None
    report = json.loads(done.stdout)
    early = quarter // 24 + 1
    region = (lines[first] - early, lines[last + 1])
    port_channel = (part["port"] - 1, channel)
    after = smfstate.events(out)[0]
    result = {"notes": lost_notes(path, out, port_channel, region),
              "events": lost_events(events, after, channel, region),
              "kept": len(events), "new": report["new_notes"], "bars": f"{first + 1}-{last + 1}", "part": part["part"]}
    heard = sum(event[0] & 0xF0 == NOTE_ON and event[2] > 0 for *_, event in events if len(event) == 3)
    if result["notes"] + result["events"] and heard != sum(part["notes"] for part in info["tracks"]):
        return "damaged, and the readers disagree about its notes", None
    return "tried", result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--limit", type=int, default=0, help="size of a random sample of files; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=str(ROOT / "build" / "release" / "bin" / "sage-music"))
    parser.add_argument("--json", help="write the result of every file there")
    options = parser.parse_args()
    files = sorted(p for folder in options.folders for p in pathlib.Path(folder).rglob("*")
                   if p.suffix.lower() in (".mid", ".midi", ".kar"))
    draw = random.Random(options.seed)
    if options.limit and options.limit < len(files):
        files = sorted(draw.sample(files, options.limit))
    outcomes, results = collections.Counter(), {}
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            outcome, result = check(path, options.program, random.Random(f"{options.seed} {path.name}"),
                                    folder + "/out.mid")
            outcomes[outcome] += 1
            results[str(path)] = result or outcome
            if result and result["notes"] + result["events"]:
                print(f"{path}: lost {result['notes']} notes, {result['events']} events; part {result['part']}, "
                      f"bars {result['bars']}")
    tried = [r for r in results.values() if isinstance(r, dict)]
    for outcome, count in outcomes.most_common():
        print(f"{count:6} {outcome}")
    lost = sum(r["notes"] + r["events"] for r in tried)
    print(f"events kept {sum(r['kept'] for r in tried)}, new notes {sum(r['new'] for r in tried)}, "
          f"lost notes {sum(r['notes'] for r in tried)}, lost events {sum(r['events'] for r in tried)}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))
    return lost > 0


if __name__ == "__main__":
    sys.exit(main())
