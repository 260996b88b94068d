#!/usr/bin/env bash
# Installs library and headers into an empty folder, and builds and runs programs from what lies there
# alone: through CMake's package, through pkg-config, from C++ and C, and through Python's ctypes.
#   install.sh BUILD_FOLDER SOURCE_FOLDER WORK_FOLDER
set -euo pipefail
build=$1 source=$2 work=$3
rm -rf "$work"
mkdir -p "$work/elsewhere"
prefix=$work/prefix

for component in model program runtime development; do
  cmake --install "$build" --prefix "$prefix" --component $component >/dev/null
done
# What was installed holds on its own: from here on the sources and their build are out of sight.
cp -r "$source/tests/library/consumer" "$source/examples/compose.cc" "$source/examples/compose.c" \
  "$source/tests/library/ctypes_test.py" "$work/elsewhere"
cd "$work/elsewhere"
if grep -rlF -e "$source" -e "$build" "$prefix" --include='*.cmake' --include='*.pc' --include='*.h' --include='*.hpp'; then
  echo "these files name the folder of the sources"
  exit 1
fi
stray=$(find "$prefix/include" -type f ! -path "$prefix/include/sage/*")
[[ -z $stray ]] || { echo "headers outside of include/sage: $stray"; exit 1; }
clean() { env -i PATH="$PATH" HOME="$work" "$@"; }

echo "program"
clean "$prefix/bin/sage-music" generate --bars 2 --endings 0 -o program.mid >/dev/null
grep -q "^.SH COMMANDS" "$prefix/share/man/man1/sage-music.1"
grep -q "prompt" "$prefix/share/man/man1/sage-music-generate.1"
(
  source "$prefix/share/bash-completion/completions/sage-music"
  COMP_WORDS=(sage-music gen) COMP_CWORD=1
  _sage_music
  [[ ${COMPREPLY[*]} == generate ]]
)

echo "symbols of the shared library"
library=$(find "$prefix" -name 'libsage_music.so')
foreign=$(nm -D --defined-only "$library" | awk '{ print $3 }' | grep -vE '^(sage_[a-z_]+|SAGE_MUSIC_0)(@@SAGE_MUSIC_0)?$' || true)
[[ -z $foreign ]] || { echo "it shows: $foreign"; exit 1; }
declared=$(grep -oE '\bsage_[a-z_]+\(' "$prefix/include/sage/sage.h" | tr -d '(' | sort -u)
shown=$(nm -D --defined-only "$library" | grep -oE '\bsage_[a-z_]+' | sort -u)
missing=$(comm -13 <(echo "$shown") <(grep -E '^SAGE_API' -A2 "$prefix/include/sage/sage.h" | grep -oE '\bsage_[a-z_]+\(' | tr -d '(' | sort -u))
[[ -z $missing && -n $declared ]] || { echo "declared and not there: $missing"; exit 1; }

echo "CMake"
clean cmake -S consumer -B out -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DEXAMPLES="$PWD" >configure.log 2>&1 ||
  { cat configure.log; exit 1; }
clean ninja -C out >build.log 2>&1 || { cat build.log; exit 1; }
clean out/compose_cpp "$(cat out/model)" cpp.mid >/dev/null
clean out/compose_c c.mid
[[ $(clean out/read_midi cpp.mid) -gt 50 ]]

echo "pkg-config"
export PKG_CONFIG_PATH=${library%/*}/pkgconfig
cc -o compose_c compose.c $(pkg-config --cflags --libs sage_music)
clean LD_LIBRARY_PATH="${library%/*}" ./compose_c c2.mid
cmp c.mid c2.mid
c++ -std=c++20 -o read_midi consumer/read_midi.cc $(pkg-config --cflags --libs sage_music_cpp)
[[ $(./read_midi cpp.mid) -gt 50 ]]

echo "ctypes"
clean python3 ctypes_test.py "$library"
