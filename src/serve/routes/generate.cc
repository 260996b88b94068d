// POST /v1/generate: music from nothing, or what follows a piece.
#include "serve/verbs.h"

namespace sage {

const serve::Route& generate_route() {
  static const serve::Route route = {
      .method = "POST",
      .path = "/v1/generate",
      .summary = "Writes music from nothing, or continues a piece after its first bars",
      .schema =
          R"({"type":"object","additionalProperties":false,"properties":{)" SAGE_PIECE_SCHEMA
          R"(,"prompt_bars":{"type":"integer","minimum":1,"description":"bars of the piece )"
          R"(to keep","default":4},"bars":{"type":"integer","minimum":1,"default":16},)" SAGE_INSTRUMENTS_SCHEMA
          R"(,"tempo":{"type":"number","minimum":24,"maximum":240},)"
          R"("meter":{"type":"string","examples":["3/4"]},)"
          R"("meter_changes":{"type":"boolean"},"tempo_changes":{"type":"boolean"},)"
          R"("max_notes":{"type":"integer","minimum":0},)"
          R"("max_seconds":{"type":"number","minimum":0},)"
          R"("presence":{"type":"number","minimum":0,"maximum":100,"default":1},)"
          R"("endings":{"type":"integer","minimum":0,"maximum":64},)" SAGE_SAMPLER_SCHEMA "}}",
      .act = [](serve::Call& call) { return serve::answer_verb(call, serve::read_generate); }};
  return route;
}

}  // namespace sage
