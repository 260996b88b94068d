#include "data/writer.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "base/thread_pool.h"
#include "data/shard_writer.h"

namespace sage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A block is closed when its pieces reach this size: a window is read by decompressing one.
constexpr std::uint64_t kBlockBytes = 64 << 10;
constexpr int kBlockLevel = 9;
constexpr std::size_t kBlocksAThread = 16;  // between two looks at the watch
constexpr const char* kFileList = "files.tsv.zst";

struct Count {
  std::size_t pieces = 0, notes = 0, bars = 0, tokens = 0;
  void add(const PieceEntry& entry) {
    ++pieces;
    notes += entry.note_count;
    bars += entry.bar_count;
    tokens += entry.token_count;
  }
};

json with_counts(json object, const Count& count) {
  object["pieces"] = count.pieces;
  object["notes"] = count.notes;
  object["bars"] = count.bars;
  object["tokens"] = count.tokens;
  return object;
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// A cell of a table: what would break the row becomes a space.
std::string cell(std::string text) {
  for (char& c : text)
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  return text;
}

std::string shard_name(const char* part, std::size_t index) {
  std::string number = std::to_string(index);
  if (number.size() < 5) number.insert(0, 5 - number.size(), '0');
  return std::string(part) + "-" + number + ".sage";
}

bool is_shard_name(const std::string& name) {
  if (!name.ends_with(".sage") || !(name.starts_with("train-") || name.starts_with("valid-")))
    return false;
  return std::all_of(name.begin() + 6, name.end() - 5,
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// One part of the data as it is written.
struct Part {
  const char* name;
  PartOf part;
  Count count;
  std::map<std::uint32_t, Count> by_source;
  std::set<std::uint32_t> groups;
  json shards = json::array();
  std::uint64_t bytes = 0, raw_bytes = 0;
};

class DataWriter {
 public:
  DataWriter(const ReadMusic& music, const PrepareOptions& options, const WriteWatch& watch)
      : music_(music),
        options_(options),
        watch_(watch),
        pool_(std::max(1, std::min(options.threads, 64))) {}

  Result<PrepareSummary> run();

 private:
  struct Planned {
    std::vector<std::uint32_t> files;
    std::uint64_t size = 0;
  };
  const FileMeta& meta(std::size_t file) const {
    const std::size_t size = music_.work.unit_size();
    return music_.units[file / size].files()[file % size];
  }
  void find_sources();
  Result<void> write_part(Part& part);
  Result<void> write_blocks(Part& part, const std::vector<Planned>& plan);
  Result<PackedBlock> pack(const Planned& planned) const;
  Result<void> close_shard(Part& part);
  Result<json> write_file_list() const;
  json part_json(const Part& part) const;
  Result<void> move_into_place(const std::vector<std::string>& names) const;

  const ReadMusic& music_;
  const PrepareOptions& options_;
  const WriteWatch& watch_;
  ThreadPool pool_;
  std::vector<Source> sources_;            // of all files
  std::vector<Source> used_;               // of those in a part, sorted: the order of the shards
  std::vector<std::uint32_t> source_of_;   // (files): index into sources_
  std::vector<std::uint32_t> used_index_;  // (sources): index into used_
  std::optional<ShardWriter> shard_;
};

void DataWriter::find_sources() {
  std::map<Source, std::uint32_t> numbers;
  std::map<std::string, Source> of_folder;
  const std::string* folder = nullptr;
  std::set<Source> used;
  for (std::size_t i = 0; i < music_.files.size(); ++i) {
    if (folder == nullptr || *folder != music_.files.folder(i)) {
      folder = &music_.files.folder(i);
      of_folder = read_sources(*folder);
    }
    const auto row = of_folder.find(music_.files.name(i));
    const Source source = row == of_folder.end() ? Source{} : row->second;
    const auto [at, is_new] =
        numbers.try_emplace(source, static_cast<std::uint32_t>(sources_.size()));
    if (is_new) sources_.push_back(source);
    source_of_.push_back(at->second);
    if (music_.selection.files[i].part != PartOf::kNone) used.insert(source);
  }
  used_.assign(used.begin(), used.end());
  for (const Source& source : sources_)
    used_index_.push_back(static_cast<std::uint32_t>(
        std::lower_bound(used_.begin(), used_.end(), source) - used_.begin()));
}

Result<PackedBlock> DataWriter::pack(const Planned& planned) const {
  std::vector<PieceEntry> entries;
  std::vector<std::uint8_t> data;
  data.reserve(planned.size);
  for (const std::uint32_t file : planned.files) {
    const std::size_t unit = file / music_.work.unit_size();
    if (!music_.units[unit].read(meta(file), data))
      return fail(ErrorCode::kMalformed,
                  music_.work.unit_path(unit).string() +
                      " is damaged; delete it and give the same command again");
    entries.push_back(meta(file).entry);
    entries.back().source = used_index_[source_of_[file]];
  }
  return pack_block(std::move(entries), data, kBlockLevel);
}

Result<void> DataWriter::write_blocks(Part& part, const std::vector<Planned>& plan) {
  std::vector<Result<PackedBlock>> packed(plan.size(), fail(ErrorCode::kInterrupted, "not packed"));
  std::atomic<std::size_t> next{0};
  pool_.run([&](int, int) {
    for (std::size_t i; (i = next++) < plan.size();) packed[i] = pack(plan[i]);
  });
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (!packed[i]) return tl::unexpected<Error>(packed[i].error());
    part.raw_bytes += plan[i].size;
    if (!shard_) {
      const auto path = music_.work.path(shard_name(part.name, part.shards.size()));
      auto made = ShardWriter::create(path, options_.tokenizer, used_);
      if (!made) return tl::unexpected<Error>(made.error());
      shard_.emplace(*std::move(made));
    }
    if (auto added = shard_->add(*std::move(packed[i])); !added) return added;
    if (shard_->bytes() >= options_.shard_bytes)
      if (auto closed = close_shard(part); !closed) return closed;
  }
  return {};
}

Result<void> DataWriter::close_shard(Part& part) {
  const auto done = shard_->finish();
  shard_.reset();
  if (!done) return tl::unexpected<Error>(done.error());
  part.bytes += done->bytes;
  part.shards.push_back({{"file", shard_name(part.name, part.shards.size())},
                         {"sha256", done->sha256},
                         {"pieces", done->pieces},
                         {"tokens", done->tokens},
                         {"bytes", done->bytes}});
  return {};
}

Result<void> DataWriter::write_part(Part& part) {
  std::vector<Planned> plan;
  bool open = false;  // whether the last planned block takes more
  const std::size_t batch = kBlocksAThread * static_cast<std::size_t>(pool_.size());
  for (std::uint32_t i = 0; i < music_.files.size(); ++i) {
    const auto& choice = music_.selection.files[i];
    if (choice.part != part.part) continue;
    const PieceEntry& entry = meta(i).entry;
    part.count.add(entry);
    part.by_source[source_of_[i]].add(entry);
    part.groups.insert(choice.group);
    if (!open && plan.size() == batch) {
      if (watch_ && !watch_(i)) return fail(ErrorCode::kInterrupted, "stopped");
      if (auto written = write_blocks(part, plan); !written) return written;
      plan.clear();
    }
    if (!open) plan.emplace_back();
    plan.back().files.push_back(i);
    plan.back().size += entry.size();
    open = plan.back().size < kBlockBytes;
  }
  if (auto written = write_blocks(part, plan); !written) return written;
  return shard_ ? close_shard(part) : Result<void>{};
}

/// Every file, what became of it, its hash. Frames of a megabyte of text each, one after another.
Result<json> DataWriter::write_file_list() const {
  auto file = FileWriter::create(music_.work.path(kFileList));
  if (!file) return tl::unexpected<Error>(file.error());
  Sha256 hash;
  const auto flush = [&](std::string& text) {
    const auto frame =
        compress({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, kBlockLevel);
    text.clear();
    hash.update(frame);
    return file->append(frame);
  };
  std::string text = "file\tpart\tpiece\tdropped\tgroup\trepo\tlicence\tsha256\n";
  std::size_t pieces[3] = {};
  for (std::size_t i = 0; i < music_.files.size(); ++i) {
    const auto& choice = music_.selection.files[i];
    const bool used = choice.part != PartOf::kNone;
    const Source& source = sources_[source_of_[i]];
    const FileMeta& file_meta = meta(i);
    text += cell(music_.files.path(i).string()) + '\t';
    text += !used ? "" : choice.part == PartOf::kTrain ? "train" : "valid";
    text += '\t' + (used ? std::to_string(pieces[static_cast<int>(choice.part)]++) : "") + '\t';
    text += std::string(drop_name(choice.drop)) + '\t' + std::to_string(choice.group) + '\t';
    text += cell(source.repo) + '\t' + cell(source.licence) + '\t';
    const bool read = file_meta.sha256 != decltype(file_meta.sha256){};
    text += (read ? hex_of(file_meta.sha256) : "") + '\n';
    if (text.size() >= (1 << 20) || i + 1 == music_.files.size())
      if (auto written = flush(text); !written) return tl::unexpected<Error>(written.error());
  }
  if (auto done = file->commit(); !done) return tl::unexpected<Error>(done.error());
  return json{{"file", kFileList}, {"sha256", hash.hex()}, {"rows", music_.files.size()}};
}

json DataWriter::part_json(const Part& part) const {
  std::map<Source, Count> sorted;
  for (const auto& [source, count] : part.by_source) sorted[sources_[source]] = count;
  json sources = json::array();
  for (const auto& [source, count] : sorted)
    sources.push_back(with_counts({{"repo", source.repo}, {"licence", source.licence}}, count));
  json object = with_counts({{"shards", part.shards}, {"sources", sources}}, part.count);
  object["groups"] = part.groups.size();
  return object;
}

/// Shards of older data, which the manifest would not name, go.
Result<void> DataWriter::move_into_place(const std::vector<std::string>& names) const {
  std::error_code error;
  fs::remove(options_.output / "manifest.json", error);  // until the new data are whole
  for (const auto& entry : fs::directory_iterator(options_.output, error))
    if (is_shard_name(entry.path().filename().string())) fs::remove(entry.path(), error);
  for (const std::string& name : names) {
    fs::rename(music_.work.path(name), options_.output / name, error);
    if (error)
      return fail(ErrorCode::kIo,
                  "cannot write " + (options_.output / name).string() + ": " + error.message());
  }
  return {};
}

PrepareSummary::Part summary_of(const Part& part) {
  return {part.count.pieces,  part.count.notes, part.count.bars, part.count.tokens,
          part.groups.size(), part.bytes,       part.raw_bytes};
}

json options_json(const PrepareOptions& options) {
  return {{"valid_share", options.validation_share},
          {"near_duplicate", options.near_duplicate},
          {"same_piece", options.same_piece},
          {"min_notes", options.min_notes},
          {"max_notes", options.max_notes},
          {"max_bars", options.max_bars},
          {"max_same_pitch", options.quality.top_pitch_share},
          {"max_cut_bars", options.quality.cut_bars},
          {"max_notes_per_second", options.quality.notes_per_second},
          {"max_sounding", options.quality.sounding},
          {"max_silent_bars", options.quality.silent_bars},
          {"perform", options.perform}};
}

Result<PrepareSummary> DataWriter::run() {
  find_sources();
  PrepareSummary summary;
  for (const auto& choice : music_.selection.files)
    if (choice.drop != Drop::kNone) ++summary.dropped[std::string(drop_name(choice.drop))];
  summary.like_pairs = music_.selection.like_pairs;
  Part train{"train", PartOf::kTrain, {}, {}, {}}, valid{"valid", PartOf::kValid, {}, {}, {}};
  std::vector<std::string> names = {kFileList};
  for (Part* part : {&valid, &train}) {
    if (auto written = write_part(*part); !written) return tl::unexpected<Error>(written.error());
    for (std::size_t i = 0; i < part->shards.size(); ++i)
      names.push_back(shard_name(part->name, i));
  }
  const auto list = write_file_list();
  if (!list) return tl::unexpected<Error>(list.error());
  if (auto moved = move_into_place(names); !moved) return tl::unexpected<Error>(moved.error());
  const json manifest = {{"format", 2},
                         {"tokenizer", to_json(options_.tokenizer)},
                         {"options", options_json(options_)},
                         {"train", part_json(train)},
                         {"valid", part_json(valid)},
                         {"dropped", summary.dropped},
                         {"files", *list}};
  const std::string text = manifest.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  summary.manifest_sha256 = Sha256().update(text).hex();
  summary.train = summary_of(train);
  summary.valid = summary_of(valid);
  if (auto written = write_text(options_.output / "manifest.json", text); !written)
    return tl::unexpected<Error>(written.error());
  return summary;
}

}  // namespace

Result<PrepareSummary> write_data(const ReadMusic& music, const PrepareOptions& options,
                                  const WriteWatch& watch) {
  return DataWriter(music, options, watch).run();
}

}  // namespace sage
