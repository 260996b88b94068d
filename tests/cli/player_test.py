#!/usr/bin/env python3
"""FluidSynth's own player hears no difference in bars that infill was not asked to write.

    player_test.py PROGRAM FILE...

Two bars of one part of each file are written again; with music in SAGE_DATA, of ten short pieces of test_multitrack too.
Player and synthesizer are FluidSynth's, through its library: they share nothing with this project's reader, writer or
renderer. Reverb and chorus are off, so that bars are independent. Compared are the bars before the two, sample by
sample, and all from four seconds behind them on, when the last of their notes have died away. Prints the difference as
a share of the signal (root mean square). Exit code 1 if there is any before the two bars, or one above 0.005 behind
them: what FluidSynth's voices play depends a little on what they played before, whoever wrote it.
"""
import array
import ctypes
import ctypes.util
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "midi")]
import compare_edits  # noqa: E402
import smfstate  # noqa: E402

RATE = 16_000
PIECES, LONGEST = 10, 100  # of real music; seconds
LIMIT = 0.005  # largest difference allowed after the bars, as a share of the signal
RELEASE = 4  # seconds for which the last notes of the two bars may ring
SOUND_FONTS = ("/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/FluidR3_GM.sf2",
               "/usr/share/sounds/sf2/default-GM.sf2")
SKIPPED = 77  # the exit code by which ctest knows a skipped test


def library():
    name = ctypes.util.find_library("fluidsynth") or "libfluidsynth.so.3"
    lib = ctypes.CDLL(name)
    for function in ("new_fluid_settings", "new_fluid_synth", "new_fluid_player"):
        getattr(lib, function).restype = ctypes.c_void_p
    return lib


def play(lib, path, seconds, sound_font):
    """The file's first seconds as interleaved floats."""
    settings = ctypes.c_void_p(lib.new_fluid_settings())
    for key, value in (("synth.reverb.active", 0), ("synth.chorus.active", 0), ("synth.device-id", 16),
                       ("synth.polyphony", 512), ("player.reset-synth", 1)):
        lib.fluid_settings_setint(settings, key.encode(), value)
    lib.fluid_settings_setnum(settings, b"synth.sample-rate", ctypes.c_double(RATE))
    lib.fluid_settings_setstr(settings, b"player.timing-source", b"sample")
    synth = ctypes.c_void_p(lib.new_fluid_synth(settings))
    lib.fluid_synth_sfload(synth, sound_font.encode(), 1)
    player = ctypes.c_void_p(lib.new_fluid_player(synth))
    lib.fluid_player_add(player, str(path).encode())
    lib.fluid_player_play(player)
    frames = int(seconds * RATE) // 64 * 64
    sound = (ctypes.c_float * (2 * frames))()
    lib.fluid_synth_write_float(synth, frames, sound, 0, 2, sound, 1, 2)
    lib.delete_fluid_player(player)
    lib.delete_fluid_synth(synth)
    lib.delete_fluid_settings(settings)
    return array.array("f", bytes(sound))


def difference(a, b):
    """Root mean square of the difference over that of the signal."""
    if a == b:
        return 0.0
    signal = math.fsum(x * x for x in a)
    return math.sqrt(math.fsum((x - y) ** 2 for x, y in zip(a, b)) / signal) if signal > 0 else math.inf


def seconds_at(events, division, tick):
    """When a tick is, by the tempos of all tracks."""
    tempos = sorted((t, int.from_bytes(e[2:5], "big")) for _, t, _, e in events if e[:2] == b"\xff\x51")
    seconds, last, tempo = 0.0, 0, 500_000
    for t, value in tempos:
        if t >= tick:
            break
        seconds += (t - last) * tempo
        last, tempo = t, value
    return (seconds + (tick - last) * tempo) / 1e6 / division


def inspect(program, path):
    return json.loads(subprocess.run([program, "inspect", path, "--json"], capture_output=True, text=True,
                                     check=True).stdout)


def pieces(program):
    """Short pieces of real music, where there are any."""
    folder = pathlib.Path(os.environ.get("SAGE_DATA", "/nowhere")) / "test_multitrack"
    files = sorted(str(path) for path in folder.rglob("*.mid"))
    random.Random(1).shuffle(files)
    short = (path for path in files if 10 < inspect(program, path)["seconds"] < LONGEST)
    return [path for path, _ in zip(short, range(PIECES))]


def check(lib, sound_font, program, path, out):
    """The differences before and behind two bars written again; None if the file has no such bars."""
    info = inspect(program, path)
    events, division, _ = smfstate.events(path)
    lines = compare_edits.bar_lines(events, division)
    chosen = compare_edits.choose(info, events, lines, random.Random(path))
    if not chosen:
        return None
    part, _, first, last = chosen
    done = subprocess.run([program, "infill", path, "--parts", str(part["part"]), "--bars", f"{first + 1}-{last + 1}",
                           "--takes", "1", "-o", out], capture_output=True, text=True)
    if done.returncode not in (0, 3):  # 3: the part stays silent
        raise SystemExit(done.stderr)
    before, after = (play(lib, name, info["seconds"], sound_font) for name in (path, out))
    if not any(before):
        raise SystemExit(f"{path}: FluidSynth plays nothing")
    # An early onset may stand up to half a grid step, a 24th of a quarter, ahead of the bars.
    early = division // 24 + 1
    head = 2 * int(RATE * max(0.0, seconds_at(events, division, lines[first] - early)))
    tail = 2 * int(RATE * (seconds_at(events, division, lines[last + 1]) + RELEASE))
    return (f"before bar {first + 1}", difference(before[:head], after[:head])), \
           (f"from {RELEASE} s behind bar {last + 1} on", difference(before[tail:], after[tail:]))


def main(program, files):
    sound_font = next((path for path in SOUND_FONTS if pathlib.Path(path).exists()), None)
    try:
        lib = library()
    except OSError:
        lib = None
    if not lib or not sound_font:
        print("no FluidSynth library or sound font")
        return SKIPPED
    heard = False
    with tempfile.TemporaryDirectory() as folder:
        for path in files + pieces(program):
            found = check(lib, sound_font, program, path, folder + "/out.mid")
            if not found:
                print(f"{pathlib.Path(path).name}: no two bars to write")
                continue
            print(f"{pathlib.Path(path).name}: " + ", ".join(f"{bars} {share:.6f}" for bars, share in found), flush=True)
            (_, before), (_, behind) = found
            heard |= before > 0 or behind > LIMIT
    return heard


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
