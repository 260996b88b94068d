// POST /v1/read: a MIDI file as music in JSON.
#include "serve/music_file.h"
#include "serve/piece_fields.h"
#include "serve/route.h"

namespace sage {
namespace {

Result<void> answer_read(serve::Call& call) {
  auto body = serve::parse_body(call.request.body);
  if (!body) return tl::unexpected(body.error());
  serve::Fields fields(*body);
  const auto piece = serve::read_piece(fields);
  if (!piece || !piece->document) fields.refuse("midi", "a MIDI file is needed");
  if (auto ok = fields.done(); !ok) return ok;
  serve::Json warnings = serve::Json::array();
  for (const MidiWarning& warning : piece->document->music().warnings)
    warnings.push_back("byte " + std::to_string(warning.offset) + ": " + warning.message);
  call.answer.json({{"music", serve::music_json(piece->music)},
                    {"end", piece->document->music().end.count},
                    {"warnings", warnings}});
  return {};
}

}  // namespace

const serve::Route& read_route() {
  static const serve::Route route = {
      .method = "POST",
      .path = "/v1/read",
      .summary = "A MIDI file as music in JSON",
      .schema = R"({"type":"object","additionalProperties":false,"required":["midi"],)"
                R"("properties":{"midi":{"type":"string","contentEncoding":"base64"}}})",
      .act = answer_read};
  return route;
}

}  // namespace sage
