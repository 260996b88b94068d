#include "heads/measurement_file.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"

namespace sage {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "sage-music head measurement";
constexpr int kVersion = 1;

/// Rows of A shares: each sums to 1 where there were queries, and is 0 elsewhere.
bool are_shares(const HeadMeasurement& measured, const std::vector<double>& values) {
  const std::size_t size = measured.attributes.size(), rows = measured.queries.size();
  for (std::size_t row = 0; row * size < values.size(); ++row) {
    double sum = 0;
    for (std::size_t key = 0; key < size; ++key) {
      const double value = values[row * size + key];
      if (!(value >= 0)) return false;
      sum += value;
    }
    if (std::abs(sum - (measured.queries[row % rows] > 0 ? 1.0 : 0.0)) > 1e-6) return false;
  }
  return true;
}

bool is_sound(const HeadMeasurement& measured) {
  if (measured.layers < 1 || measured.layers > 256 || measured.heads < 1 || measured.heads > 256 ||
      measured.attributes.empty() || measured.attributes.size() > 32)
    return false;
  const std::size_t size = measured.attributes.size();
  const std::size_t rows = static_cast<std::size_t>(measured.heads) * size;
  if (measured.queries.size() != rows || measured.uniform.size() != rows * size ||
      measured.mass.size() != rows * size * static_cast<std::size_t>(measured.layers))
    return false;
  for (const double count : measured.queries)
    if (!(count >= 0 && count < 1e18)) return false;
  return are_shares(measured, measured.uniform) && are_shares(measured, measured.mass);
}

}  // namespace

Result<void> write_measurement(const std::filesystem::path& path, const HeadMeasurement& measured) {
  const nlohmann::ordered_json file = {
      {"format", kFormat},           {"version", kVersion},
      {"model", measured.model},     {"pieces", measured.pieces},
      {"tokens", measured.tokens},   {"layers", measured.layers},
      {"heads", measured.heads},     {"attributes", measured.attributes},
      {"queries", measured.queries}, {"uniform", measured.uniform},
      {"mass", measured.mass}};
  return write_text(path, file.dump() + "\n");
}

Result<HeadMeasurement> read_measurement(const std::filesystem::path& path) {
  const auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  const auto bad = [&](const std::string& why) {
    return fail(ErrorCode::kMalformed, path.string() + " is not a measurement of heads: " + why +
                                           " (`sage-music heads measure` writes one)");
  };
  const json file = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded() || !file.is_object()) return bad("it is not a JSON object");
  HeadMeasurement out;
  try {
    if (file.at("format").get<std::string>() != kFormat) return bad("it is of another format");
    if (file.at("version").get<int>() != kVersion)
      return bad("its version is not " + std::to_string(kVersion));
    file.at("model").get_to(out.model);
    file.at("pieces").get_to(out.pieces);
    file.at("tokens").get_to(out.tokens);
    file.at("layers").get_to(out.layers);
    file.at("heads").get_to(out.heads);
    file.at("attributes").get_to(out.attributes);
    file.at("queries").get_to(out.queries);
    file.at("uniform").get_to(out.uniform);
    file.at("mass").get_to(out.mass);
  } catch (const json::exception& e) {
    return bad(e.what());
  }
  if (!is_sound(out)) return bad("its numbers are damaged");
  return out;
}

}  // namespace sage
