// sage-music listen build: folders of MIDI files become a listening test.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "apps/listen/commands.h"
#include "apps/shared/render_outputs.h"
#include "apps/shared/report_outputs.h"
#include "base/file.h"
#include "base/hash.h"
#include "listen/page.h"
#include "listen/sound.h"
#include "score/transform.h"
#ifdef SAGE_SYNTH
#include "synth/wav.h"
#endif

namespace sage::cli {
namespace fs = std::filesystem;
namespace {

struct ListenBuildOptions {
  std::vector<std::string> systems;
  std::string references, output, sound_font;
  std::string title = "Listening test";
  std::size_t pieces = 8, pairs_each = 12, skip_bars = 0;
  double seconds = 20;
  double lufs = -23;
  int rate = 32'000;
  std::uint64_t seed = 1;
};

constexpr double kFadeSeconds = 1, kCeilingDbtp = -1, kToneSeconds = 7;

/// What is heard of a piece: on the same grid for all, references too, and without pedals, bends
/// and volumes, so that expression does not identify a system.
Result<Score> excerpt(const PieceFile& file, const ListenBuildOptions& options) {
  const auto whole = load_piece(file);
  if (!whole) return tl::unexpected(whole.error());
  Score score = bars_between(*whole, options.skip_bars, 0).score;
  score = slice(score, Tick{0}, TempoMap(score).tick_at(options.seconds), true);
  for (Track& track : score.tracks) track.controls = {}, track.bends = {}, track.pressures = {};
  if (note_count(score) == 0) return fail(ErrorCode::kInvalidArgument, "silent in these seconds");
  return score;
}

const PieceFile* named(const std::vector<PieceFile>& files, const std::string& name) {
  const auto at = std::lower_bound(
      files.begin(), files.end(), name,
      [](const PieceFile& file, const std::string& wanted) { return file.name < wanted; });
  return at != files.end() && at->name == name ? &*at : nullptr;
}

struct Material {
  std::vector<std::string> pieces;
  std::vector<std::vector<Score>> scores;  // (pieces, systems)
};

/// The pieces that every system has, about as many as are wanted, evenly spread.
Result<Material> choose(const std::vector<SystemFiles>& systems,
                        const ListenBuildOptions& options) {
  std::vector<PieceFile> usable;
  std::vector<std::vector<Score>> scores;
  for (const PieceFile& piece : systems.front().files.pieces) {
    std::vector<Score> row;
    for (const SystemFiles& system : systems) {
      const PieceFile* file = named(system.files.pieces, piece.name);
      auto score =
          file == nullptr ? fail(ErrorCode::kMismatch, "there is none") : excerpt(*file, options);
      if (!score) {
        note("excluded: " + piece.name + ": " + system.name + ": " + to_string(score.error()));
        break;
      }
      row.push_back(*std::move(score));
    }
    if (row.size() != systems.size()) continue;
    usable.push_back(piece);
    scores.push_back(std::move(row));
  }
  if (usable.size() < 2)
    return fail(ErrorCode::kInvalidArgument,
                std::to_string(usable.size()) +
                    " pieces are in all folders and sound; a test takes 2 or more");
  Material out;
  const std::vector<PieceFile> some = thin(usable, options.pieces);
  for (std::size_t i = 0, k = 0; i < usable.size() && k < some.size(); ++i)
    if (usable[i].name == some[k].name) {
      out.pieces.push_back(usable[i].name);
      out.scores.push_back(std::move(scores[i]));
      ++k;
    }
  return out;
}

/// So many tones of a vibraphone, to be counted, at uneven times.
Score tones(int count) {
  constexpr int kTicks[] = {480, 1800, 2760, 4200, 5160};  // at 120 bpm: 0.5 s to 5.4 s
  Score score;
  score.tracks.resize(1);
  score.tracks[0].program = 11;
  for (int i = 0; i < count; ++i)
    score.tracks[0].notes.push_back(
        {Tick{kTicks[i]}, Tick{400}, static_cast<std::uint8_t>(67 + 5 * (i % 3)), 90});
  return score;
}

Result<Sound> render(const Score& score, double seconds, const ListenBuildOptions& options) {
#ifdef SAGE_SYNTH
  const fs::path path = fs::path(options.output) / ".rendering.wav";
  const WavOptions wav{.sound_font = options.sound_font, .sample_rate = options.rate};
  if (auto done = render_wav(score, path, wav); !done) return tl::unexpected(done.error());
  const auto bytes = read_file(path);
  std::error_code ignored;
  fs::remove(path, ignored);
  if (!bytes) return tl::unexpected(bytes.error());
  auto sound = read_wav(*bytes);
  if (!sound) return sound;
  return cut_sound(*std::move(sound), seconds, kFadeSeconds);
#else
  (void)score, (void)seconds;
  return tl::unexpected(check_renderings({.wav = options.output}).error());
#endif
}

/// The first half of one sound and the second of another, over 20 ms.
Sound spliced(Sound sound, const Sound& other) {
  const std::size_t half = sound.left.size() / 2;
  const auto blend = static_cast<std::size_t>(sound.rate / 50);
  for (std::size_t i = half; i < std::min(sound.left.size(), other.left.size()); ++i) {
    const float share = std::min(1.0f, static_cast<float>(i - half) / static_cast<float>(blend));
    sound.left[i] += share * (other.left[i] - sound.left[i]);
    sound.right[i] += share * (other.right[i] - sound.right[i]);
  }
  return sound;
}

Result<std::string> write_clip(const Sound& sound, const std::string& id,
                               const ListenBuildOptions& options) {
  const std::vector<std::uint8_t> bytes = wav_bytes(sound);
  const fs::path path = fs::path(options.output) / "test" / "clips" / (id + ".wav");
  if (auto ok = write_file(path, bytes); !ok) return tl::unexpected(ok.error());
  return sha256_hex(bytes);
}

/// All sounds: the clips in order, then tones, repeat and splice, equally loud.
Result<std::vector<Sound>> sounds_of(const Material& material, ListeningTest& test,
                                     const ListenBuildOptions& options) {
  std::vector<Sound> sounds;
  for (const ListeningClip& clip : test.clips) {
    auto sound = render(material.scores[clip.piece][clip.system], options.seconds, options);
    if (!sound) return tl::unexpected(sound.error());
    sounds.push_back(*std::move(sound));
    show_progress("rendered " + std::to_string(sounds.size()) + " of " +
                  std::to_string(test.clips.size()) + " clips");
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
  }
  auto counted = render(tones(test.checks.tone_count), kToneSeconds, options);
  if (!counted) return tl::unexpected(counted.error());
  test.loudness_lufs = common_loudness(sounds, options.lufs, kCeilingDbtp);
  sounds.push_back(*std::move(counted));
  test.loudness_lufs = common_loudness(sounds, test.loudness_lufs, kCeilingDbtp);
  for (Sound& sound : sounds) set_loudness(sound, test.loudness_lufs);
  const std::size_t next = (test.checks.splice.of + test.systems.size()) % test.clips.size();
  sounds.push_back(sounds[test.checks.repeat.of]);
  sounds.push_back(spliced(sounds[test.checks.splice.of], sounds[next]));
  return sounds;
}

Result<void> write_test(ListeningTest& test, const std::vector<Sound>& sounds,
                        const ListenBuildOptions& options) {
  std::vector<std::pair<std::string, std::string*>> files;
  for (ListeningClip& clip : test.clips) files.emplace_back(clip.id, &clip.sha256);
  for (CheckClip* check : {&test.checks.tones, &test.checks.repeat, &test.checks.splice})
    files.emplace_back(check->id, &check->sha256);
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto hash = write_clip(sounds[i], files[i].first, options);
    if (!hash) return tl::unexpected(hash.error());
    *files[i].second = *std::move(hash);
  }
  const fs::path folder = options.output;
  if (auto ok = write_text(folder / "test" / "index.html", listening_page(test, SAGE_VERSION)); !ok)
    return ok;
  if (auto ok = write_text(folder / "test" / "test.json", test_json(test).dump(1) + "\n"); !ok)
    return ok;
  return write_text(folder / "key.json", key_json(test).dump(1) + "\n");
}

Result<void> act(const ListenBuildOptions& options) {
  if (auto ok = check_renderings(
          {.wav = options.output + "/test/clips/x.wav", .sound_font = options.sound_font});
      !ok)
    return ok;
  std::error_code code;
  if (fs::exists(fs::path(options.output) / "key.json", code))
    return fail(ErrorCode::kInvalidArgument,
                options.output + " holds a test already; choose another folder");
  install_stop_handler();
  auto systems = parse_systems(options.systems);
  if (!systems) return tl::unexpected(systems.error());
  if (!options.references.empty()) {
    auto references = parse_system("reference=" + options.references);
    if (!references) return tl::unexpected(references.error());
    systems->push_back(*std::move(references));
  }
  std::vector<std::string> names;
  for (const SystemFiles& system : *systems) {
    if (std::find(names.begin(), names.end(), system.name) != names.end())
      return fail(ErrorCode::kInvalidArgument, "two systems are called " + system.name);
    names.push_back(system.name);
  }
  const auto material = choose(*systems, options);
  if (!material) return tl::unexpected(material.error());
  ListeningTest test = design_test(names, material->pieces, options.pairs_each, options.seed);
  test.title = options.title;
  test.seconds = options.seconds;
  auto sounds = sounds_of(*material, test, options);
  end_progress();
  if (!sounds) return tl::unexpected(sounds.error());
  if (auto ok = write_test(test, *sounds, options); !ok) return ok;
  say("test " + test_id(test) + ": " + std::to_string(test.pieces.size()) + " pieces by " +
      std::to_string(names.size()) + " systems, " + fixed(test.loudness_lufs, 1) + " LUFS");
  say("wrote " + options.output + "/test, to give to listeners (open index.html), and " +
      options.output + "/key.json, to keep");
  return {};
}

}  // namespace

