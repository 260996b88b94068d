#include "synth/wav.h"

#include <fluidsynth.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "score/timeline.h"
#include "synth/schedule.h"

namespace sage {
namespace {

constexpr std::int64_t kChunk = 8192;  // frames rendered or converted at a time
constexpr std::size_t kHeaderBytes = 44;

/// FluidSynth reports through a process-wide log; here its last complaint waits for the thread that
/// caused it.
thread_local std::string last_complaint;

void keep_complaint(int, const char* message, void*) { last_complaint = message; }

void quieten_log() {
  for (const int level : {FLUID_PANIC, FLUID_ERR, FLUID_WARN})
    fluid_set_log_function(level, keep_complaint, nullptr);
  for (const int level : {FLUID_INFO, FLUID_DBG})
    fluid_set_log_function(
        level, [](int, const char*, void*) {}, nullptr);
}

tl::unexpected<Error> synth_error(const std::string& what) {
  const std::string why = last_complaint.empty() ? "" : ": " + last_complaint;
  return fail(ErrorCode::kIo, "FluidSynth cannot " + what + why);
}

/// A FluidSynth instance with one sound font and the channels of a schedule.
class Synth {
 public:
  static Result<Synth> create(const SynthSchedule& schedule, const WavOptions& options,
                              const std::filesystem::path& sound_font);

  void play(const SynthEvent& event);

  /// Lifts all pedals and ends all notes, so that the tail is a release and not an organ point.
  void settle(std::size_t channels);

  /// The next `frames` of sound, interleaved stereo.
  bool render(std::int64_t frames, float* stereo) {
    return fluid_synth_write_float(synth_.get(), static_cast<int>(frames), stereo, 0, 2, stereo, 1,
                                   2) == FLUID_OK;
  }

 private:
  struct Delete {
    void operator()(fluid_settings_t* settings) const { delete_fluid_settings(settings); }
    void operator()(fluid_synth_t* synth) const { delete_fluid_synth(synth); }
  };
  std::unique_ptr<fluid_settings_t, Delete> settings_;
  std::unique_ptr<fluid_synth_t, Delete> synth_;  // goes before the settings that it uses
};

Result<Synth> Synth::create(const SynthSchedule& schedule, const WavOptions& options,
                            const std::filesystem::path& sound_font) {
  quieten_log();
  last_complaint.clear();
  Synth synth;
  synth.settings_.reset(new_fluid_settings());
  fluid_settings_t* settings = synth.settings_.get();
  if (!settings) return synth_error("start");
  const int channels =
      std::max<int>(16, (static_cast<int>(schedule.channels.size()) + 15) / 16 * 16);
  fluid_settings_setint(settings, "synth.midi-channels", channels);
  fluid_settings_setint(settings, "synth.polyphony", 1024);
  // Only the programs that the score uses are read from the sound font.
  fluid_settings_setint(settings, "synth.dynamic-sample-loading", 1);
  fluid_settings_setnum(settings, "synth.sample-rate", options.sample_rate);
  fluid_settings_setstr(settings, "synth.midi-bank-select", "gm");
  synth.synth_.reset(new_fluid_synth(settings));
  if (!synth.synth_) return synth_error("start");
  if (fluid_synth_sfload(synth.synth_.get(), sound_font.c_str(), 1) == FLUID_FAILED)
    return synth_error("load the sound font " + sound_font.string());
  for (std::size_t i = 0; i < schedule.channels.size(); ++i) {
    const auto [program, is_drum] = schedule.channels[i];
    const int channel = static_cast<int>(i);
    fluid_synth_set_channel_type(synth.synth_.get(), channel,
                                 is_drum ? CHANNEL_TYPE_DRUM : CHANNEL_TYPE_MELODIC);
    // A program or kit that the sound font lacks falls back to its nearest relative or is silent.
    fluid_synth_program_change(synth.synth_.get(), channel, program);
  }
  return synth;
}

void Synth::play(const SynthEvent& event) {
  using Kind = SynthEvent::Kind;
  fluid_synth_t* synth = synth_.get();
  // The results only report that a voice or note did not exist.
  switch (event.kind) {
    case Kind::kNoteOff:
      fluid_synth_noteoff(synth, event.channel, event.key);
      break;
    case Kind::kInstrument:
      fluid_synth_set_channel_type(
          synth, event.channel,
          event.value == kDrumBank ? CHANNEL_TYPE_DRUM : CHANNEL_TYPE_MELODIC);
      if (event.value != kDrumBank) fluid_synth_bank_select(synth, event.channel, event.value);
      fluid_synth_program_change(synth, event.channel, event.key);
      break;
    case Kind::kControl:
      fluid_synth_cc(synth, event.channel, event.key, event.value);
      break;
    case Kind::kBend:
      fluid_synth_pitch_bend(synth, event.channel, event.value + 8192);
      break;
    case Kind::kChannelPressure:
      fluid_synth_channel_pressure(synth, event.channel, event.value);
      break;
    case Kind::kKeyPressure:
      fluid_synth_key_pressure(synth, event.channel, event.key, event.value);
      break;
    case Kind::kNoteOn:
      fluid_synth_noteon(synth, event.channel, event.key, event.value);
      break;
  }
}

void Synth::settle(std::size_t channels) {
  constexpr int kSustain = 64, kSostenuto = 66;
  for (std::size_t i = 0; i < channels; ++i) {
    fluid_synth_cc(synth_.get(), static_cast<int>(i), kSustain, 0);
    fluid_synth_cc(synth_.get(), static_cast<int>(i), kSostenuto, 0);
    fluid_synth_all_notes_off(synth_.get(), static_cast<int>(i));
  }
}

/// The temporary file beside the target. It takes floats first, because the gain that brings the
/// peak to its level is known only at the end, and is then converted in place to 16 bits.
class WavFile {
 public:
  static Result<WavFile> create(const std::filesystem::path& path);
  WavFile(WavFile&& other) noexcept;
  ~WavFile();

