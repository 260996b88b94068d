// Engines of the C interface.
#include <dlfcn.h>

#include <nlohmann/json.hpp>
#include <span>

#include "capi/handles.h"
#include "capi/status.h"
#include "generate/bundled_model.h"

namespace sage::capi {
namespace {

/// The file that this code was loaded from.
std::filesystem::path own_file() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&sage_version), &info) == 0) return {};
  std::error_code code;
  return std::filesystem::canonical(info.dli_fname, code);
}

Result<std::filesystem::path> path_of_bundled_model() {
  const std::filesystem::path library = own_file();
  if (const auto found = bundled_model(library)) return *found;
  return fail(ErrorCode::kIo,
              "no bundled model beside " + library.string() + "; name a model file");
}

std::string info_of(const Engine& engine) {
  const Metadata& metadata = engine.weights().metadata();
  const auto value = [&](std::string_view key) {
    const auto at = metadata.find(std::string(key));
    return at == metadata.end() ? std::string() : at->second;
  };
  const nlohmann::ordered_json info = {{"hash", engine.weights().hash()},
                                       {"licence", value(kLicenceKey)},
                                       {"type", to_string(engine.weights().type())},
                                       {"context", engine.context()},
                                       {"tokens", engine.tokenizer().size()},
                                       {"tokenizer", describe(engine.tokenizer().config())}};
  return info.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<void> hand_over(Result<std::shared_ptr<const Engine>> opened, sage_engine** engine) {
  if (!opened) return tl::unexpected(opened.error());
  std::string info = info_of(**opened);
  *engine = new sage_engine{*std::move(opened), std::move(info)};
  return {};
}

}  // namespace
}  // namespace sage::capi

using namespace sage;        // NOLINT: the definitions below are C's
using namespace sage::capi;  // NOLINT

sage_status sage_engine_open(const char* path, sage_engine** engine) {
  return guarded([&]() -> Result<void> {
    if (engine == nullptr) return missing("engine");
    if (path != nullptr) return hand_over(Engine::open(std::filesystem::path(path)), engine);
    const auto bundled = path_of_bundled_model();
    if (!bundled) return tl::unexpected(bundled.error());
    return hand_over(Engine::open(*bundled), engine);
  });
}

sage_status sage_engine_open_bytes(const void* bytes, size_t size, sage_engine** engine) {
  return guarded([&]() -> Result<void> {
    if (engine == nullptr) return missing("engine");
    if (bytes == nullptr && size > 0) return missing("bytes");
    return hand_over(Engine::open(std::span(static_cast<const std::uint8_t*>(bytes), size)),
                     engine);
  });
}

void sage_free_engine(sage_engine* engine) { delete engine; }

const char* sage_engine_info(const sage_engine* engine) {
  return engine == nullptr ? "" : engine->info.c_str();
}