void add_listen_build(CLI::App& listen, Cli& cli) {
  auto options = std::make_shared<ListenBuildOptions>();
  CLI::App* command = add_command(
      listen, cli, "build", "Build a blind test page with clips to rate and compare",
      "  sage-music listen build --system ours=out/eval --references held_out --skip-bars 4 \\\n"
      "    -o out/listen\n"
      "Pieces are paired by name. Everything is played on one grid, with one sound font, equally\n"
      "loud. The page needs no server and sends nothing.",
      [options] { return act(*options); });
  command->add_option("--system", options->systems, "folder of outputs, NAME=DIR; repeatable")
      ->required();
  command->add_option("--references", options->references,
                      "folder of references, added as a system");
  command->add_option("-o,--output", options->output, "folder for the test and its key")
      ->required();
  command->add_option("--clips", options->pieces, "number of pieces")
      ->check(CLI::Range(2, 500))
      ->capture_default_str();
  command->add_option("--pairs-each", options->pairs_each, "comparisons per listener; 0: all")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "length of each clip")
      ->check(CLI::Range(3.0, 120.0))
      ->capture_default_str();
  command->add_option("--skip-bars", options->skip_bars, "bars of the prompt to skip")
      ->check(CLI::Range(0, 100'000));
  command->add_option("--title", options->title, "title of the page")->capture_default_str();
  command
      ->add_option("--loudness", options->lufs,
                   "loudness of clips in LUFS; lowered if one would clip")
      ->check(CLI::Range(-40.0, -10.0))
      ->capture_default_str();
  command->add_option("--sample-rate", options->rate, "sample rate in Hz")
      ->check(CLI::Range(8000, 48'000))
      ->capture_default_str();
  command->add_option("--sound-font", options->sound_font, "sound font (SF2) for the WAV file");
  command->add_option("--seed", options->seed, "seed of names and order")
      ->check(not_negative())
      ->capture_default_str();
  check_usage(*command, [options]() -> Result<void> {
    if (options->systems.size() + (options->references.empty() ? 0 : 1) < 2)
      return fail(ErrorCode::kInvalidArgument,
                  "nothing to compare: give --references or a second --system");
    return {};
  });
}

}  // namespace sage::cli
