#include "train/prepare.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "midi/file_name.h"
#include "train/piece.h"
#include "train/shard_writer.h"

namespace sage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Result<std::vector<fs::path>> list_midi(const std::vector<fs::path>& sources) {
  std::vector<fs::path> files;
  for (const fs::path& source : sources) {
    std::error_code error;
    if (fs::is_regular_file(source, error)) {
      files.push_back(source);
      continue;
    }
    fs::recursive_directory_iterator entry(source, error), end;
    if (error) return fail(ErrorCode::kIo, source.string() + ": " + error.message());
    for (; entry != end; entry.increment(error)) {
      if (error) return fail(ErrorCode::kIo, source.string() + ": " + error.message());
      if (entry->is_regular_file(error) && has_midi_extension(entry->path()))
        files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The name that versions of one piece share; see PrepareOptions::validation_share.
std::string group_of(const fs::path& path) {
  std::string name = path.filename().string();
  name = name.substr(0, name.find('.'));
  std::size_t end = name.size();
  while (end > 0 && std::isdigit(static_cast<unsigned char>(name[end - 1])) != 0) --end;
  if (end == name.size()) return name;
  if (end > 1 && (name[end - 1] == 'v' || name[end - 1] == 'V')) --end;
  const bool version = end > 1 && (name[end - 1] == '-' || name[end - 1] == '_');
  return version ? name.substr(0, end - 1) : name;
}

bool validates(const fs::path& path, double share) {
  const std::string hex = Sha256().update(group_of(path)).hex();
  return static_cast<double>(std::stoul(hex.substr(0, 8), nullptr, 16)) < share * 0x1.0p32;
}

/// The rows of a MANIFEST.tsv beside a file: file name to "repo, licence".
using Origins = std::map<std::string, std::string>;

Origins read_origins(const fs::path& folder) {
  Origins origins;
  std::ifstream file(folder / "MANIFEST.tsv");
  std::string line;
  std::vector<std::string> header;
  while (std::getline(file, line)) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == '\t') {
        cells.emplace_back();
      } else if (c != '\r') {
        cells.back() += c;
      }
    }
    if (header.empty()) {
      header = std::move(cells);
      continue;
    }
    std::string name, origin;
    for (std::size_t i = 0; i < std::min(cells.size(), header.size()); ++i) {
      if (header[i] == "file") name = cells[i];
      if (header[i] == "repo") origin = cells[i] + origin;
      if (header[i] == "licence") origin += ", " + cells[i];
    }
    if (!name.empty()) origins[name] = origin;
  }
  return origins;
}

/// Reads all files on several threads; results stand at the files' indices.
Result<std::vector<Piece>> read_all(const std::vector<fs::path>& files, const Tokenizer& tokenizer,
                                    const PrepareOptions& options,
                                    const PrepareCallback& callback) {
  std::vector<Piece> pieces(files.size());
  std::atomic<std::size_t> next{0}, done{0};
  std::atomic<bool> stop{false};
  const auto work = [&] {
    for (std::size_t i; !stop && (i = next++) < files.size(); ++done)
      pieces[i] = read_piece(files[i], tokenizer, options);
  };
  std::vector<std::thread> team;
  for (int i = 0; i < std::max(1, options.threads); ++i) team.emplace_back(work);
  const auto begin = std::chrono::steady_clock::now();
  while (done < files.size() && !stop) {
    std::this_thread::sleep_for(std::chrono::milliseconds(files.size() < 100 ? 2 : 200));
    const double elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const std::size_t count = done;
    const double left = count == 0 ? 0
                                   : elapsed * static_cast<double>(files.size() - count) /
                                         static_cast<double>(count);
    if (callback && !callback({count, files.size(), left})) stop = true;
  }
  for (std::thread& thread : team) thread.join();
  if (stop) return fail(ErrorCode::kInterrupted, "preparation stopped; nothing was written");
  return pieces;
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

/// Why there is nothing to train on.
std::string nothing_left(std::size_t files, const PrepareSummary& summary) {
  if (files == 0) return "no MIDI files (.mid, .midi, .rmi, .kar) in the folders given";
  if (summary.valid.pieces > 0)
    return "all pieces went to validation; give more files, or hold back a smaller share";
  std::string text = "no usable MIDI file among " + std::to_string(files) + " (";
  for (const auto& [reason, count] : summary.dropped)
    text += std::to_string(count) + " " + reason + ", ";
  text.replace(text.size() - 2, 2, ")");
  return text;
}

/// Collects what goes into one shard.
struct Part {
  std::vector<PackedBlock> blocks;
  PrepareSummary::Part summary;
  std::map<std::string, std::size_t> sources;

  void add(Piece&& piece, const std::string& origin) {
    ++summary.pieces;
    summary.notes += piece.entry.note_count;
    summary.bars += piece.entry.bar_count;
    summary.tokens += piece.entry.token_count;
    ++sources[origin];
    std::vector<std::uint8_t> bytes;
    append_piece(piece.data, bytes);
    blocks.push_back(pack_block({piece.entry}, bytes, 3));
    piece = Piece{};
  }

  Result<json> write(const fs::path& folder, const std::string& name,
                     const TokenizerConfig& config) {
    json shards = json::array();
    const std::string file = name + "-00000.sage";
    auto writer = ShardWriter::create(folder / file, config, std::vector<Source>(1));
    if (!writer) return tl::unexpected<Error>(writer.error());
    for (PackedBlock& block : blocks)
      if (auto added = writer->add(std::move(block)); !added)
        return tl::unexpected<Error>(added.error());
    const auto done = writer->finish();
    if (!done) return tl::unexpected<Error>(done.error());
    shards.push_back({{"file", file},
                      {"sha256", done->sha256},
                      {"pieces", done->pieces},
                      {"bytes", done->bytes}});
    return json{{"shards", shards},     {"pieces", summary.pieces}, {"notes", summary.notes},
                {"bars", summary.bars}, {"tokens", summary.tokens}, {"sources", sources}};
  }
};

}  // namespace

