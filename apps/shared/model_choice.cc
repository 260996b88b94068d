#include "apps/shared/model_choice.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "apps/shared/suggestions.h"
#include "generate/bundled_model.h"
#include "nn/attention_spec.h"

namespace sage::cli {
namespace fs = std::filesystem;

void add_model_options(CLI::App& command, ModelChoice& choice) {
  command.add_option("-m,--model", choice.model,
                     "model file, or a bundled one by name: small, base (default: small)");
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

/// A model by its bare name, above the program or in the current folder.
std::optional<fs::path> model_named(const std::string& name) {
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  if (const auto found = bundled_model(program, 16, name)) return found;
  return bundled_model(fs::current_path(code) / ".", 1, name);
}

/// Of the models beside the default one.
std::vector<std::string> bundled_names() {
  const auto small = model_named("small");
  if (!small) return {};
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator it(small->parent_path(), code), end; !code && it != end;
       it.increment(code))
    if (it->path().extension() == ".safetensors") names.push_back(it->path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

tl::unexpected<Error> no_model(const std::string& model) {
  const std::vector<std::string> names = bundled_names();
  std::string text = "there is no model file " + model + suggested(model, names);
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "; bundled are " : ", ") + names[i];
  return fail(ErrorCode::kIo, text);
}

}  // namespace

Result<fs::path> default_model() {
  if (const char* path = std::getenv("SAGE_MODEL"); path != nullptr && *path != '\0') {
    if (std::error_code code; fs::exists(path, code)) return fs::path(path);
    if (const auto named = model_named(path)) return *named;
    return fail(ErrorCode::kIo, std::string("there is no file ") + path +
                                    ", which the environment variable SAGE_MODEL names");
  }
  if (const auto small = model_named("small")) return *small;
  return fail(ErrorCode::kIo,
              "no bundled model beside the program or in this folder; name one with --model");
}

std::optional<fs::path> bundled(const std::string& name) {
  const auto model = model_named("small");
  std::error_code code;
  if (!model || !fs::exists(model->parent_path() / name, code)) return std::nullopt;
  return model->parent_path() / name;
}

Result<fs::path> model_file(const std::string& name) {
  if (name.empty()) return default_model();
  std::error_code code;
  if (fs::is_directory(name, code))
    return fail(ErrorCode::kIo, name + " is a folder; name a model file in it");
  if (fs::exists(name, code)) return fs::path(name);
  if (const auto named = model_named(name)) return *named;
  return no_model(name);
}

Result<std::shared_ptr<const Engine>> open_engine(const ModelChoice& choice) {
  const auto path = model_file(choice.model);
  if (!path) return tl::unexpected(path.error());
  return Engine::open(*path, type_of(choice.type), type_of(choice.cache));
}

std::optional<DType> type_of(const std::string& name) {
  if (name.empty()) return std::nullopt;
  return weight_type_from_string(name).value();
}

}  // namespace sage::cli
