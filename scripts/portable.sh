#!/usr/bin/env bash
# Gathers the headers and libraries of the trainer's small dependencies in a folder, for a machine without
# their packages or without network (a cluster, a GPU container): scripts/portable.sh FOLDER
# There: cmake -DCMAKE_PREFIX_PATH="FOLDER/usr;$(python3 -c 'import torch; print(torch.utils.cmake_prefix_path)')" ...
set -euo pipefail

if [[ $# -ne 1 ]]; then
  echo "portable: name the folder to fill" >&2
  exit 2
fi
packages=(libcli11-dev libexpected-dev libxxhash-dev libxxhash0 libzstd-dev libzstd1 nlohmann-json3-dev)
mkdir -p "$1"
for package in "${packages[@]}"; do
  if ! dpkg-query -L "$package" >/dev/null 2>&1; then
    echo "portable: $package is missing here; run scripts/install.sh run test" >&2
    exit 1
  fi
  dpkg-query -L "$package" | while read -r file; do
    case $file in
      /usr/share/doc/* | /usr/share/man/*) continue ;;
    esac
    [[ -d $file ]] || cp --parents --no-dereference "$file" "$1"
  done
done
# Libraries may stand in /lib, which their links in /usr/lib lead to.
[[ -d $1/lib ]] && cp -r --no-dereference "$1/lib" "$1/usr/" && rm -r "$1/lib"
du -sh "$1" | sed 's/^/portable: /'
