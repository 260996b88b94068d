"""Standard MIDI files, as much of them as band music needs: parts of notes, one meter, one tempo.

Reading is for well-formed files (mma's own and the folk tunes'); a broken one raises MidiError.
"""

import struct
from dataclasses import dataclass, field


class MidiError(Exception):
    """A one-line error about a file."""


@dataclass(order=True)
class Note:
    start: int  # ticks
    pitch: int
    end: int
    velocity: int = 90


@dataclass
class Part:
    """Notes of one track that share channel and program."""

    name: str
    program: int
    drums: bool
    notes: list = field(default_factory=list)


@dataclass
class Song:
    ticks_per_quarter: int
    parts: list
    meters: list  # (tick, numerator, denominator)
    sharps: int = 0
    minor: bool = False
    tempo: float = 120.0  # quarters a minute


def _length(data, at):
    value = 0
    while True:
        byte = data[at]
        at += 1
        value = value << 7 | byte & 127
        if byte < 128:
            return value, at


def _read_track(data, at, end, song):
    time, status, name = 0, 0, ""
    programs, open_notes, parts = {}, {}, {}
    while at < end:
        delta, at = _length(data, at)
        time += delta
        if data[at] == 0xFF:
            kind = data[at + 1]
            size, at = _length(data, at + 2)
            text = data[at : at + size]
            at += size
            if kind == 0x03 and size:
                name = text.decode("latin-1")
            elif kind == 0x51:
                song.tempo = 60e6 / int.from_bytes(text, "big")
            elif kind == 0x58 and (time, text[0], 1 << text[1]) not in song.meters:
                song.meters.append((time, text[0], 1 << text[1]))
            elif kind == 0x59:
                song.sharps, song.minor = struct.unpack("b", text[:1])[0], text[1] == 1
            continue
        if data[at] in (0xF0, 0xF7):
            size, at = _length(data, at + 1)
            at += size
            continue
        if data[at] & 0x80:
            status = data[at]
            at += 1
        kind, channel = status >> 4, status & 15
        first = data[at]
        second = 0 if kind in (12, 13) else data[at + 1]
        at += 1 if kind in (12, 13) else 2
        if kind == 12:
            programs[channel] = first
        elif kind in (8, 9):
            program = programs.get(channel, 0)
            key = (channel, first)
            # A note begun again ends the one that sounds.
            if key in open_notes and (kind == 8 or second == 0 or open_notes[key][0].start < time):
                note, owner = open_notes.pop(key)
                note.end = max(note.start + 1, time)
                parts[owner].notes.append(note)
            if kind == 9 and second > 0 and key not in open_notes:
                owner = (channel == 9, program)
                if owner not in parts:
                    parts[owner] = Part(name, program, channel == 9)
                open_notes[key] = (Note(time, first, time + 1, second), owner)
    for note, owner in open_notes.values():
        note.end = max(note.start + 1, time)
        parts[owner].notes.append(note)
    for part in parts.values():
        part.notes.sort()
    return list(parts.values())


def read(path):
    """The song in a file of type 0 or 1."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"MThd" or len(data) < 14:
        raise MidiError(f"{path}: no MIDI file")
    _, _, division = struct.unpack(">HHH", data[8:14])
    if division & 0x8000:
        raise MidiError(f"{path}: SMPTE time")
    song = Song(division, [], [])
    at = 14
    try:
        while at + 8 <= len(data):
            size = struct.unpack(">I", data[at + 4 : at + 8])[0]
            if data[at : at + 4] == b"MTrk":
                song.parts += _read_track(data, at + 8, at + 8 + size, song)
            at += 8 + size
    except IndexError:
        raise MidiError(f"{path}: ends in the middle of an event") from None
    return song


def _varlen(value):
    out = [value & 127]
    while value > 127:
        value >>= 7
        out.append(value & 127 | 128)
    return bytes(reversed(out))


def _track(events):
    events.sort(key=lambda event: event[:2])
    body, now = bytearray(), 0
    for time, _, message in events:
        body += _varlen(time - now) + message
        now = time
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _meta(kind, data):
    return bytes([0xFF, kind]) + _varlen(len(data)) + data


def to_bytes(song):
    """The song as a file of type 1: a track of meters and tempo, then one track a part."""
    events = [(0, 0, _meta(0x51, int(round(60e6 / song.tempo)).to_bytes(3, "big")))]
    events.append((0, 0, _meta(0x59, struct.pack("bB", song.sharps, song.minor))))
    for time, numerator, denominator in song.meters:
        clocks = 36 if denominator == 8 and numerator % 3 == 0 else 24
        shape = bytes([numerator, denominator.bit_length() - 1, clocks, 8])
        events.append((time, 0, _meta(0x58, shape)))
    tracks = [_track(events)]
    channels = iter([c for c in range(16) if c != 9])
    taken = {}
    for part in song.parts:
        if part.drums:
            channel = 9
        else:
            # Sixteen channels are soon used up; parts of one program may share theirs.
            channel = taken.get(part.program) if len(taken) >= 12 else None
            if channel is None:
                channel = next(channels)
                taken[part.program] = channel
        events = [(0, 0, _meta(0x03, part.name.encode("latin-1")))]
        events.append((0, 1, bytes([0xC0 | channel, part.program])))
        for note in part.notes:
            events.append((note.start, 3, bytes([0x90 | channel, note.pitch, note.velocity])))
            events.append((note.end, 2, bytes([0x80 | channel, note.pitch, 0])))
        tracks.append(_track(events))
    head = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), song.ticks_per_quarter)
    return head + b"".join(tracks)
