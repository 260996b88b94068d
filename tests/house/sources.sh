#!/usr/bin/env bash
# Rules that a search can check: no way around the layers, special headers only in their layers, and
# nothing in the library that prints, exits or reads the environment.
#   sources.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
failures=0

# forbid MESSAGE PATTERN EXCEPT_PATH FOLDER...: no line of code (comments aside) matches PATTERN in the
# folders, files whose path matches EXCEPT_PATH aside. A few processes a rule, not some a file: where
# starting one is slow, that is minutes.
forbid() {
  local message=$1 pattern=$2 except=$3
  shift 3
  local file files=() hits
  while IFS= read -r file; do
    [[ -n $except && $file =~ $except ]] || files+=("$file")
  done < <(find "$@" \( -name '*.h' -o -name '*.cc' \) | sort)
  if hits=$(grep -nHE "$pattern" "${files[@]}" | sed 's|//.*||' | grep -E ":[0-9]+:.*($pattern)"); then
    echo "$message:"
    echo "$hits"
    failures=1
  fi
}

code=()
for folder in src apps tests bench fuzz plugin python; do
  [[ ! -d $folder ]] || code+=("$folder")
done
forbid 'includes by a relative path' '#include "\.\.?/' '' "${code[@]}"
forbid 'libtorch outside of ops and train' '#include <(torch|ATen|c10)/' '^(src|tests)/(ops|train)/' "${code[@]}"
forbid 'FluidSynth outside of synth' '#include <fluidsynth' '^src/synth/' "${code[@]}"
forbid 'intrinsics outside of kernels/isa' '#include <([a-z]*mmintrin|immintrin|arm_neon)\.h>' \
  '^src/kernels/isa/' src apps
forbid 'sockets outside of serve' '#include <(sys/socket|netinet/|arpa/|netdb|boost/)' '^src/serve/' src apps
forbid 'RtMidi outside of live/ports' '#include <(rtmidi/)?RtMidi' '^src/live/ports/' src apps

forbid 'prints' 'std::(cout|cerr|clog)|#include <(iostream|print)>|\b(printf|fprintf|puts|fputs|putchar|perror)\(' \
  '' src
forbid 'ends the program' '\b(exit|_exit|quick_exit|abort|terminate)\(' '' src
forbid 'reads the environment (only the instruction set may be forced)' '\b(secure_)?getenv\(' \
  '^src/kernels/dispatch\.cc$' src

headers=()
while IFS= read -r file; do headers+=("$file"); done < <(find "${code[@]}" -name '*.h')
hits=$(grep -L '^#pragma once$' "${headers[@]}" || true)
if [[ -n $hits ]]; then
  echo "no #pragma once:"
  echo "$hits"
  failures=1
fi

[[ $failures -eq 0 ]] && echo "the rules hold"
exit "$failures"
