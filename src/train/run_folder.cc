#include "train/run_folder.h"

#include <nlohmann/json.hpp>

#include "train/export.h"

namespace sage {

Result<RunFolder> RunFolder::open(const std::filesystem::path& path, bool resume) {
  RunFolder run;
  run.path_ = path;
  auto newest = newest_checkpoint(path);
  std::error_code error;
  if (resume) {
    if (!newest) return tl::unexpected<Error>(newest.error());
    run.checkpoint_ = *std::move(newest);
  } else if (newest || std::filesystem::exists(run.model(), error)) {
    return fail(
        ErrorCode::kInvalidArgument,
        path.string() + ": holds a run already; go on with it (--resume) or name another folder");
  }
  std::filesystem::create_directories(path, error);
  if (error)
    return fail(ErrorCode::kIo, "cannot make the folder " + path.string() + ": " + error.message());
  const auto metrics = path / "metrics.jsonl";
  run.metrics_.open(metrics, resume ? std::ios::app : std::ios::trunc);
  if (!run.metrics_) return fail(ErrorCode::kIo, metrics.string() + ": cannot be written");
  return run;
}

void RunFolder::log(const nlohmann::json& line) { metrics_ << line.dump() << std::endl; }

Result<void> RunFolder::save(const TrainState& state,
                             const std::map<std::string, std::string>& metadata,
                             std::span<const TensorView> tensors, bool with_model) const {
  const auto path = write_checkpoint(path_, state, metadata, tensors);
  if (!path) return tl::unexpected<Error>(path.error());
  std::error_code error;
  if (!with_model && std::filesystem::exists(model(), error)) return {};
  return export_model({.checkpoint = *path, .output = model()});
}

}  // namespace sage
