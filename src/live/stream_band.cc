#include "live/stream_band.h"

#include <utility>
#include <vector>

#include "generate/stream.h"

namespace sage::live {
namespace {

class StreamBand final : public Band {
 public:
  StreamBand(Stream stream, std::vector<int> programs)
      : stream_(std::move(stream)), playing_(std::move(programs)) {}

  int grid() const override { return stream_.grid(); }
  // A session only plays programs of its lineup, and meters and tempi that are refused stay as they
  // were.
  void play(int program, const Note& note) override { (void)stream_.push(program, note); }
  void hear(Tick time) override { stream_.hear(time); }
  bool write(Tick time, const std::function<bool()>& stop) override {
    return stream_.write(time, stop);
  }
  Tick written() const override { return stream_.now(); }
  void notes(Tick from, Tick to, std::vector<BandNote>& out) const override {
    for (const StreamNote& note : stream_.notes_in(from, to))
      if (note.source == NoteSource::kWritten) out.push_back({note.program, note.note});
  }
  void rewind(Tick time) override { stream_.rewind(time); }
  void commit(Tick time) override {
    if (stream_.now() < time) {  // what the session decided on is all that there is
      stream_.hear(time);
      stream_.set_playing({});
      stream_.write(time);
      stream_.set_playing(playing_);
    }
    stream_.commit(time);
  }
  void set_playing(std::span<const int> programs) override {
    playing_.assign(programs.begin(), programs.end());
    stream_.set_playing(playing_);
  }
  void set_tempo(double bpm) override { (void)stream_.set_tempo(bpm); }
  void set_meter(Meter meter) override { (void)stream_.set_meter(meter); }

 private:
  Stream stream_;
  std::vector<int> playing_;
};

}  // namespace

Result<std::unique_ptr<Band>> stream_band(std::shared_ptr<const Engine> engine,
                                          const BandOptions& options) {
  StreamOptions stream_options;
  stream_options.given = options.lineup.given();
  stream_options.written = options.lineup.band();
  stream_options.meter = options.meter;
  stream_options.bpm = options.bpm;
  stream_options.guess = options.guess;
  stream_options.sampler = options.sampler;
  stream_options.seed = options.seed;
  stream_options.threads = options.threads;
  auto stream = Stream::create(std::move(engine), stream_options);
  if (!stream) return tl::unexpected(stream.error());
  return std::make_unique<StreamBand>(*std::move(stream), options.lineup.band());
}

}  // namespace sage::live
