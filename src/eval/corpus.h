// Folders of music, piece by piece: what a file is called, and what it holds on the metric grid.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "eval/holes.h"
#include "metrics/features.h"
#include "metrics/piece.h"

namespace sage {

struct PieceFile {
  std::string
      name;  // the path below the folder, without the extension; pairs outputs and references
  std::filesystem::path path;
};

/// Something that was left out, and why; for tables.
struct Skipped {
  std::string name;
  std::string why;
};

/// "; the first: NAME: WHY", to stand behind a sentence that counts them; nothing for none.
std::string name_the_first(const std::vector<Skipped>& skipped);

struct Folder {
  std::vector<PieceFile> pieces;  // sorted by name
  std::vector<Skipped> skipped;   // second files of one name, links to nowhere and the like
};

/// Called now and then with the share that is done; false stops the work.
using Progress = std::function<bool(std::size_t done, std::size_t total)>;

/// All MIDI files (.mid, .midi, .kar, .rmi in any case) below a folder. Refuses what is no folder,
/// or holds a folder that may not be read.
/// A folder without MIDI files is an empty corpus, no error.
Result<Folder> list_folder(const std::filesystem::path& folder);

/// Takes out of a folder what lies in take-2, take-3 and so on below it: further takes of the
/// pieces of the same names, in that order.
std::vector<std::vector<PieceFile>> split_takes(Folder& folder);
/// "take-2", the folder of a take (from 2 on) below that of the first one.
std::string take_folder(std::size_t take);

/// About `limit` of the pieces, evenly spread, the same ones each time; all for 0.
std::vector<PieceFile> thin(const std::vector<PieceFile>& pieces, std::size_t limit);

/// SHA-256 over names and contents, in order: which data a result is about. A file that cannot be
/// read counts with its name alone.
std::string hash_of(const std::vector<PieceFile>& pieces);

/// Reads one file onto the metric grid. The message does not repeat the file's name.
Result<Piece> load_piece(const PieceFile& file);

/// The bars that are scored: `skip` of them are the prompt, then `bars`, or all the rest for 0.
struct Scope {
  std::size_t skip = 0;
  std::size_t bars = 0;
};

/// A reference, and what of it is compared: the bars of a scope, or what was in a hole.
struct Reference {
  Piece whole;
  Piece part;
  Features features;  // of `part`
  std::optional<PieceHole> hole;
};

/// Refuses what no output could be compared with: no notes in the scored bars, or in the prompt; no
/// bars behind the prompt; pieces too long to compare. Whoever continues the piece is asked for the
/// instruments of the prompt.
Result<Reference> load_reference(const PieceFile& file, const Scope& scope);
/// Refuses a hole that does not lie in the piece or in which nothing plays.
Result<Reference> load_reference(const PieceFile& file, const PieceHole& hole);

/// What is compared of an output: exactly the reference's bars, or the hole's; what goes on behind
/// them is not asked for where a scope ends them.
Piece answer_to(const Reference& reference, const Piece& output, const Scope& scope);

/// The programs that begin notes in a piece, in their order.
std::vector<int> programs_playing(const Piece& piece);

}  // namespace sage
