#!/usr/bin/env python3
"""FluidSynth's own player hears no difference in what infill was not asked to write.

    player_test.py PROGRAM FILE...

Two bars of one part of each file are written again; with music in SAGE_DATA, of short pieces of test_multitrack too
(PLAYER_PIECES of them, 10 without it). Player and synthesizer are FluidSynth's, through its library: they share nothing
with this project's reader, writer or renderer.

The player hands its events to this test, which passes them on to the synthesizer, except for the part's notes in the two
bars: old ones and new ones are left out. Bends, modulation, expression and pressure of its channel there are held back
until the bars are over, and given with the last value of each. What remains was not to change, whatever the model
wrote, so two comparisons are exact: the events and when they come, and every sample of the piece.

The notes must be left out because FluidSynth's sound depends on notes that are over: the first 64 samples of a note
begin at the pan and loudness of the last note of the same voice, and its voice depends on the notes that sound.

Exit code 1 if anything differs, or if the loss of a kept event of the first file goes unnoticed.
"""
import collections
import ctypes
import ctypes.util
import json
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
PIECES, LONGEST = int(os.environ.get("PLAYER_PIECES", "10")), 100  # of real music; seconds
SOUND_FONTS = ("/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/FluidR3_GM.sf2",
               "/usr/share/sounds/sf2/default-GM.sf2")
SKIPPED = 77  # the exit code by which ctest knows a skipped test
NOTE_OFF, NOTE_ON, CONTROL, PRESSURE, BEND, SYSEX = 0x80, 0x90, 0xB0, 0xD0, 0xE0, 0xF0
MODULATION, EXPRESSION, SOUND_OFF, RESET, NOTES_OFF = 1, 11, 120, 121, 123  # controllers
REST = {(BEND, None): (8192, 0), (CONTROL, MODULATION): (MODULATION, 0), (CONTROL, EXPRESSION): (EXPRESSION, 127),
        (PRESSURE, None): (0, 0)}  # what bars written again set back

# Notes of `channel` that begin in [begin, end) are left out, its controllers held back until `release`; channels not in
# `used` play notes of a new part.
Hole = collections.namedtuple("Hole", "channel begin end release used")
Event = collections.namedtuple("Event", "tick kind channel first second")
Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def library():
    name = ctypes.util.find_library("fluidsynth") or "libfluidsynth.so.3"
    lib = ctypes.CDLL(name)
    for function in ("new_fluid_settings", "new_fluid_synth", "new_fluid_player",
                     "new_fluid_midi_event"):
        getattr(lib, function).restype = ctypes.c_void_p
    return lib


class Sieve:
    """Passes the player's events on to the synthesizer and keeps a list of them.

    Their ticks are the player's, up to a block of 64 samples late. The event of number `lost` is not passed on.
    """

    def __init__(self, lib, synth, player, hole, lost):
        self.lib, self.synth, self.player, self.hole, self.lost = lib, synth, player, hole, lost
        self.events = []
        self.sounding = collections.defaultdict(collections.deque)  # of the hole's channel by pitch: if left out
        self.state = dict(REST)  # of the hole's channel
        self.released = False
        self.handler = Handler(self.handle)

    def handle(self, _, pointer):
        handed = ctypes.c_void_p(pointer)
        # Key and velocity are the two values of any event.
        read = (getattr(self.lib, "fluid_midi_event_get_" + name) for name in ("type", "channel", "key", "velocity"))
        event = Event(self.lib.fluid_player_get_current_tick(self.player), *(get(handed) for get in read))
        if not NOTE_OFF <= event.kind <= SYSEX or self.is_left_out(event):
            return 0
        if event.tick >= self.hole.release and not self.released:
            self.release(event.tick)
        if len(self.events) == self.lost:
            self.lost = None
            return 0
        self.events.append(event)
        return self.lib.fluid_synth_handle_midi_event(self.synth, handed)

    def is_left_out(self, event):
        if event.channel not in self.hole.used and event.kind != SYSEX:
            return True
        if event.channel != self.hole.channel or event.kind == SYSEX:
            return False
        inside = self.hole.begin <= event.tick
        if event.kind in (NOTE_OFF, NOTE_ON):
            notes = self.sounding[event.first]
            if event.kind == NOTE_ON and event.second > 0:
                notes.append(inside and event.tick < self.hole.end)
                return notes[-1]
            return bool(notes) and notes.popleft()
        inside = inside and event.tick < self.hole.release
        kind = (event.kind, event.first if event.kind == CONTROL else None)
        if kind == (CONTROL, RESET):
            self.state = {**REST}
        elif kind in REST:
            self.state[kind] = (event.first, event.second)
            return inside
        return inside and kind[0] == CONTROL and (event.first == SOUND_OFF or event.first >= NOTES_OFF)

    def release(self, tick):
        self.released = True
        for (kind, _), (first, second) in self.state.items():
            event = Event(tick, kind, self.hole.channel, first, second)
            self.events.append(event)
            new = ctypes.c_void_p(self.lib.new_fluid_midi_event())
            for name, value in zip(("type", "channel", "key", "velocity"), event[1:]):
                getattr(self.lib, "fluid_midi_event_set_" + name)(new, value)
            self.lib.fluid_synth_handle_midi_event(self.synth, new)
            self.lib.delete_fluid_midi_event(new)


