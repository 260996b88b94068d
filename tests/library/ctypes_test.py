"""The C interface as another language calls it, through Python's ctypes: ctypes_test.py LIBRARY [MODEL]"""
import ctypes
import json
import sys


class Note(ctypes.Structure):
    _fields_ = [("onset", ctypes.c_int64), ("duration", ctypes.c_int64), ("program", ctypes.c_int32),
                ("pitch", ctypes.c_uint8), ("velocity", ctypes.c_uint8), ("reserved", ctypes.c_uint8 * 2)]


sage = ctypes.CDLL(sys.argv[1])
sage.sage_last_error.restype = ctypes.c_char_p
sage.sage_engine_info.restype = ctypes.c_char_p
sage.sage_score_notes.restype = ctypes.c_size_t
assert ctypes.sizeof(Note) == 24

engine = ctypes.c_void_p()
model = sys.argv[2].encode() if len(sys.argv) > 2 else None
assert sage.sage_engine_open(model, ctypes.byref(engine)) == 0, sage.sage_last_error()
assert json.loads(sage.sage_engine_info(engine))["context"] > 0

score = ctypes.c_void_p()
request = json.dumps({"bars": 2, "instruments": ["piano", "drums"], "seed": 5}).encode()
assert sage.sage_generate(engine, request, None, None, None, ctypes.byref(score)) == 0, sage.sage_last_error()
count = sage.sage_score_notes(score, None, ctypes.c_size_t(0))
notes = (Note * count)()
assert sage.sage_score_notes(score, notes, ctypes.c_size_t(count)) == count > 0
assert {note.program for note in notes} <= {0, 128}
assert all(a.onset <= b.onset for a, b in zip(notes, notes[1:]))

assert sage.sage_generate(engine, b'{"tempo": "fast"}', None, None, None, ctypes.byref(score)) == 1
assert b"'tempo': must be a number" in sage.sage_last_error()
sage.sage_free_score(score)
sage.sage_free_engine(engine)
print(f"{count} notes through ctypes")
