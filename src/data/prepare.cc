#include "data/prepare.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/stopwatch.h"
#include "data/music_files.h"
#include "data/piece.h"
#include "data/selection.h"
#include "data/shard_writer.h"
#include "data/work_folder.h"
#include "data/writer.h"
#include "midi/reader.h"

namespace sage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Stage = PrepareProgress::Stage;

/// Calls back at the begin of each stage, and then at most fifty times a second.
class Reporter {
 public:
  explicit Reporter(const PrepareCallback& callback) : callback_(callback) {}
  /// False: stop.
  bool operator()(const PrepareProgress& progress) {
    if (!callback_ || (stage_ == progress.stage && seconds_since(last_) < 0.02)) return true;
    stage_ = progress.stage;
    last_ = Stopwatch::now();
    return callback_(progress);
  }

 private:
  const PrepareCallback& callback_;
  std::optional<Stage> stage_;
  Stopwatch::time_point last_;
};

std::array<std::uint8_t, 32> sha256_of(std::span<const std::uint8_t> bytes) {
  const std::string hex = sha256_hex(bytes);
  std::array<std::uint8_t, 32> digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  return digest;
}

/// Reads all files into units, each unit on one thread.
class UnitReader {
 public:
  UnitReader(const MusicFiles& files, const WorkFolder& work, const Tokenizer& tokenizer,
             const PrepareOptions& options)
      : files_(files), work_(work), tokenizer_(tokenizer), options_(options) {}

  /// Fails with the first error of a thread, or kInterrupted. Finished units stay.
  Result<std::vector<Unit>> run(Reporter& report);
  std::size_t resumed() const { return resumed_; }

 private:
  Result<void> read_unit(std::size_t unit);
  void work();
  PrepareProgress progress(Stopwatch::time_point begin) const;

  const MusicFiles& files_;
  const WorkFolder& work_;
  const Tokenizer& tokenizer_;
  const PrepareOptions& options_;
  std::vector<std::size_t> missing_;  // units
  std::size_t resumed_ = 0;           // files
  std::uint64_t resumed_bytes_ = 0;
  std::atomic<std::size_t> next_{0}, done_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<int> running_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
};

Result<void> UnitReader::read_unit(std::size_t unit) {
  UnitWriter writer;
  std::vector<std::uint8_t> music;
  const std::size_t first = work_.first_file(unit);
  for (std::size_t i = first; i < first + work_.files_in(unit); ++i) {
    if (stop_) return fail(ErrorCode::kInterrupted, "stopped");
    FileMeta meta;
    music.clear();
    const auto bytes = read_file(files_.path(i), MidiLimits{}.max_bytes);
    if (bytes) {
      meta.sha256 = sha256_of(*bytes);
      const Piece piece = read_piece(*bytes, tokenizer_, options_);
      meta.drop = piece.drop;
      meta.entry = piece.entry;
      meta.fingerprint = piece.likeness.fingerprint;
      meta.shingles = piece.likeness.shingles;
      meta.signature = piece.likeness.signature;
      if (piece.drop == Drop::kNone) append_piece(piece.data, music);
    } else {
      meta.drop = Drop::kUnreadable;
    }
    writer.add(meta, music);
    ++done_;
    bytes_ += files_.bytes(i);
  }
  return writer.write(work_.unit_path(unit), work_.unit_key(unit));
}

void UnitReader::work() {
  for (std::size_t i; !stop_ && (i = next_++) < missing_.size();)
    if (auto read = read_unit(missing_[i]); !read) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = read.error();
      stop_ = true;
    }
  --running_;
}

PrepareProgress UnitReader::progress(Stopwatch::time_point begin) const {
  const double elapsed = std::max(1e-9, seconds_since(begin));
  const auto bytes = static_cast<double>(bytes_);
  PrepareProgress p;
  p.stage = Stage::kReading;
  p.files = resumed_ + done_;
  p.total_files = files_.size();
  p.resumed_files = resumed_;
  p.files_per_second = static_cast<double>(done_) / elapsed;
  p.megabytes_per_second = bytes * 1e-6 / elapsed;
  if (bytes > 0)
    p.seconds_left =
        elapsed * (static_cast<double>(files_.bytes() - resumed_bytes_) - bytes) / bytes;
  return p;
}

Result<std::vector<Unit>> UnitReader::run(Reporter& report) {
  for (std::size_t unit = 0; unit < work_.unit_count(); ++unit) {
    if (!work_.unit(unit)) {
      missing_.push_back(unit);
      continue;
    }
    resumed_ += work_.files_in(unit);
    for (std::size_t i = 0; i < work_.files_in(unit); ++i)
      resumed_bytes_ += files_.bytes(work_.first_file(unit) + i);
  }
  const auto begin = Stopwatch::now();
  running_ = std::max(1, options_.threads);
  std::vector<std::thread> team;
  for (int i = running_; i > 0; --i) team.emplace_back([this] { work(); });
  while (running_ > 0) {
    if (!report(progress(begin))) stop_ = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(files_.size() < 1000 ? 1 : 20));
  }
  for (std::thread& thread : team) thread.join();
  if (error_) return tl::unexpected<Error>(*error_);
  if (stop_) return fail(ErrorCode::kInterrupted, "stopped");
  std::vector<Unit> units;
  for (std::size_t unit = 0; unit < work_.unit_count(); ++unit) {
    auto opened = work_.unit(unit);
    if (!opened)
      return fail(ErrorCode::kIo, work_.unit_path(unit).string() + ": cannot be read back");
    units.push_back(*std::move(opened));
  }
  return units;
}

