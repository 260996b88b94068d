#!/usr/bin/env python3
"""What choosing among endings does: the probability of an end after the last bar, and the time it takes.

    python3 bench/endings.py --program build/release/bin/sage-music models/small.safetensors

Pieces of 16 bars from nothing, for a band and for strings, with the seeds 1 to --seeds, each with 1, 8 and so on endings to choose
among (generate --endings). One row for an ensemble and a number of endings, as a Markdown table.
"""
import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

ENSEMBLES = {"band": "flute,piano,acoustic bass,drums", "strings": "violin,viola,cello"}


def generate(options, ensemble, endings, seed, folder):
    command = [options.program, "generate", "--model", options.model, "--instruments", ensemble, "--tempo", "120",
               "--time-signature", "4/4", "--bars", "16", "--seed", str(seed), "--endings", str(endings), "--json",
               "-o", str(pathlib.Path(folder) / "piece.mid")]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if answer.returncode != 0:
        sys.exit("endings: generate failed, see above")
    return json.loads(answer.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("model")
    parser.add_argument("--program", required=True)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--endings", type=lambda text: [int(n) for n in text.split(",")], default=[1, 8, 32, 128], metavar="N,N,...",
                        help="at most; from 1")
    options = parser.parse_args()
    print("| | endings at most | written | probability of an end, mean | likelier than not | seconds for it | for the rest |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, ensemble in ENSEMBLES.items():
            for endings in options.endings:
                pieces = [generate(options, ensemble, endings, seed, folder) for seed in range(1, options.seeds + 1)]
                sure = [1 / (1 + math.exp(-piece["ending_log_odds"])) for piece in pieces]
                tried = statistics.mean(piece["endings_tried"] for piece in pieces)
                ending = statistics.median(piece["ending_seconds"] for piece in pieces)
                rest = statistics.median(piece["generation_seconds"] - piece["ending_seconds"] for piece in pieces)
                print(f"| {name} | {endings} | {tried:.1f} | {statistics.mean(sure):.3f} | {sum(p > 0.5 for p in sure)} of {len(sure)} "
                      f"| {ending:.2f} | {rest:.2f} |", flush=True)


if __name__ == "__main__":
    main()
