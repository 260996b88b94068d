#include "generate/request_json.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "generate/json_fields.h"
#include "generate/limits.h"
#include "generate/wishes_json.h"
#include "score/meter_text.h"
#include "score/program_names.h"

namespace sage {
namespace {

using nlohmann::json;

Result<json> parse(std::string_view text) {
  if (text.empty()) return json::object();
  auto value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return fail(ErrorCode::kMalformed, "the request is not valid JSON");
  return value;
}

Result<int> program_from_json(const json& value) {
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (number >= 0 && number < kProgramCount) return static_cast<int>(number);
  } else if (value.is_string()) {
    if (const auto program = program_from_name(value.get<std::string>())) return *program;
  }
  return fail(
      ErrorCode::kInvalidArgument,
      "no instrument is called " + value.dump() +
          "; use General MIDI names such as \"piano\", or numbers 0 to 127 (128 for drums)");
}

FieldReader instruments(std::vector<int>& programs) {
  return [&programs](const json& value) -> Result<void> {
    if (!value.is_array())
      return fail(ErrorCode::kInvalidArgument, "must be a list of names or numbers");
    for (const json& item : value) {
      const auto program = program_from_json(item);
      if (!program) return tl::unexpected(program.error());
      programs.push_back(*program);
    }
    return {};
  };
}

/// Keeps a value that is read last, since what it means depends on the others.
FieldReader kept_field(json& into) {
  return [&into](const json& value) -> Result<void> {
    into = value;
    return {};
  };
}

Result<void> read_wishes(const json& value, const std::vector<int>& programs, Wishes& wishes) {
  if (value.is_null()) return {};
  auto read = wishes_from_json(value, programs);
  if (!read) return fail("request key 'wishes'", read.error());
  wishes = *std::move(read);
  return {};
}

template <class Into>
FieldReader meter_field(Into& into) {
  return [&into](const json& value) -> Result<void> {
    const auto meter = meter_from_text(value.is_string() ? value.get<std::string>() : value.dump());
    if (!meter) return tl::unexpected(meter.error());
    into = *meter;
    return {};
  };
}

/// How tokens are chosen, the same for all requests.
template <class Seed>
void add_sampling(FieldReaders& fields, SamplerOptions& sampler, Seed& seed) {
  sampler.top_p = kUsualTopP;
  fields["seed"] = number_field(seed);
  fields["temperature"] = number_field(sampler.temperature);
  fields["top_k"] = number_field(sampler.top_k);
  fields["top_p"] = number_field(sampler.top_p);
  fields["min_p"] = number_field(sampler.min_p);
  fields["repeat_penalty"] = number_field(sampler.repeat_penalty);
  fields["repeat_allowed"] = number_field(sampler.repeat_allowed);
}

Result<void> read(std::string_view text, const FieldReaders& fields) {
  const auto value = parse(text);
  if (!value) return tl::unexpected(value.error());
  return read_fields(*value, "request", fields);
}

/// Reads a request's own fields, its sampling and its wishes, which are about `programs`.
template <class Seed>
Result<void> read_with_wishes(std::string_view text, FieldReaders& fields, SamplerOptions& sampler,
                              Seed& seed, const std::vector<int>& programs, Wishes& into) {
  json wishes;
  fields["wishes"] = kept_field(wishes);
  add_sampling(fields, sampler, seed);
  if (auto ok = read(text, fields); !ok) return ok;
  return read_wishes(wishes, programs, into);
}

}  // namespace

Result<Request> request_from_json(std::string_view text, const Engine& engine, bool continues) {
  Request request;
  std::optional<int> endings;
  FieldReaders fields;
  fields["bars"] = number_field(request.bars);
  fields["prompt_bars"] = number_field(request.prompt_bars);
  fields["max_notes"] = number_field(request.max_notes);
  fields["max_seconds"] = number_field(request.max_seconds);
  fields["instruments"] = instruments(request.programs);
  fields["tempo"] = number_field(request.bpm);
  fields["meter"] = meter_field(request.meter);
  fields["meter_changes"] = flag_field(request.allow_meter_changes);
  fields["tempo_changes"] = flag_field(request.allow_tempo_changes);
  fields["presence"] = number_field(request.presence);
  fields["endings"] = number_field(endings);
  if (auto ok = read_with_wishes(text, fields, request.sampler, request.seed, request.programs,
                                 request.wishes);
      !ok)
    return tl::unexpected(ok.error());
  request.endings = endings.value_or(usual_endings(engine, request, continues));
  return request;
}

