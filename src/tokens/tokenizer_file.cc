#include "tokens/tokenizer_file.h"

#include <nlohmann/json.hpp>

#include "base/file.h"

namespace sage {
namespace {

constexpr const char* kFormat = "sage-music tokenizer";
constexpr int kVersion = 1;

nlohmann::json base_tokens(const Vocabulary& vocabulary) {
  nlohmann::json names = nlohmann::json::array();
  for (TokenId id = 0; id < vocabulary.size(); ++id) names.push_back(vocabulary.describe(id));
  return names;
}

/// Where two lists of base tokens first differ, in words.
std::string difference(const nlohmann::json& theirs, const nlohmann::json& ours) {
  if (theirs.size() != ours.size())
    return "it has " + std::to_string(theirs.size()) + ", this program " +
           std::to_string(ours.size());
  for (std::size_t i = 0; i < ours.size(); ++i)
    if (theirs[i] != ours[i])
      return "token " + std::to_string(i) + " is " + theirs[i].dump() + " there and " +
             ours[i].dump() + " here";
  return "";
}

}  // namespace

Result<void> write_tokenizer_file(const std::filesystem::path& path, const Tokenizer& tokenizer,
                                  const nlohmann::json& training) {
  const nlohmann::ordered_json file = {{"format", kFormat},
                                       {"version", kVersion},
                                       {"tokenizer", to_json(tokenizer.config())},
                                       {"training", training},
                                       {"base_tokens", base_tokens(tokenizer.vocabulary())}};
  return write_text(path, file.dump() + "\n");
}

Result<Tokenizer> read_tokenizer_file(const std::filesystem::path& path) {
  auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  const auto bad = [&](const std::string& why) {
    return fail(ErrorCode::kMalformed, path.string() + " is not a tokenizer file: " + why);
  };
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (json.is_discarded()) return bad("it is not valid JSON");
  if (!json.is_object() || json.value("format", nlohmann::json()) != kFormat)
    return bad("it does not say \"format\": \"" + std::string(kFormat) +
               "\" (`sage-music bpe train` and `bpe import` write one)");
  if (json.value("version", nlohmann::json()) != kVersion)
    return bad("its version is not " + std::to_string(kVersion));
  if (!json.contains("tokenizer") || !json.contains("base_tokens"))
    return bad("it lacks \"tokenizer\" or \"base_tokens\"");
  auto config = tokenizer_config_from_json(json["tokenizer"]);
  if (!config) return fail(path.string(), config.error());
  auto tokenizer = Tokenizer::create(*config);
  if (!tokenizer) return fail(path.string(), tokenizer.error());
  const auto ours = base_tokens(tokenizer->vocabulary());
  if (json["base_tokens"] != ours)
    return fail(ErrorCode::kMismatch, path.string() + ": its base tokens are not those of " +
                                          describe(*config) + ": " +
                                          difference(json["base_tokens"], ours));
  return tokenizer;
}

}  // namespace sage
