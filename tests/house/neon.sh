#!/usr/bin/env bash
# Compiles the ARM kernels on a machine of another kind, where a cross compiler is at hand.
#   neon.sh LAYERS_FOLDER SOURCE_FOLDER
set -euo pipefail
compiler=aarch64-linux-gnu-g++
if ! command -v "$compiler" >/dev/null; then
  echo "no cross compiler here (Debian package g++-aarch64-linux-gnu)"
  exit 77
fi
"$compiler" -std=c++20 -O2 -Wall -Wextra -Wpedantic -Wshadow -Werror -I "$1/base" -I "$1/kernels" \
  -c "$2/src/kernels/isa/neon.cc" -o /dev/null
echo "the NEON kernels compile"
