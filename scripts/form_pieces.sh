#!/usr/bin/env bash
# Writes the ten pieces of docs/pieces/forms.md, one command each: form, chords, ending.
#   scripts/form_pieces.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${1:-build/release/bin/sage-music}

# Number, form and chords of a piece; the rest are more options of generate.
piece() {
  local number=$1 form=$2 chords=$3
  shift 3
  "$program" generate --form "$form" --chords "$chords" --playable --seed "$number" "$@" \
    -o "docs/pieces/form-$number.mid" --svg "docs/pieces/form-$number.svg"
}

piece 1 "A A' B A" "C | Am | F | G" --instruments flute,piano,bass,drums --tempo 112 --time-signature 4/4
piece 2 "A A' B A" "Dm | Bb | Gm | A7" --instruments violin,cello,piano --tempo 88 --time-signature 4/4
piece 3 "intro4 verse chorus verse' chorus" "G | D | Em | C" --instruments "acoustic guitar,bass,drums,strings" \
  --tempo 120 --time-signature 4/4
piece 4 "A B A'" "F | C7 | F | Bb C7" --instruments clarinet,piano --tempo 132 --time-signature 3/4
piece 5 "A A' B B' A''" "Em | Am | D | G | C | F#dim | B7 | Em" --instruments "electric piano,bass,drums,tenor sax" \
  --tempo 104 --time-signature 4/4
piece 6 "A4 A4' B4 A4 C4 A4'" "D | G | A7 | D" --instruments flute,violin,cello --tempo 120 --time-signature 4/4
piece 7 "A A B A'" "Cm | Fm | G7 | Cm" --instruments "string ensemble,trumpet,timpani" --tempo 96 --time-signature 4/4
piece 8 "A B A" "Bb | Eb | F7 | Bb" --instruments "piano" --tempo 100 --time-signature 6/8
piece 9 "verse chorus verse' chorus bridge4 chorus'" "A | E | F#m | D" --instruments "overdriven guitar,bass,drums,organ" \
  --tempo 138 --time-signature 4/4
piece 10 "A A' B A" "Am7 | D7 | Gmaj7 | Cmaj7 | F#m7b5 | B7 | Em | Em" --instruments "vibraphone,acoustic bass,drums,piano" \
  --tempo 126 --time-signature 4/4