Result<PrepareSummary> prepare(const PrepareOptions& options, const PrepareCallback& callback) {
  const auto tokenizer = Tokenizer::create(options.tokenizer);
  if (!tokenizer) return tl::unexpected<Error>(tokenizer.error());
  if (tokenizer->vocabulary().size() > 65'536)
    return fail(ErrorCode::kLimit, "prepared data holds vocabularies of up to 65536 tokens");
  auto held_out = list_midi(options.validation);
  if (!held_out) return tl::unexpected<Error>(held_out.error());
  auto sources = list_midi(options.sources);
  if (!sources) return tl::unexpected<Error>(sources.error());
  // Held-out files first: of two copies the one that validates stays, so none leaks into training.
  std::vector<fs::path> files = *held_out;
  files.insert(files.end(), sources->begin(), sources->end());
  if (files.empty()) return fail(ErrorCode::kInvalidArgument, nothing_left(0, {}));
  if (auto made = make_output(options.output); !made) return tl::unexpected<Error>(made.error());
  auto pieces = read_all(files, *tokenizer, options, callback);
  if (!pieces) return tl::unexpected<Error>(pieces.error());

  Part train, valid;
  PrepareSummary summary;
  std::set<std::uint64_t> seen;
  std::map<fs::path, Origins> origins;
  const auto take = [&](bool validation, bool split_pass) {
    for (std::size_t i = 0; i < files.size(); ++i) {
      const bool held = i < held_out->size();
      const bool to_valid =
          held || (held_out->empty() && validates(files[i], options.validation_share));
      if (to_valid != validation || (split_pass && held)) continue;
      Piece& piece = (*pieces)[i];
      if (piece.dropped.empty() && !seen.insert(piece.fingerprint).second)
        piece.dropped = "duplicate";
      if (!piece.dropped.empty()) {
        ++summary.dropped[piece.dropped];
        continue;
      }
      const fs::path folder = files[i].parent_path();
      auto at = origins.find(folder);
      if (at == origins.end()) at = origins.emplace(folder, read_origins(folder)).first;
      const auto row = at->second.find(files[i].filename().string());
      (validation ? valid : train)
          .add(std::move(piece), row == at->second.end() ? "unknown" : row->second);
    }
  };
  take(/*validation=*/true, /*split_pass=*/false);
  take(/*validation=*/false, /*split_pass=*/true);
  summary.train = train.summary;
  summary.valid = valid.summary;
  if (train.blocks.empty())
    return fail(ErrorCode::kInvalidArgument, nothing_left(files.size(), summary));

  const fs::path manifest_path = options.output / "manifest.json";
  std::error_code error;
  fs::remove(manifest_path, error);  // until the new data is whole
  auto train_json = train.write(options.output, "train", tokenizer->config());
  if (!train_json) return tl::unexpected<Error>(train_json.error());
  auto valid_json = valid.write(options.output, "valid", tokenizer->config());
  if (!valid_json) return tl::unexpected<Error>(valid_json.error());
  const json manifest = {{"format", 2},
                         {"tokenizer", to_json(tokenizer->config())},
                         {"train", *train_json},
                         {"valid", *valid_json},
                         {"dropped", summary.dropped},
                         {"min_notes", options.min_notes},
                         {"max_notes", options.max_notes},
                         {"max_bars", options.max_bars}};
  const std::string text = manifest.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  summary.manifest_sha256 = Sha256().update(text).hex();
  if (auto written = write_text(manifest_path, text); !written)
    return tl::unexpected<Error>(written.error());
  return summary;
}

}  // namespace sage