/// Everything that a result depends on, but for the files.
std::string digest_of(const PrepareOptions& options) {
  const QualityLimits& quality = options.quality;
  const json text = {to_json(options.tokenizer), options.validation_share, options.near_duplicate,
                     options.same_piece,         options.min_notes,        options.max_notes,
                     options.max_bars,           quality.top_pitch_share,  quality.cut_bars,
                     quality.notes_per_second,   quality.sounding,         quality.silent_bars,
                     options.shard_bytes,        options.perform};
  return Sha256().update(text.dump()).hex();
}

/// Why there is nothing to train on.
std::string nothing_left(const Selection& selection) {
  std::map<std::string_view, std::size_t> counts;
  for (const auto& choice : selection.files)
    ++counts[choice.part == PartOf::kValid ? "held out for validation" : drop_name(choice.drop)];
  std::string text = "no usable MIDI file among " + std::to_string(selection.files.size()) + " (";
  for (const auto& [reason, count] : counts)
    text += std::to_string(count) + " " + std::string(reason) + ", ";
  return text.replace(text.size() - 2, 2, ")");
}

Result<void> check(const PrepareOptions& options, const Tokenizer& tokenizer) {
  if (tokenizer.vocabulary().size() > 65'536)
    return fail(ErrorCode::kLimit, "prepared data holds vocabularies of up to 65536 tokens");
  for (const double threshold : {options.near_duplicate, options.same_piece})
    if (!(threshold >= 0.3 && threshold <= 1))
      return fail(ErrorCode::kInvalidArgument,
                  "the thresholds of similarity must be 0.3 to 1 (1: off)");
  return {};
}

/// Makes the folder, so that a place that cannot be written is known before the work.
Result<void> make_output(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return fail(ErrorCode::kIo,
                "cannot make the folder " + folder.string() + ": " + error.message());
  if (::access(folder.c_str(), W_OK) != 0)
    return fail(ErrorCode::kIo, folder.string() + ": cannot be written");
  return {};
}

Result<PrepareSummary> read_and_write(const PrepareOptions& options, const Tokenizer& tokenizer,
                                      const MusicFiles& files, const WorkFolder& work,
                                      Reporter& report) {
  UnitReader reader(files, work, tokenizer, options);
  const auto units = reader.run(report);
  if (!units) return tl::unexpected<Error>(units.error());
  PrepareProgress p;
  p.total_files = files.size();
  p.resumed_files = reader.resumed();
  p.stage = Stage::kComparing;
  if (!report(p)) return fail(ErrorCode::kInterrupted, "stopped");
  std::vector<const FileMeta*> metas;
  for (const Unit& unit : *units)
    for (const FileMeta& meta : unit.files()) metas.push_back(&meta);
  const Selection selection = select_pieces(files, metas, options);
  if (std::none_of(selection.files.begin(), selection.files.end(),
                   [](const auto& choice) { return choice.part == PartOf::kTrain; }))
    return fail(ErrorCode::kInvalidArgument, nothing_left(selection));
  const auto begin = Stopwatch::now();
  const auto watch = [&](std::size_t file) {
    p.stage = Stage::kWriting;
    p.files = file;
    p.files_per_second = static_cast<double>(file) / std::max(1e-9, seconds_since(begin));
    p.seconds_left = static_cast<double>(files.size() - file) / std::max(1.0, p.files_per_second);
    return report(p);
  };
  auto summary = write_data({files, work, *units, selection}, options, watch);
  if (summary) summary->resumed_files = reader.resumed();
  return summary;
}

}  // namespace

Result<PrepareSummary> prepare(const PrepareOptions& options, const PrepareCallback& callback) {
  const auto tokenizer = Tokenizer::create(options.tokenizer);
  if (!tokenizer) return tl::unexpected<Error>(tokenizer.error());
  if (auto checked = check(options, *tokenizer); !checked)
    return tl::unexpected<Error>(checked.error());
  Reporter report(callback);
  const auto listing = [&](std::size_t files) {
    return report({.stage = Stage::kListing, .files = files});
  };
  const auto files = MusicFiles::list(options.validation, options.sources, listing);
  if (!files) return tl::unexpected<Error>(files.error());
  if (files->size() == 0)
    return fail(ErrorCode::kInvalidArgument,
                "no MIDI files (.mid, .midi, .rmi, .kar) in the folders given");
  if (auto made = make_output(options.output); !made) return tl::unexpected<Error>(made.error());
  auto work = WorkFolder::open(options.output, digest_of(options), files->digest(), files->size(),
                               options.restart);
  if (!work) return tl::unexpected<Error>(work.error());
  auto summary = read_and_write(options, *tokenizer, *files, *work, report);
  if (summary) {
    work->remove();
    return summary;
  }
  const Error& error = summary.error();
  if (error.code == ErrorCode::kInvalidArgument) work->remove();  // nothing can be resumed
  if (error.code == ErrorCode::kInterrupted || error.code == ErrorCode::kIo)
    return fail(error.code, error.message + "; the same command continues from there");
  return summary;
}

}  // namespace sage
