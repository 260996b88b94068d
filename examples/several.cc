// Writes four pieces at once, a beat of each in turn, as a server does: several MODEL OUTPUT.mid
// (the one with most notes goes into the file)
#include <sage/sage.hpp>

#include <algorithm>
#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: %s MODEL OUTPUT.mid\n", argv[0]), 2;
  auto engine = sage::Engine::open(argv[1]);
  if (!engine) return std::puts(engine.error().message.c_str());
  std::vector<sage::Stream> streams;
  for (std::uint64_t listener = 0; listener < 4; ++listener) {
    sage::StreamOptions options{.written = {0, 32, 128}, .bpm = 120, .seed = listener};
    auto stream = sage::Stream::create(*engine, options);
    if (!stream) return std::puts(stream.error().message.c_str());
    streams.push_back(*std::move(stream));
  }
  const int beat = streams.front().grid();
  for (int i = 1; i <= 16; ++i)
    for (sage::Stream& stream : streams) stream.write(sage::Tick{beat * i});
  // The second listener did not like the last two bars.
  streams[1].rewind(sage::Tick{beat * 8});
  streams[1].reseed(99);
  streams[1].write(sage::Tick{beat * 16});
  const auto longest = std::max_element(
      streams.begin(), streams.end(),
      [](const auto& a, const auto& b) { return a.notes().size() < b.notes().size(); });
  auto done = sage::write_midi_file(longest->score(), argv[2]);
  return done ? 0 : std::puts(done.error().message.c_str());
}
