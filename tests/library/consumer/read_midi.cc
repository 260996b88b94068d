// One layer alone, by its own target: prints the number of notes of a MIDI file.
#include <sage/midi/reader.h>
#include <sage/score/timeline.h>
#include <cstdio>

int main(int, char** argv) {
  const auto read = sage::read_midi_file(argv[1]);
  if (!read) return std::puts(read.error().message.c_str()), 1;
  return std::printf("%zu\n", sage::note_count(read->score)) > 0 ? 0 : 1;
}
