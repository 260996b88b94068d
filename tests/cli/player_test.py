#!/usr/bin/env python3
"""FluidSynth's own player hears no difference in bars that infill was not asked to write.

    player_test.py PROGRAM FILE...

Two bars of one part of each file are written again. Player and synthesizer are FluidSynth's, through its library: they
share nothing with this project's reader, writer or renderer. Reverb and chorus are off, so that bars are independent.
Compared are the bars before the two, sample by sample, and those from one bar behind them on. Prints the difference as
a share of the signal (root mean square); exit code 1 if one is above 0.001.
"""
import array
import ctypes
import ctypes.util
import json
import math
import pathlib
import subprocess
import sys
import tempfile

RATE = 16_000
BPM = 110  # of the files that are tried, in 4/4
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


def main(program, files):
    sound_font = next((path for path in SOUND_FONTS if pathlib.Path(path).exists()), None)
    try:
        lib = library()
    except OSError:
        lib = None
    if not lib or not sound_font:
        print("no FluidSynth library or sound font")
        return SKIPPED
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/out.mid"
        for path in files:
            info = json.loads(subprocess.run([program, "inspect", path, "--json"], capture_output=True, text=True,
                                             check=True).stdout)
            part = next(track["part"] for track in info["tracks"] if track["notes"])
            done = subprocess.run([program, "infill", path, "--parts", str(part), "--bars", "4-5", "--takes", "1",
                                   "-o", out], capture_output=True, text=True)
            if done.returncode not in (0, 3):
                print(done.stderr)
                return 1
            per_bar = 2 * int(RATE * 4 * 60 / BPM)  # samples, of two channels
            seconds = info["seconds"]
            before, after = play(lib, path, seconds, sound_font), play(lib, out, seconds, sound_font)
            if not any(before):
                print(f"{path}: FluidSynth plays nothing")
                return 1
            # An early onset may stand up to half a grid step, a 24th of a quarter, ahead of the bars.
            head = difference(before[:3 * per_bar - per_bar // 48], after[:3 * per_bar - per_bar // 48])
            tail = difference(before[6 * per_bar:], after[6 * per_bar:])
            print(f"{pathlib.Path(path).name}: bars 1-3 {head:.6f}, from bar 7 on {tail:.6f}")
            worst = max(worst, head, tail)
    return worst > 1e-3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
