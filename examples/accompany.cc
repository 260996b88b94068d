// Accompanies a scripted player who keeps changing the tune: accompany MODEL OUTPUT.mid
#include <sage/sage.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: %s MODEL OUTPUT.mid\n", argv[0]), 2;
  auto engine = sage::Engine::open(argv[1]);
  if (!engine) return std::puts(engine.error().message.c_str());
  // The player's flute is given, bass and drums are written; ahead of the player, the flute is
  // guessed.
  sage::StreamOptions options{.given = {73}, .written = {32, 128}, .bpm = 110, .guess = true};
  auto stream = sage::Stream::create(*engine, options);
  if (!stream) return std::puts(stream.error().message.c_str());

  const int tune[] = {60, 64, 67, 72, 69, 65, 62, 67};
  const int beat = stream->grid();
  for (int i = 0; i < 32; ++i) {
    // This beat of the plan is played now, and can no longer be taken back ...
    stream->write(sage::Tick{beat * (i + 1)});
    stream->commit(sage::Tick{beat * (i + 1)});
    // ... the player is heard in it, and the plan beyond it follows what was really played.
    const auto pitch = static_cast<std::uint8_t>(tune[i % 8] + (i < 16 ? 0 : 5));
    auto pushed = stream->push(73, {.onset = {beat * i}, .duration = {beat}, .pitch = pitch});
    if (!pushed) return std::puts(pushed.error().message.c_str());
    stream->hear(sage::Tick{beat * (i + 1)});
    stream->write(sage::Tick{beat * (i + 3)});
  }
  auto done = sage::write_midi_file(stream->score(), argv[2]);
  return done ? 0 : std::puts(done.error().message.c_str());
}
