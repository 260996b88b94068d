#!/usr/bin/env python3
"""The figures of the model cards, several models side by side, as Markdown tables.

    python3 bench/model_figures.py --program build/release/bin/sage-music --data DATA --bands band/valid -o figures \\
        small=models/small.safetensors base=models/base.safetensors

DATA holds the folders valid_clean, test_multitrack and test_piano with their MANIFEST.tsv; --bands is the held-out part of
scripts/band_music.py's set. With --ngram FOLDER, again for each, n-gram models learnt from these folders stand beside the first
model. What was measured is kept in the output folder, by question and model, so the same command continues, and one more model
costs its own time only: about 15 minutes on one core. For another build of the program, or other music in the same places,
take a new folder.
"""
import argparse
import csv
import hashlib
import json
import pathlib
import subprocess
import sys

TERMS = {"nmsi": ("NMSI", ".1f"), "sim_chr": ("chroma", ".3f"), "sim_grv": ("groove", ".3f"),
         "sim_ssm": ("structure", ".3f"), "sim_nd": ("density", ".3f")}
RATES = {"stuck_loop": "stuck in a loop", "silent_bars": "silent bars", "endless_note": "endless note",
         "one_note_part": "a part of one note", "drums_off_grid": "drums off the grid",
         "out_of_range": "notes out of range", "silent_instrument": "an instrument that was asked for stays silent",
         "lost_instrument": "one is silent in the latter half"}
FORGETTING = ["silent_instrument", "lost_instrument"]  # of the prompt's instruments, in continuations
PARTS = ["nats", "continuations", "failures", "widths"]
MEANS = {"scale_consistency": ("scale consistency", ".3f"), "groove_consistency": ("groove consistency", ".3f"),
         "pitch_class_entropy": ("pitch class entropy, bits", ".3f")}


