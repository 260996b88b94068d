// Tokenizers of MidiTok (Fradet et al. 2021) read and written: its tokenizer.json, version 3, of
// the tokenizations REMI and TSD, with merges learnt by byte pair encoding. docs/miditok.md says
// what maps to what. Pure functions; nothing else in this layer knows MidiTok.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "tokens/tokenizer.h"

namespace sage {

/// REMI becomes remi+ and TSD becomes tsd, both in the compact layout. Base tokens are this
/// program's own; what is carried over are the merges whose base tokens all mean something here.
/// `notes` gets a line for each thing that does not map one to one. Refuses files of another kind
/// (kMalformed), tokenizations and options that no scheme here supports (kUnsupported), and more
/// than a tokenizer can hold (kLimit).
Result<Tokenizer> import_miditok(const std::filesystem::path& path,
                                 std::vector<std::string>& notes);

/// Writes remi+ as REMI and tsd as TSD, atomically; refuses other schemes (kUnsupported). Imported
/// again, the merges are the same, except those that `notes` reports as dropped.
Result<void> export_miditok(const std::filesystem::path& path, const Tokenizer& tokenizer,
                            std::vector<std::string>& notes);

}  // namespace sage