Result<InfillRequest> infill_request_from_json(std::string_view text) {
  InfillRequest request;
  FieldReaders fields;
  fields["bars"] = [&request](const json& value) -> Result<void> {
    const auto bars = bars_from_text(value.is_string() ? value.get<std::string>() : value.dump());
    if (!bars) return tl::unexpected(bars.error());
    std::tie(request.first_bar, request.bars) = *bars;
    return {};
  };
  fields["instruments"] = instruments(request.programs);
  fields["takes"] = number_field(request.takes);
  fields["threads"] = number_field(request.threads);
  if (auto ok = read_with_wishes(text, fields, request.sampler, request.seed, request.programs,
                                 request.wishes);
      !ok)
    return tl::unexpected(ok.error());
  return request;
}

Result<StreamOptions> stream_options_from_json(std::string_view text) {
  StreamOptions options;
  FieldReaders fields;
  fields["given"] = instruments(options.given);
  fields["written"] = instruments(options.written);
  fields["meter"] = meter_field(options.meter);
  fields["tempo"] = number_field(options.bpm);
  fields["guess"] = flag_field(options.guess);
  fields["presence"] = number_field(options.presence);
  fields["threads"] = number_field(options.threads);
  if (auto ok = read_with_wishes(text, fields, options.sampler, options.seed, options.written,
                                 options.wishes);
      !ok)
    return tl::unexpected(ok.error());
  return options;
}

Result<void> change_stream(Stream& stream, std::string_view text) {
  std::optional<Meter> meter;
  std::optional<double> bpm;
  std::optional<std::uint64_t> seed;
  std::optional<std::vector<int>> playing;
  SamplerOptions sampler;
  FieldReaders fields;
  fields["meter"] = meter_field(meter);
  fields["tempo"] = number_field(bpm);
  fields["playing"] = [&playing](const json& value) {
    return instruments(playing.emplace())(value);
  };
  json wishes;
  fields["wishes"] = kept_field(wishes);
  FieldReaders sampling;
  bool resample = false;
  add_sampling(sampling, sampler, seed);
  for (const auto& [key, reader] : sampling)
    fields[key] = [&resample, &key, &reader](const json& value) {
      resample |= key != "seed";
      return reader(value);
    };
  if (auto ok = read(text, fields); !ok) return ok;
  if (auto ok = validate(sampler); !ok) return ok;
  if (meter)
    if (auto ok = stream.set_meter(*meter); !ok) return ok;
  if (bpm)
    if (auto ok = stream.set_tempo(*bpm); !ok) return ok;
  if (!wishes.is_null()) {
    Wishes wanted;
    if (auto ok = read_wishes(wishes, {}, wanted); !ok) return ok;
    if (auto ok = stream.set_wishes(wanted); !ok) return ok;
  }
  if (playing) stream.set_playing(*playing);
  if (seed) stream.reseed(*seed);
  if (resample) stream.set_sampler(sampler);
  return {};
}

Result<std::pair<int, int>> bars_from_text(std::string_view text) {
  const auto refuse = [&] {
    return fail(ErrorCode::kInvalidArgument,
                "invalid bars '" + std::string(text) + "'; write them like 5-8, 5- or 5, from 1");
  };
  const char* at = text.data();
  const char* const end = at + text.size();
  int first = 0, last = 0;
  auto read = std::from_chars(at, end, first);
  if (read.ec != std::errc() || first < 1) return refuse();
  if (read.ptr == end) return std::pair(first - 1, 1);
  if (*read.ptr != '-') return refuse();
  at = read.ptr + 1;
  if (at == end) return std::pair(first - 1, 0);
  read = std::from_chars(at, end, last);
  if (read.ec != std::errc() || read.ptr != end || last < first) return refuse();
  return std::pair(first - 1, last - first + 1);
}

}  // namespace sage