  bool append(const float* stereo, std::int64_t frames);
  std::int64_t frames() const { return frames_; }
  float peak() const { return peak_; }

  /// Scales, fades the last `fade_frames` out, converts, adds the header and renames to the target.
  /// Returns the peak written, 0..1.
  Result<double> finish(double gain, std::int64_t fade_frames, int sample_rate);

 private:
  WavFile() = default;
  tl::unexpected<Error> error() const {
    return fail(ErrorCode::kIo, "cannot write " + path_.string() + ": " + std::strerror(errno));
  }
  double convert(double gain, std::int64_t fade_frames);

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once renamed
  std::fstream stream_;
  std::int64_t frames_ = 0;
  float peak_ = 0;
};

Result<WavFile> WavFile::create(const std::filesystem::path& path) {
  if (auto ok = check_writable(path); !ok) return tl::unexpected(ok.error());
  WavFile file;
  file.path_ = behind_links(path);
  std::filesystem::path temporary = file.path_;
  temporary += ".tmp" + std::to_string(::getpid());
  file.stream_.open(temporary, std::ios::in | std::ios::out | std::ios::binary | std::ios::trunc);
  if (!file.stream_) return file.error();
  file.temporary_ = temporary;
  file.stream_.seekp(kHeaderBytes);
  return file;
}

WavFile::WavFile(WavFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      stream_(std::move(other.stream_)),
      frames_(other.frames_),
      peak_(other.peak_) {}

WavFile::~WavFile() {
  std::error_code ignored;
  if (!temporary_.empty()) std::filesystem::remove(temporary_, ignored);
}

bool WavFile::append(const float* stereo, std::int64_t frames) {
  for (std::int64_t i = 0; i < 2 * frames; ++i) peak_ = std::max(peak_, std::abs(stereo[i]));
  frames_ += frames;
  stream_.write(reinterpret_cast<const char*>(stereo),
                static_cast<std::streamsize>(2 * frames * sizeof(float)));
  return static_cast<bool>(stream_);
}

double WavFile::convert(double gain, std::int64_t fade_frames) {
  std::vector<float> floats(2 * kChunk);
  std::vector<std::int16_t> samples(2 * kChunk);
  int peak = 0;
  for (std::int64_t start = 0; start < frames_; start += kChunk) {
    const std::int64_t count = std::min(kChunk, frames_ - start);
    // Four bytes are read for every two written, so the writing never overtakes the reading.
    stream_.seekg(static_cast<std::streamoff>(kHeaderBytes + 2 * start * sizeof(float)));
    stream_.read(reinterpret_cast<char*>(floats.data()),
                 static_cast<std::streamsize>(2 * count * sizeof(float)));
    for (std::int64_t i = 0; i < 2 * count; ++i) {
      const std::int64_t left = frames_ - (start + i / 2);
      const double fade =
          left < fade_frames ? static_cast<double>(left) / static_cast<double>(fade_frames) : 1.0;
      const long value = std::lround(floats[i] * gain * fade * 32767.0);
      samples[i] = static_cast<std::int16_t>(std::clamp(value, -32767L, 32767L));
      peak = std::max(peak, std::abs(static_cast<int>(samples[i])));
    }
    stream_.seekp(static_cast<std::streamoff>(kHeaderBytes + 2 * start * sizeof(std::int16_t)));
    stream_.write(reinterpret_cast<const char*>(samples.data()),
                  static_cast<std::streamsize>(2 * count * sizeof(std::int16_t)));
  }
  return peak / 32767.0;
}

/// RIFF WAVE header of 16-bit stereo PCM, all numbers little-endian.
std::array<char, kHeaderBytes> wav_header(std::uint32_t data_bytes, std::uint32_t sample_rate) {
  std::array<char, kHeaderBytes> header = {};
  std::size_t at = 0;
  const auto text = [&](const char* four) {
    std::memcpy(header.data() + at, four, 4);
    at += 4;
  };
  const auto number = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) header[at++] = static_cast<char>(value >> (8 * i));
  };
  text("RIFF"), number(36 + data_bytes, 4), text("WAVE");
  text("fmt "), number(16, 4), number(1, 2), number(2, 2);  // PCM, two channels
  number(sample_rate, 4), number(sample_rate * 4, 4), number(4, 2), number(16, 2);
  text("data"), number(data_bytes, 4);
  return header;
}

Result<double> WavFile::finish(double gain, std::int64_t fade_frames, int sample_rate) {
  const double peak = convert(gain, fade_frames);
  const auto data_bytes = static_cast<std::uint32_t>(frames_ * 4);
  const auto header = wav_header(data_bytes, static_cast<std::uint32_t>(sample_rate));
  stream_.seekp(0);
  stream_.write(header.data(), header.size());
  stream_.close();
  if (!stream_) return error();
  std::error_code code;
  std::filesystem::resize_file(temporary_, kHeaderBytes + data_bytes, code);
  if (!code) std::filesystem::rename(temporary_, path_, code);
  if (code) return fail(ErrorCode::kIo, "cannot write " + path_.string() + ": " + code.message());
  temporary_.clear();
  return peak;
}

/// Renders from the file's present end up to frame `until`.
Result<void> render_until(std::int64_t until, Synth& synth, WavFile& file,
                          const std::filesystem::path& path, const WavOptions& options) {
  std::array<float, 2 * kChunk> stereo;
  while (file.frames() < until) {
    if (options.stop != nullptr && *options.stop)
      return fail(ErrorCode::kInterrupted, "interrupted; " + path.string() + " was not written");
    const std::int64_t count = std::min(kChunk, until - file.frames());
    if (!synth.render(count, stereo.data())) return synth_error("render");
    if (!file.append(stereo.data(), count))
      return fail(ErrorCode::kIo, "cannot write " + path.string() + ": " + std::strerror(errno));
  }
  return {};
}

Result<void> check(const WavOptions& options, double seconds) {
  if (options.sample_rate < 8'000 || options.sample_rate > 96'000)
    return fail(ErrorCode::kInvalidArgument, "the sample rate must lie in 8,000 to 96,000 Hz");
  if (!(options.tail_seconds >= 0) || !(options.peak_dbfs <= 0))
    return fail(ErrorCode::kInvalidArgument,
                "the tail must not be negative, nor the peak above 0 dBFS");
  // Above this the sizes in a WAV header overflow.
  const double longest = std::min(options.max_seconds, 4.29e9 / (4.0 * options.sample_rate));
  if (!(seconds <= longest))
    return fail(ErrorCode::kLimit, "the sound would last " +
                                       std::to_string(static_cast<std::int64_t>(seconds)) +
                                       " seconds, more than the limit of " +
                                       std::to_string(static_cast<std::int64_t>(longest)));
  return {};
}

/// Refuses other files here, because FluidSynth's libraries complain about them on the terminal.
Result<void> check_sound_font(const std::filesystem::path& path) {
  std::array<char, 12> head = {};
  std::ifstream stream(path, std::ios::binary);
  stream.read(head.data(), head.size());
  if (!stream)
    return fail(ErrorCode::kIo, "cannot read the sound font " + path.string() + ": " +
                                    (errno != 0 ? std::strerror(errno) : "too short"));
  if (std::memcmp(head.data(), "RIFF", 4) != 0 || std::memcmp(head.data() + 8, "sfbk", 4) != 0)
    return fail(ErrorCode::kMalformed, path.string() + " is not a SoundFont 2 file");
  return {};
}

}  // namespace

