#!/usr/bin/env bash
# A compiler for 32-bit programs is refused while configuring, in plain words.
#   refuses_32_bit.sh SOURCE_FOLDER
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if cmake -S "$1" -B "$folder" -DCMAKE_CXX_FLAGS=-m32 -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY \
  >"$folder/log" 2>&1; then
  echo "a 32-bit compiler was accepted"
  exit 1
fi
grep -q "needs a 64-bit processor" "$folder/log" || { cat "$folder/log"; exit 1; }
echo "32-bit compilers are refused"
