#!/usr/bin/env python3
"""Continues held-out pieces by a form and without one, and compares both with the composers.

    form.py PROGRAM DATA -o FOLDER [--form "A A' B A"] [--seed 1]

Of every multi-track piece of docs/benchmark/public.tsv with at least four sections of eight bars, in one meter, the
first eight bars are given. Three systems write the rest: `plain` (generate --bars), `form` (generate --form), and
`copy` (generate without a model would be no music: the eight bars again and again). `eval score` then compares the
written bars with the composers', and FOLDER/scores.{json,md,html} hold the result. A measure of what comes back alone
would be won by `copy`.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
GIVEN, BARS = 8, 32


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def held_out(program, data):
    """The pieces, as paths."""
    with open(ROOT / "docs/benchmark/public.tsv", encoding="utf-8") as file:
        names = {row["file"] for row in csv.DictReader(file, delimiter="\t")}
    for path in sorted(pathlib.Path(data, "test_multitrack").rglob("*.mid")):
        if path.name not in names:
            continue
        info = json.loads(run(program, "inspect", path, "--json").stdout)
        if info["bars"] >= BARS and len(info["meters"]) == 1:
            yield path


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("program")
    options.add_argument("data")
    options.add_argument("-o", "--output", required=True)
    options.add_argument("--form", default="A A' B A")
    options.add_argument("--seed", default=1, type=int)
    asked = options.parse_args()
    out = pathlib.Path(asked.output)
    folders = {name: out / name for name in ("plain", "form", "copy", "references")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    pieces = list(held_out(asked.program, asked.data))
    for index, path in enumerate(pieces):
        print(f"\r{index + 1} of {len(pieces)}", end="", file=sys.stderr, flush=True)
        common = ("generate", "--prompt", path, "--prompt-bars", GIVEN, "--seed", asked.seed)
        written = {
            "plain": run(asked.program, *common, "--bars", BARS - GIVEN, "-o", folders["plain"] / path.name),
            "form": run(asked.program, *common, "--form", asked.form, "-o", folders["form"] / path.name),
            "copy": run(asked.program, *common, "--form", "A A A A8", "-o", folders["copy"] / path.name)}
        for name, done in written.items():
            if done.returncode not in (0, 3):
                print(f"\n{path.name}: {name}: {done.stderr.strip()}", file=sys.stderr)
        (folders["references"] / path.name).write_bytes(path.read_bytes())
    print(file=sys.stderr)
    scored = run(asked.program, "eval", "score", "--references", folders["references"], "--skip-bars", GIVEN, "--bars",
                 BARS - GIVEN, "--report", out / "scores",
                 *(part for name in ("plain", "form", "copy") for part in ("--outputs", f"{name}={folders[name]}")))
    print(scored.stdout or scored.stderr)
    return scored.returncode


if __name__ == "__main__":
    sys.exit(main())
