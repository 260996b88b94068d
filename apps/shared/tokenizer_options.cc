#include "apps/shared/tokenizer_options.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "base/file.h"
#include "tokens/tokenizer_file.h"

namespace sage::cli {
namespace {

std::vector<std::string> scheme_names() {
  std::vector<std::string> names;
  for (const Tokenization* scheme : tokenization_registry()) names.emplace_back(scheme->name());
  return names;
}

/// The library would make numbers of fractions and truth values, and cut what is too large.
std::optional<std::vector<TokenId>> token_ids(const nlohmann::json& json) {
  std::vector<TokenId> ids;
  if (!json.is_array()) return std::nullopt;
  for (const auto& number : json) {
    if (!number.is_number_integer()) return std::nullopt;
    const auto id = number.get<std::int64_t>();
    if (id < 0 || id > std::numeric_limits<TokenId>::max()) return std::nullopt;
    ids.push_back(static_cast<TokenId>(id));
  }
  return ids;
}

}  // namespace

void add_base_tokenizer_options(CLI::App& command, TokenizerConfig& config) {
  static const std::map<std::string, Layout> kLayouts = {{"full", Layout::kFull},
                                                         {"compact", Layout::kCompact}};
  static const std::map<std::string, bool> kSwitch = {{"on", true}, {"off", false}};
  command.add_option("--scheme", config.scheme, "tokenization")
      ->check(CLI::IsMember(scheme_names()))
      ->capture_default_str();
  command.add_option("--layout", config.layout, "full or compact (default: compact)")
      ->transform(one_of(kLayouts))
      ->option_text("full|compact");
  command.add_option("--velocity", config.velocity, "on or off (default: off)")
      ->transform(one_of(kSwitch))
      ->option_text("on|off");
  static const std::map<std::string, ProgramOrder> kOrders = {{"number", ProgramOrder::kNumber},
                                                              {"header", ProgramOrder::kHeader}};
  command
      .add_option("--order", config.order,
                  "order of programs at a position: number, or header (default: number)")
      ->transform(one_of(kOrders))
      ->option_text("number|header");
  command.add_option("--grid", config.grid, "positions a quarter note: 4, 8, 12, 16 or 24")
      ->check(CLI::IsMember({4, 8, 12, 16, 24}))
      ->capture_default_str();
}

void add_tokenizer_options(CLI::App& command, TokenizerChoice& choice) {
  add_base_tokenizer_options(command, choice.config);
  auto* file =
      command.add_option("--tokenizer", choice.file,
                         "tokenizer file from `bpe train`, instead of the five options above");
  for (const char* other : {"--scheme", "--layout", "--velocity", "--order", "--grid"})
    file->excludes(command.get_option(other));
}

Result<Tokenizer> make_tokenizer(const TokenizerChoice& choice) {
  return choice.file.empty() ? Tokenizer::create(choice.config) : read_tokenizer_file(choice.file);
}

std::string token_file_text(const TokenFile& file) {
  Json pieces = Json::array();
  for (const TokenFile::Piece& piece : file.pieces)
    pieces.push_back({{"file", piece.file}, {"tokens", piece.tokens}});
  const Json json = {{"format", kTokenFileFormat},
                     {"version", kTokenFileVersion},
                     {"tokenizer", to_json(file.config)},
                     {"pieces", std::move(pieces)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<void> write_token_file(const std::filesystem::path& path, const TokenFile& file) {
  return write_text(path, token_file_text(file));
}

Result<TokenFile> read_token_file(const std::filesystem::path& path) {
  auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  const auto bad = [&](const std::string& why) {
    return fail(ErrorCode::kMalformed, path.string() + " is not a token file: " + why);
  };
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (json.is_discarded()) return bad("it is not valid JSON");
  if (!json.is_object() || json.value("format", nlohmann::json()) != kTokenFileFormat)
    return bad("it does not say \"format\": \"" + std::string(kTokenFileFormat) + "\"");
  if (json.value("version", nlohmann::json()) != kTokenFileVersion)
    return bad("its version is not " + std::to_string(kTokenFileVersion));
  TokenFile file;
  if (!json.contains("pieces") || !json["pieces"].is_array() ||
      !std::all_of(json["pieces"].begin(), json["pieces"].end(), [](const auto& piece) {
        return piece.is_object() && piece.contains("file") && piece["file"].is_string() &&
               piece.contains("tokens");
      }))
    return bad("its \"pieces\" are not a list of {\"file\": name, \"tokens\": [...]}");
  try {
    auto config = tokenizer_config_from_json(json.at("tokenizer"));
    if (!config) return bad(config.error().message);
    file.config = *config;
    for (const auto& piece : json.at("pieces")) {
      const auto name = piece.at("file").get<std::string>();
      auto ids = token_ids(piece.at("tokens"));
      if (!ids) return bad("the tokens of piece " + name + " are not all whole numbers from 0 on");
      file.pieces.push_back({name, *std::move(ids)});
    }
  } catch (const nlohmann::json::exception& error) {
    return bad(error.what());
  }
  return file;
}

}  // namespace sage::cli
