#!/usr/bin/env python3
"""Band music for training under a clear licence: mma's band under folk tunes and progressions.

  band_music.py make --tunes DATA/train_copyleft -o OUT      the set, from a seed
  band_music.py check OUT --tunes DATA/train_copyleft        what it is like, in figures

docs/band-music.md describes its content and the held-out part.
"""

import argparse
import sys

from band import checks, production


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="make the set, or go on making it")
    make.add_argument(
        "--tunes", required=True, metavar="FOLDER", help="the data set with the Nottingham tunes"
    )
    make.add_argument("-o", "--out", required=True, metavar="FOLDER")
    make.add_argument("--seed", type=int, default=1)
    make.add_argument(
        "--per-tune",
        type=int,
        default=2,
        metavar="N",
        help="arrangements of each training tune (2)",
    )
    make.add_argument(
        "--songs",
        type=int,
        default=1500,
        metavar="N",
        help="training songs over progressions (1500)",
    )
    make.add_argument(
        "--valid-songs", type=int, default=80, metavar="N", help="held-out songs (80)"
    )
    make.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (1)")
    check = commands.add_parser("check", help="measure a set")
    check.add_argument("out", metavar="FOLDER")
    check.add_argument(
        "--tunes",
        metavar="FOLDER",
        help="where the melodies come from: compares them note for note",
    )
    args = parser.parse_args()
    try:
        if args.command == "make":
            production.make(args)
            return 0
        return checks.check(args.out, args.tunes)
    except production.BandError as error:
        print(f"band_music: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("band_music: interrupted; the same command continues", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
