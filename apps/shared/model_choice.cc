#include "apps/shared/model_choice.h"

#include <cstdlib>
#include <vector>

#include "generate/bundled_model.h"
#include "nn/attention_spec.h"

namespace sage::cli {
namespace fs = std::filesystem;

void add_model_options(CLI::App& command, ModelChoice& choice) {
  command.add_option("-m,--model", choice.model, "model file (default: the bundled one)");
  command.add_option("--type", choice.type, "convert weights at loading: f32, bf16, int8 or int4")
      ->check(is_weight_type());
  command
      .add_option("--cache", choice.cache,
                  "type of the K/V cache: f32, bf16 or int8 (default: like the weights)")
      ->check(is_cache_type());
  command.add_option("--threads", choice.threads, "threads for the model")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

CLI::Validator is_weight_type() { return CLI::IsMember({"f32", "bf16", "int8", "int4"}); }
CLI::Validator is_cache_type() { return CLI::IsMember({"f32", "bf16", "int8"}); }

CLI::Validator is_shape() {
  return {[](const std::string& name) {
            const auto shape = shape_config(name);
            return shape ? std::string() : shape.error().message;
          },
          ""};
}

CLI::Validator is_attention() {
  std::vector<std::string> names;
  for (const AttentionFamily* family : attention_registry()) names.emplace_back(family->name());
  return CLI::IsMember(names);
}

namespace {

std::optional<fs::path> found_model() {
  std::error_code code;
  if (auto found = bundled_model(fs::read_symlink("/proc/self/exe", code))) return found;
  if (fs::path here = fs::current_path(code) / "."; !code) return bundled_model(here, 1);
  return std::nullopt;
}

}  // namespace

Result<fs::path> default_model() {
  if (const char* path = std::getenv("SAGE_MODEL"); path != nullptr && *path != '\0') {
    if (std::error_code code; fs::exists(path, code)) return fs::path(path);
    return fail(ErrorCode::kIo, std::string("there is no file ") + path +
                                    ", which the environment variable SAGE_MODEL names");
  }
  if (auto found = found_model()) return *std::move(found);
  return fail(ErrorCode::kIo,
              "no bundled model beside the program or in this folder; name one with --model");
}

std::optional<fs::path> bundled(const std::string& name) {
  const auto model = found_model();
  std::error_code code;
  if (!model || !fs::exists(model->parent_path() / name, code)) return std::nullopt;
  return model->parent_path() / name;
}

Result<std::shared_ptr<const Engine>> open_engine(const ModelChoice& choice) {
  fs::path path = choice.model;
  if (path.empty()) {
    auto found = default_model();
    if (!found) return tl::unexpected(found.error());
    path = *found;
  }
  return Engine::open(path, type_of(choice.type), type_of(choice.cache));
}

std::optional<DType> type_of(const std::string& name) {
  if (name.empty()) return std::nullopt;
  return weight_type_from_string(name).value();
}

}  // namespace sage::cli
