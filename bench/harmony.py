"""Harmony of pieces in figures: key, chords, bass on roots, melody on chord tones, silent instruments.

    python3 bench/harmony.py compose --program build/release/bin/sage-music -o out/bands   # 80 pieces, 4 bands
    python3 bench/harmony.py measure models=out/bands composers=test_multitrack

Everything is measured on half bars of two quarter notes in the first 24 bars, from the notes' sounding time:

  key     time of pitched notes within the major or harmonic minor scale that holds most of it
  chords  time of pitched notes within the triad or seventh chord that holds most of it, by half bar
  bass    half bars whose first bass note is the root of the chord of the *other* parts, where those are a full triad
  melody  half bars whose first melody note is a tone of the chord of the *other* parts, the same
  chance  the same two with the part moved by half the piece

The bass is the part of a bass program (32 to 39), the melody the part with the highest mean pitch among the others.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scripts"))
from band import midi  # noqa: E402

BANDS = ["flute,piano,acoustic bass,drums", "piano,acoustic bass,drums", "violin,guitar,electric bass,drums",
         "trumpet,alto sax,piano,acoustic bass,drums"]
TAKES = 20
BARS = 24
SCALES = [{(root + step) % 12 for step in steps}
          for steps in ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)) for root in range(12)]
TRIADS = [(root, {(root + step) % 12 for step in steps})
          for steps in ((0, 4, 7), (0, 3, 7), (0, 3, 6)) for root in range(12)]
CHORDS = [tones for _, tones in TRIADS] + [
    {(root + step) % 12 for step in steps}
    for steps in ((0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10)) for root in range(12)]


def compose(arguments):
    for number, band in enumerate(BANDS):
        out = pathlib.Path(arguments.output)
        out.mkdir(parents=True, exist_ok=True)
        subprocess.run([arguments.program, "generate", "--instruments", band, "--tempo", "120", "--time-signature", "4/4",
                        "--bars", str(BARS), "--takes", str(TAKES), "--seed", "1", "-o", str(out / f"band{number}.mid")]
                       + (["--model", arguments.model] if arguments.model else []), check=True)


def profile(notes, begin, end):
    """Sounding time by pitch class between two ticks."""
    time = [0] * 12
    for note in notes:
        time[note.pitch % 12] += max(0, min(end, note.end) - max(begin, note.start))
    return time


def share(time, tones):
    return sum(time[tone] for tone in tones) / sum(time)


def best_chord(time):
    """The triad that holds the most time, where all of its tones sound; else nothing."""
    root, tones = max(TRIADS, key=lambda chord: share(time, chord[1]))
    return (root, tones) if all(time[tone] > 0 for tone in tones) else None


def hits(part, others, windows, shift, is_hit):
    """How many windows begin with a note of the part that is a hit on the chord of the others; of how many."""
    count = total = 0
    for i, (begin, end) in enumerate(windows):
        time = profile(others, begin, end)
        chord = best_chord(time) if sum(time) else None
        begin, end = windows[(i + shift) % len(windows)]
        first = min((note for note in part if begin <= note.start < end), key=lambda note: (note.start, -note.pitch), default=None)
        if chord is None or first is None:
            continue
        total += 1
        count += is_hit(first.pitch % 12, chord)
    return count, total


def measure_piece(path):
    song = midi.read(path)
    if any(4 * top % (2 * bottom) for _, top, bottom in song.meters):
        return None  # half bars of two quarters need 2/4, 4/4 or the like
    half = 2 * song.ticks_per_quarter
    last = min(BARS * 2, max((note.end for part in song.parts for note in part.notes), default=0) // half)
    windows = [(i * half, (i + 1) * half) for i in range(last)]
    parts = {}
    for part in song.parts:
        if not part.drums:
            parts.setdefault(part.program, []).extend(note for note in part.notes if note.start < last * half)
    pitched = [note for notes in parts.values() for note in notes]
    if not pitched or not windows:
        return None
    whole = profile(pitched, 0, last * half)
    by_half = [time for time in (profile(pitched, *window) for window in windows) if sum(time)]
    found = {"key": max(share(whole, scale) for scale in SCALES),
             "chords": statistics.mean(max(share(time, chord) for chord in CHORDS) for time in by_half)}
    basses = [program for program in parts if 32 <= program <= 39 and parts[program]]
    rest = {program: notes for program, notes in parts.items() if program not in basses and notes}
    bass = [note for program in basses for note in parts[program]]
    others = [note for notes in rest.values() for note in notes]
    found["bass"] = hits(bass, others, windows, 0, lambda pitch, chord: pitch == chord[0])
    found["bass, chance"] = hits(bass, others, windows, last // 2, lambda pitch, chord: pitch == chord[0])
    if len(rest) > 1:
        lead = max(rest, key=lambda program: statistics.mean(note.pitch for note in rest[program]))
        below = [note for program, notes in parts.items() if program != lead for note in notes]
        found["melody"] = hits(rest[lead], below, windows, 0, lambda pitch, chord: pitch in chord[1])
        found["melody, chance"] = hits(rest[lead], below, windows, last // 2, lambda pitch, chord: pitch in chord[1])
    return found


def measure(arguments):
    for entry in arguments.folders:
        name, folder = entry.split("=", 1)
        rows, silent, asked = [], 0, 0
        for path in sorted(pathlib.Path(folder).rglob("*.mid")):
            try:
                found = measure_piece(path)
            except midi.MidiError:
                continue
            if found is None or found["bass"][1] == 0:  # bands only: pieces with a bass and chords
                continue
            rows.append(found)
            if path.name.startswith("band"):
                song = midi.read(path)
                band = BANDS[int(path.name[4])].split(",")
                asked += 1
                silent += len({"drums" if part.drums else part.program for part in song.parts if part.notes}) < len(band)
        print(f"{name}: {len(rows)} pieces with bass and chords"
              + (f", {silent} of {asked} with a silent instrument" if asked else ""))
        for measure_name in ("key", "chords"):
            print(f"  {measure_name:15} {statistics.mean(row[measure_name] for row in rows):.3f}")
        for measure_name in ("bass", "bass, chance", "melody", "melody, chance"):
            pairs = [row[measure_name] for row in rows if measure_name in row]
            count, total = (sum(pair[i] for pair in pairs) for i in (0, 1))
            print(f"  {measure_name:15} {count / max(total, 1):.3f}  of {total} half bars in {len(pairs)} pieces")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("compose", help="80 pieces for four bands")
    command.add_argument("--program", required=True)
    command.add_argument("--model")
    command.add_argument("-o", "--output", required=True)
    command.set_defaults(run=compose)
    command = commands.add_parser("measure", help="NAME=FOLDER ...")
    command.add_argument("folders", nargs="+")
    command.set_defaults(run=measure)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
