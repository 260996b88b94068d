#!/usr/bin/env python3
"""The outputs of commands with given seeds are byte for byte what golden.json says, on every instruction set here.

    golden_test.py PROGRAM SOURCE_FOLDER            compares
    golden_test.py PROGRAM SOURCE_FOLDER --write    records what the program writes now

The last bit of a logit depends on the order of sums, so a file may differ between families of instruction sets
(scalar; AVX2; AVX-512), and never within one or between machines. A family that this machine lacks is not compared, nor
written.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
GOLDEN = pathlib.Path(__file__).parent / "golden.json"
FAMILIES = {"scalar": ["scalar"], "avx2": ["avx2", "avx_vnni"], "avx512": ["avx512", "avx512_vnni"], "neon": ["neon"]}
PIECE = "tests/cli/golden.mid"
FIRST = ["--model", "models/first.safetensors"]
SMALL = ["--model", "models/small.safetensors"]
BAND = ["--instruments", "flute,piano,bass,drums"]
DUO = ["--instruments", "piano,violin"]
SONG = ["--tempo", "120", "--time-signature", "4/4", "--seed", "5"]

# Of each case the command; the output is {out}.
CASES = {
    "generate, first": ["generate", *FIRST, *DUO, *SONG, "--bars", "2", "-o", "{out}"],
    "generate, small": ["generate", *SMALL, *BAND, *SONG, "--bars", "4", "-o", "{out}"],
    "continue": ["generate", *FIRST, "--prompt", PIECE, "--prompt-bars", "2", "--bars", "2", "--seed", "6", "-o", "{out}"],
    "infill, in place": ["infill", *SMALL, PIECE, "--bars", "5-6", "--instruments", "piano", "--seed", "7", "-o", "{out}"],
    "infill, FILL": ["infill", *FIRST, PIECE, "--bars", "5-6", "--way", "fill", "--seed", "7", "-o", "{out}"],
    "wishes": ["generate", *FIRST, *DUO, *SONG, "--bars", "2", "--key", "Dm", "--chords", "Dm | A7", "-o", "{out}"],
    "vary": ["vary", *SMALL, PIECE, "--bars", "3-4", "--similarity", "0.6", "--seed", "8", "-o", "{out}"],
    "accompany": ["accompany", *SMALL, PIECE, "--parts", "strings", "--bars", "1-2", "--seed", "9", "-o", "{out}"],
    "tokenize": ["tokenize", PIECE, "-o", "{out}"],
}
SCALAR = ("generate, first", "continue")  # slow: two are enough


def run(case, isa, folder):
    """The SHA-256 of what a command writes; None where the machine lacks the instructions."""
    out = pathlib.Path(folder) / f"{isa}.out"
    command = [PROGRAM] + [str(out) if word == "{out}" else word for word in CASES[case]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "SAGE_ISA": isa})
    if done.returncode != 0:
        if "SAGE_ISA" in done.stderr:
            return None
        raise SystemExit(f"{case}, {isa}: {done.stderr.strip()}")
    return hashlib.sha256(out.read_bytes()).hexdigest()


def main():
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    wrong, compared = [], set()
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            known = golden.setdefault(case, {})
            for family, sets in FAMILIES.items():
                if family == "scalar" and case not in SCALAR:
                    continue
                for isa in sets:
                    digest = run(case, isa, folder)
                    if digest is None:
                        continue
                    compared.add(isa)
                    if "--write" in sys.argv:
                        known[family] = digest
                    elif known.get(family, digest) != digest:
                        wrong.append(f"{case}, {isa}")
    if "--write" in sys.argv:
        GOLDEN.write_text(json.dumps({case: golden[case] for case in CASES}, indent=1) + "\n")
    print(f"{len(CASES)} commands on {', '.join(sorted(compared))}: {len(wrong)} outputs are not what they were")
    for each in wrong:
        print(f"  {each}")
    if wrong:
        print("If this is what the change is for, record it: tests/cli/golden_test.py PROGRAM SOURCE_FOLDER --write")
    return 1 if wrong or not compared else 0


sys.exit(main())
