#!/usr/bin/env bash
# Makes the picture and the clip of the README from the program's own output: the piece that `./run`
# composes, as docs/pieces/first.mid, .svg and .opus. Needs opusenc (Debian: opus-tools).
#   scripts/first_piece.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${1:-build/release/bin/sage-music}

command -v opusenc >/dev/null || {
  echo "first_piece: opusenc is missing; install Debian's package opus-tools" >&2
  exit 1
}
wav=$(mktemp --suffix=.wav)
trap 'rm -f "$wav"' EXIT

# The same as in ./run.
piece=(--instruments "flute,piano,acoustic bass,drums" --tempo 126 --time-signature 4/4 --bars 24 --seed 3)
"$program" generate "${piece[@]}" -o docs/pieces/first.mid --wav "$wav" --svg docs/pieces/first.svg
opusenc --quiet --bitrate 48 --serial 1 --comment "TITLE=First piece of SAGE-Music" "$wav" docs/pieces/first.opus
ls -l docs/pieces/first.mid docs/pieces/first.svg docs/pieces/first.opus