def play(lib, path, seconds, sound_font, hole, lost=None):
    """The events of the file's first seconds, and their sound as bytes."""
    settings = ctypes.c_void_p(lib.new_fluid_settings())
    for key, value in (("synth.reverb.active", 0), ("synth.chorus.active", 0), ("synth.device-id", 16),
                       ("synth.polyphony", 512), ("player.reset-synth", 1)):
        lib.fluid_settings_setint(settings, key.encode(), value)
    lib.fluid_settings_setnum(settings, b"synth.sample-rate", ctypes.c_double(RATE))
    lib.fluid_settings_setstr(settings, b"player.timing-source", b"sample")
    synth = ctypes.c_void_p(lib.new_fluid_synth(settings))
    lib.fluid_synth_sfload(synth, sound_font.encode(), 1)
    player = ctypes.c_void_p(lib.new_fluid_player(synth))
    sieve = Sieve(lib, synth, player, hole, lost)
    lib.fluid_player_set_playback_callback(player, sieve.handler, None)
    lib.fluid_player_add(player, str(path).encode())
    lib.fluid_player_play(player)
    frames = int(seconds * RATE) // 64 * 64
    sound = (ctypes.c_float * (2 * frames))()
    lib.fluid_synth_write_float(synth, frames, sound, 0, 2, sound, 1, 2)
    lib.delete_fluid_player(player)
    lib.delete_fluid_synth(synth)
    lib.delete_fluid_settings(settings)
    return sieve.events, bytes(sound)


def differences(before, after):
    """What differs, in words; empty if nothing does."""
    (old, old_sound), (new, new_sound) = before, after
    found = []
    if old != new:
        lost, more = ((collections.Counter(a) - collections.Counter(b)) for a, b in ((old, new), (new, old)))
        some = ", ".join(str(tuple(event)) for event in [*lost, *more][:4]) or "another order"
        found.append(f"{lost.total()} of {len(old)} events lost, {more.total()} more: {some}")
    if old_sound != new_sound:
        at = next(i for i in range(0, len(old_sound), 8) if old_sound[i:i + 8] != new_sound[i:i + 8])
        found.append(f"it sounds otherwise from {at / 8 / RATE:.3f} s on")
    return found


def loss_is_noticed(before, played):
    """Whether both comparisons notice that the last note is lost, and the first that the first setting is."""
    events = before[0]
    note = max(i for i, event in enumerate(events) if event.kind == NOTE_ON and event.second > 0)
    setting = next(i for i, event in enumerate(events) if event.kind not in (NOTE_OFF, NOTE_ON))
    return len(differences(before, played(note))) == 2 and len(differences(before, played(setting))) > 0


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


def check(lib, sound_font, program, path, out, with_loss):
    """What differs after two bars were written again; None if the file has no such bars."""
    info = inspect(program, path)
    events, division, _ = smfstate.events(path)
    lines = compare_edits.bar_lines(events, division)
    chosen = compare_edits.choose(info, events, lines, random.Random(path))
    if not chosen:
        return None
    part, channel, first, last = chosen
    done = subprocess.run([program, "infill", path, "--parts", str(part["part"]), "--bars", f"{first + 1}-{last + 1}",
                           "--takes", "1", "-o", out], capture_output=True, text=True)
    if done.returncode not in (0, 3):  # 3: the part stays silent
        raise SystemExit(done.stderr)
    # An early onset may stand up to half a grid step, a 24th of a quarter, ahead of the bars.
    begin, end = lines[first] - (division // 24 + 1), lines[last + 1]
    used = {event[0] & 0x0F for *_, event in events if event[0] < SYSEX}
    # What is set back stands on the line behind the bars; an eighth of a quarter is more than a block.
    hole = Hole(channel, begin, end, end + division // 8, used)

    def played(name, lost=None):
        return play(lib, name, info["seconds"], sound_font, hole, lost)

    before, after = played(path), played(out)
    if not any(before[1]):
        raise SystemExit(f"{path}: FluidSynth plays nothing")
    if with_loss and not loss_is_noticed(before, lambda lost: played(out, lost)):
        raise SystemExit(f"{path}: the loss of a kept event goes unnoticed")
    what = f"part {part['part']}, bars {first + 1}-{last + 1}, {len(before[0])} events kept"
    return what, differences(before, after)


def main(program, files):
    sound_font = next((path for path in SOUND_FONTS if pathlib.Path(path).exists()), None)
    try:
        lib = library()
    except OSError:
        lib = None
    if not lib or not sound_font:
        print("no FluidSynth library or sound font")
        return SKIPPED
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for i, path in enumerate(files + pieces(program)):
            checked = check(lib, sound_font, program, path, folder + "/out.mid", with_loss=i == 0)
            what, found = checked or ("no two bars to write", [])
            print(f"{pathlib.Path(path).name}: {what}: {'; '.join(found) or 'no difference'}", flush=True)
            failed |= bool(found)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
