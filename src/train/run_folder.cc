#include "train/run_folder.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "train/export.h"

namespace sage {
namespace {

/// Temporary files of a killed process.
void remove_leftovers(const std::filesystem::path& run) {
  std::error_code error;
  std::vector<std::filesystem::path> leftovers;
  for (std::filesystem::directory_iterator entry(run, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().filename().string().find(".safetensors.tmp") != std::string::npos)
      leftovers.push_back(entry->path());
  for (const auto& path : leftovers) std::filesystem::remove(path, error);
}

/// A killed process may have left half a line, to which the next one would be appended.
Result<void> cut_last_line(const std::filesystem::path& metrics) {
  std::error_code error;
  if (!std::filesystem::exists(metrics, error)) return {};
  const auto text = read_text(metrics);
  if (!text) return tl::unexpected<Error>(text.error());
  if (text->empty() || text->back() == '\n') return {};
  return write_text(metrics, std::string_view(*text).substr(0, text->rfind('\n') + 1));
}

}  // namespace

Result<RunFolder> RunFolder::open(const std::filesystem::path& path, bool resume) {
  RunFolder run;
  run.path_ = path;
  auto newest = newest_checkpoint(path);
  std::error_code error;
  if (resume) {
    if (!newest) return tl::unexpected<Error>(newest.error());
    run.checkpoint_ = *std::move(newest);
  } else if (newest || std::filesystem::exists(run.model(), error)) {
    return fail(ErrorCode::kInvalidArgument,
                path.string() +
                    ": holds a run already; continue it with --resume, or choose another folder");
  }
  std::filesystem::create_directories(path, error);
  if (error)
    return fail(ErrorCode::kIo, "cannot make the folder " + path.string() + ": " + error.message());
  const auto metrics = path / "metrics.jsonl";
  if (resume) {
    remove_leftovers(path);
    if (auto cut = cut_last_line(metrics); !cut) return tl::unexpected<Error>(cut.error());
  }
  run.metrics_.open(metrics, resume ? std::ios::app : std::ios::trunc);
  if (!run.metrics_) return fail(ErrorCode::kIo, metrics.string() + ": cannot be written");
  return run;
}

void RunFolder::log(const nlohmann::json& line) { metrics_ << line.dump() << std::endl; }

Result<void> RunFolder::save(const TrainState& state,
                             const std::map<std::string, std::string>& metadata,
                             std::span<const TensorView> tensors, bool with_model) const {
  if (!metrics_)
    return fail(ErrorCode::kIo, (path_ / "metrics.jsonl").string() + ": cannot be written");
  const auto path = write_checkpoint(path_, state, metadata, tensors);
  if (!path) return tl::unexpected<Error>(path.error());
  std::error_code error;
  if (!with_model && std::filesystem::exists(model(), error)) return {};
  return export_model({.checkpoint = *path, .output = model()});
}

}  // namespace sage