namespace {

Result<WavInfo> render(const SynthSchedule& schedule, double music_seconds,
                       const std::filesystem::path& path, const WavOptions& options) {
  const double seconds = std::max(music_seconds, options.least_seconds) + options.tail_seconds;
  if (auto ok = check(options, seconds); !ok) return tl::unexpected(ok.error());
  const auto sound_font = options.sound_font.empty() ? find_sound_font() : options.sound_font;
  if (!sound_font) return tl::unexpected(sound_font.error());
  if (auto ok = check_sound_font(*sound_font); !ok) return tl::unexpected(ok.error());
  auto synth = Synth::create(schedule, options, *sound_font);
  if (!synth) return tl::unexpected(synth.error());
  auto file = WavFile::create(path);
  if (!file) return tl::unexpected(file.error());

  for (const SynthEvent& event : schedule.events) {
    if (auto ok = render_until(event.frame, *synth, *file, path, options); !ok)
      return tl::unexpected(ok.error());
    synth->play(event);
  }
  synth->settle(schedule.channels.size());
  const auto tail = static_cast<std::int64_t>(options.tail_seconds * options.sample_rate);
  const std::int64_t least = std::llround(options.least_seconds * options.sample_rate);
  const std::int64_t end = std::max({schedule.end, file->frames(), least});
  if (auto ok = render_until(end + tail, *synth, *file, path, options); !ok)
    return tl::unexpected(ok.error());

  constexpr float kSilence = 1e-6f;  // FluidSynth's own offset against denormal numbers is less
  const double gain = file->peak() <= kSilence ? 0.0
                      : options.gain           ? *options.gain
                                     : std::pow(10.0, options.peak_dbfs / 20.0) / file->peak();
  auto peak = file->finish(gain, tail / 2, options.sample_rate);
  if (!peak) return tl::unexpected(peak.error());
  return WavInfo{static_cast<double>(file->frames()) / options.sample_rate, *peak, gain};
}

}  // namespace

Result<WavInfo> render_wav(const Score& score, const std::filesystem::path& path,
                           const WavOptions& options) {
  return render(schedule_of(score, options.sample_rate), duration_seconds(score), path, options);
}

Result<WavInfo> render_wav(const midi::Document& document, const std::filesystem::path& path,
                           const WavOptions& options) {
  return render(schedule_of(document, options.sample_rate),
                duration_seconds(document.music().score), path, options);
}

}  // namespace sage
