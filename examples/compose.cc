// Composes 16 bars for flute, piano, bass and drums: compose MODEL OUTPUT.mid
#include <cstdio>
#include <sage/sage.hpp>

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: %s MODEL OUTPUT.mid\n", argv[0]), 2;
  // [README]
  auto engine = sage::Engine::open(argv[1]);
  if (!engine) return std::puts(engine.error().message.c_str());
  sage::Request request{.bars = 16, .programs = {73, 0, 32, 128}, .bpm = 126, .seed = 7};
  auto piece = sage::Generator::create(*engine, request);
  if (!piece) return std::puts(piece.error().message.c_str());
  for (auto event = piece->next(); event.type != sage::ReadEvent::Type::kEnd; event = piece->next())
    if (event.type == sage::ReadEvent::Type::kBar) std::puts("a new bar");
  auto done = sage::write_midi_file(piece->score(), argv[2]);
  // [README]
  return done ? 0 : std::puts(done.error().message.c_str());
}