def manifest(folder):
    with open(folder / "MANIFEST.tsv", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def held_out_sets(data, bands):
    """name: (files or folders, limit; 0: all)."""
    clean = [data / "test_multitrack" / row["file"] for row in manifest(data / "test_multitrack") if row["tier"] == "clean"]
    sets = {
        "validation pieces, scores (200 of 1,121)": ([data / "valid_clean"], 200),
        "multi-track test pieces, clean tier": (clean, 0),
        "multi-track test pieces, all": ([data / "test_multitrack"], 0),
        "piano test pieces, clean tier":
            ([data / "test_piano" / row["file"] for row in manifest(data / "test_piano") if row["tier"] == "clean"], 0),
        "piano test pieces, all (45 of 90)": ([data / "test_piano"], 45),
    }
    if bands:
        of_songs = [row["split"].startswith("valid: progression") for row in manifest(bands)]
        files = [bands / row["file"] for row in manifest(bands)]
        sets["band music, held-out progressions"] = ([f for f, song in zip(files, of_songs) if song], 0)
        sets["band music, held-out tunes"] = ([f for f, song in zip(files, of_songs) if not song], 0)
    return sets


def parts_of(text):
    parts = text.split(",")
    if unknown := sorted(set(parts) - set(PARTS)):
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not of {', '.join(PARTS)}")
    return parts


class Measured:
    """Asks the program each question once and keeps its JSON, under a hash of the question and the model's bytes."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        folder.mkdir(parents=True, exist_ok=True)

    def ask(self, *question, model, report=False):
        """`question`: the arguments of the program but for --model; with `report`, of a task that writes a report."""
        words = [str(word) for word in question]
        key = hashlib.sha256("\0".join([*words, model.contents]).encode()).hexdigest()[:16]
        kept = self.folder / f"{key}.json"
        if not kept.exists():
            print(f"{model}: {' '.join(words)[:120]}", file=sys.stderr)
            outputs = ["-o", self.folder / key] if report else []
            answer = subprocess.run([self.program, *words, "--json", *outputs, *model.arguments(words)],
                                    stdout=subprocess.PIPE, text=True)
            if answer.returncode != 0:
                sys.exit(f"model_figures: {self.program} {words[0]} failed, see above; the same command continues from here")
            text = (self.folder / key / "report.json").read_text() if report else answer.stdout
            part = kept.with_suffix(".part")
            part.write_text(text)
            part.replace(kept)
        return json.loads(kept.read_text())


class Model:
    def __init__(self, file):
        self.file = file
        self.contents = hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()

    def __str__(self):
        return self.file

    def arguments(self, words):
        return [self.file] if words[0] == "quantize" else ["--model", self.file]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def nats(measured, models, sets, ngram):
    rows, ngram_names = [], []
    for title, (data, limit) in sets.items():
        answers = []
        for at, model in enumerate(models.values()):
            learn = ["--ngram", *ngram] if ngram and at == 0 else []
            answers.append(measured.ask("eval", "likelihood", "--data", *data, "--limit", limit, *learn, model=model))
        others = answers[0]["ngram"]["models"] if ngram else []
        ngram_names = [other["model"] for other in others]
        rows.append([f"{title}: {answers[0]['pieces']} pieces, {answers[0]['notes']:,} notes"] +
                    [f"{a['nats_per_note']:.3f}" for a in answers] + [f"{other['nats_per_note']:.2f}" for other in others])
    print("Nats a note of whole pieces (`eval likelihood`); lower is better.\n")
    table(["held out", *models, *ngram_names], rows)


def spread(figure, shape):
    return f"{figure['mean']:{shape}} ({figure['low']:{shape}} to {figure['high']:{shape}})"


def cell(system, metric, shape):
    value = system["metrics"][metric]["mean"]
    return "" if value is None else f"{value:{shape}}".replace("%", " %")


def continuations(measured, models, folder, limit):
    reports = {name: measured.ask("eval", "continuation", "--data", folder, "--limit", limit, "--jobs", 1, model=model, report=True)
               for name, model in models.items()}
    first = next(iter(reports.values()))
    print(f"Continuing {first['pieces']} pieces of `{folder.name}` after four bars (`eval continuation`), 95 % intervals.\n")
    systems = [(name, r["systems"][0]) for name, r in reports.items()]
    systems += [(f"*{system['name']}*", system) for system in first["calibrations"]]
    table(["", *(title for title, _ in TERMS.values())],
          [[name] + [spread(system[term], shape) for term, (_, shape) in TERMS.items()] for name, system in systems])
    print("Share of these pieces in which an instrument of the prompt is lost.\n")
    columns = [(name, system) for name, system in systems if system["metrics"][FORGETTING[0]]["mean"] is not None]
    table(["", *(name for name, _ in columns)],
          [[RATES[rate]] + [cell(system, rate, ".1%") for _, system in columns] for rate in FORGETTING])


def failures(measured, models, task, folder, limit):
    reports = {name: measured.ask("eval", task, "--data", folder, "--limit", limit, "--jobs", 1, model=model, report=True)
               for name, model in models.items()}
    first = next(iter(reports.values()))
    columns = [(f"references ({folder.name})", next(s for s in first["calibrations"] if s["name"] == "reference"))]
    columns += [(name, r["systems"][0]) for name, r in reports.items()]

    print(f"`eval {task}` over {first['pieces']} pieces of `{folder}`: share of pieces with a fault, and means.\n")
    rows = [[title] + [cell(system, rate, ".1%") for _, system in columns] for rate, title in RATES.items()]
    rows += [[title] + [cell(system, mean, shape) for _, system in columns] for mean, (title, shape) in MEANS.items()]
    table(["", *(name for name, _ in columns)], rows)


def widths(measured, models, folder):
    for name, model in models.items():
        print(f"Loss from quantisation of {name}, 20 validation pieces (`quantize`).\n")
        answer = measured.ask("quantize", "--data", folder, "--limit", 20, model=model)
        table(["weights", "cache", "weights MB", "K/V bytes a token", "nats a note", "change"],
              [[row["weights"], row["cache"], f"{row['weight_bytes'] / 1e6:.2f}", str(row["kv_bytes_per_token"]),
                f"{row['nats_per_note']:.4f}", f"{row['change_percent']:.2f} %"] for row in answer["types"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("models", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--program", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--bands", type=pathlib.Path)
    parser.add_argument("--ngram", action="append", default=[], metavar="FOLDER", help="folder of training music; repeatable")
    parser.add_argument("--parts", type=parts_of, default=PARTS, help="comma-separated list; default: " + ",".join(PARTS))
    parser.add_argument("-o", "--out", required=True, type=pathlib.Path)
    options = parser.parse_args()
    names = [model.partition("=")[0] for model in options.models]
    if not all("=" in model for model in options.models) or len(set(names)) < len(names):
        parser.error("models are NAME=FILE, each with a unique name")
    try:
        models = {name: Model(model.partition("=")[2]) for name, model in zip(names, options.models)}
        sets = held_out_sets(options.data, options.bands)
    except OSError as error:
        sys.exit(f"model_figures: {error.strerror}: {error.filename}")
    except KeyError as error:
        sys.exit(f"model_figures: a MANIFEST.tsv lacks the column {error}")
    measured = Measured(options.program, options.out)
    if "nats" in options.parts:
        nats(measured, models, sets, options.ngram)
    if "continuations" in options.parts:
        continuations(measured, models, options.data / "test_multitrack", 0)
        continuations(measured, models, options.data / "test_piano", 0)
    if "failures" in options.parts:
        failures(measured, models, "unconditional", options.data / "valid_clean", 200)
        if options.bands:
            failures(measured, models, "instrument", options.bands, 100)
    if "widths" in options.parts:
        widths(measured, models, options.data / "valid_clean")


if __name__ == "__main__":
    main()
