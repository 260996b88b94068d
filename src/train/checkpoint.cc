#include "train/checkpoint.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <vector>

namespace sage {
namespace {

namespace fs = std::filesystem;

/// All checkpoints of a run, oldest first: the step is padded, so names sort as numbers.
std::vector<fs::path> checkpoints_in(const fs::path& run) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator entry(run, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("checkpoint-") && name.ends_with(".safetensors"))
      paths.push_back(entry->path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::string state_to_text(const TrainState& state) {
  return nlohmann::json{{"step", state.step},
                        {"tokens", state.tokens},
                        {"seconds", state.seconds},
                        {"train_loss", state.train_loss},
                        {"valid_nats_per_token", state.valid_nats_per_token},
                        {"valid_nats_per_note", state.valid_nats_per_note},
                        {"best_step", state.best_step},
                        {"best_nats_per_note", state.best_nats_per_note},
                        {"validations_since", state.validations_since}}
      .dump();
}

Result<TrainState> state_from_text(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  TrainState state;
  const auto number = [&](const char* key, auto& to) {
    using Number = std::remove_reference_t<decltype(to)>;
    if (!json.is_object() || !json.contains(key)) return false;
    const auto& value = json[key];
    if constexpr (std::is_floating_point_v<Number>) {
      if (value.is_null()) {  // JSON has null for a loss that is not a number
        to = std::numeric_limits<Number>::quiet_NaN();
        return true;
      }
    }
    if (std::is_integral_v<Number> ? !value.is_number_integer() : !value.is_number()) return false;
    to = value.template get<Number>();
    return true;
  };
  if (!number("step", state.step) || !number("tokens", state.tokens) ||
      !number("seconds", state.seconds) || !number("train_loss", state.train_loss) ||
      !number("valid_nats_per_token", state.valid_nats_per_token) ||
      !number("valid_nats_per_note", state.valid_nats_per_note) ||
      !number("best_step", state.best_step) ||
      !number("best_nats_per_note", state.best_nats_per_note) ||
      !number("validations_since", state.validations_since) || state.step < 0 ||
      state.best_step > state.step)
    return fail(ErrorCode::kMalformed, "the checkpoint's state is damaged");
  return state;
}

Result<fs::path> write_checkpoint(const fs::path& run, const TrainState& state,
                                  std::map<std::string, std::string> metadata,
                                  std::span<const TensorView> tensors, std::size_t keep) {
  char name[64];
  std::snprintf(name, sizeof name, "checkpoint-%09lld.safetensors",
                static_cast<long long>(state.step));
  metadata[std::string(kStateKey)] = state_to_text(state);
  const fs::path path = run / name;
  if (auto written = write_safetensors(path, metadata, tensors); !written)
    return tl::unexpected<Error>(written.error());
  auto all = checkpoints_in(run);
  for (std::size_t i = 0; i + keep < all.size(); ++i) {
    std::error_code ignored;  // an old file that stays does no harm
    fs::remove(all[i], ignored);
  }
  return path;
}

Result<fs::path> newest_checkpoint(const fs::path& run) {
  const auto all = checkpoints_in(run);
  if (all.empty())
    return fail(ErrorCode::kInvalidArgument, run.string() + ": no checkpoint to resume from");
  return all.back();
}

}  // namespace sage
