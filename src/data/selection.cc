#include "data/selection.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <unordered_map>

#include "base/hash.h"

namespace sage {
namespace {

/// Disjoint sets whose name is their smallest member.
class Groups {
 public:
  explicit Groups(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), 0u);
  }
  std::uint32_t find(std::uint32_t x) {
    while (parent_[x] != x) x = parent_[x] = parent_[parent_[x]];
    return x;
  }
  void join(std::uint32_t a, std::uint32_t b) {
    a = find(a), b = find(b);
    if (a != b) parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

bool about_as_many(std::uint32_t a, std::uint32_t b) {
  return std::uint64_t{10} * std::min(a, b) >= std::uint64_t{9} * std::max(a, b);
}

/// The position of a group in [0, 1) by its name: below the held-out share it is for validation.
double draw_of(const std::string& name) {
  const std::string hex = Sha256().update(name).hex();
  return static_cast<double>(std::stoul(hex.substr(0, 8), nullptr, 16)) * 0x1.0p-32;
}

class Selector {
 public:
  Selector(const MusicFiles& files, const std::vector<const FileMeta*>& metas,
           const PrepareOptions& options)
      : files_(files), metas_(metas), options_(options), groups_(files.size()) {
    result_.files.resize(files.size());
    for (std::size_t i = 0; i < files.size(); ++i) result_.files[i].drop = metas[i]->drop;
  }

  Selection run() {
    drop_copies();
    drop_likenesses();
    join_versions();
    for (std::uint32_t i = 0; i < metas_.size(); ++i) result_.files[i].group = groups_.find(i);
    if (files_.held_out() > 0)
      give_held_out();
    else
      split();
    return std::move(result_);
  }

 private:
  bool good(std::size_t i) const { return result_.files[i].drop == Drop::kNone; }

  /// Of equal fingerprints the first stays: held-out files come first.
  void drop_copies() {
    std::unordered_map<std::uint64_t, std::uint32_t> seen;
    for (std::uint32_t i = 0; i < metas_.size(); ++i) {
      if (!good(i)) continue;
      const auto [at, is_new] = seen.try_emplace(metas_[i]->fingerprint, i);
      if (is_new) continue;
      result_.files[i].drop = Drop::kDuplicate;
      groups_.join(at->second, i);
    }
  }

  void drop_likenesses() {
    const double least = std::min(options_.same_piece, options_.near_duplicate);
    if (least >= 1) return;
    std::vector<const Signature*> signatures(metas_.size(), nullptr);
    for (std::size_t i = 0; i < metas_.size(); ++i)
      if (good(i) && metas_[i]->shingles >= kFewestShingles) signatures[i] = &metas_[i]->signature;
    const auto pairs = like_pairs(signatures, least);
    result_.like_pairs = pairs.size();
    // By the second of each pair: whether the first stays is settled by then.
    for (const LikePair& pair : pairs) {
      if (options_.same_piece < 1 && pair.similarity >= options_.same_piece)
        groups_.join(pair.first, pair.second);
      if (options_.near_duplicate < 1 && pair.similarity >= options_.near_duplicate &&
          good(pair.first) &&
          about_as_many(metas_[pair.first]->entry.note_count,
                        metas_[pair.second]->entry.note_count))
        result_.files[pair.second].drop = Drop::kNearDuplicate;
    }
  }

  /// Good files of one folder whose names are versions of each other.
  void join_versions() {
    std::unordered_map<std::string, std::uint32_t> first;
    const std::string* folder = nullptr;
    for (std::uint32_t i = 0; i < metas_.size(); ++i) {
      if (i == files_.held_out() || folder == nullptr || *folder != files_.folder(i)) first.clear();
      folder = &files_.folder(i);
      if (metas_[i]->drop != Drop::kNone) continue;
      const auto [at, is_new] = first.try_emplace(version_stem(files_.name(i)), i);
      if (!is_new) groups_.join(at->second, i);
    }
  }

  /// Held-out pieces validate; what is of a group with one of them is not used at all.
  void give_held_out() {
    const auto held = static_cast<std::uint32_t>(files_.held_out());
    for (std::uint32_t i = 0; i < metas_.size(); ++i) {
      auto& choice = result_.files[i];
      if (!good(i)) continue;
      if (i < held)
        choice.part = PartOf::kValid;
      else if (choice.group < held)  // the first of its group
        choice.drop = Drop::kHeldOutVersion;
      else
        choice.part = PartOf::kTrain;
    }
  }

  /// A share of the groups validates, by a draw from their names. Of two or more groups at least
  /// one does, so that there is something to measure with, and at least one does not.
  void split() {
    std::map<std::uint32_t, std::size_t> sizes;
    std::size_t pieces = 0;
    for (std::size_t i = 0; i < metas_.size(); ++i) {
      if (!good(i)) continue;
      ++sizes[result_.files[i].group];
      ++pieces;
    }
    const double share = options_.validation_share;
    const double most = std::max(1.0, share * static_cast<double>(pieces));
    std::vector<std::pair<double, std::uint32_t>> ranked;  // those that are small enough first
    std::size_t held = 0;
    for (const auto& [group, size] : sizes) {
      const bool fits = static_cast<double>(size) <= most;
      const double draw = draw_of(version_stem(files_.name(group)));
      ranked.emplace_back(fits ? draw : static_cast<double>(size), group);
      if (fits && draw < share) ++held;
    }
    std::sort(ranked.begin(), ranked.end());
    const std::size_t least = share > 0 && ranked.size() > 1 ? 1 : 0;
    if (!ranked.empty()) held = std::clamp(held, least, ranked.size() - 1);
    std::set<std::uint32_t> validating;
    for (std::size_t i = 0; i < held; ++i) validating.insert(ranked[i].second);
    for (std::size_t i = 0; i < metas_.size(); ++i)
      if (good(i))
        result_.files[i].part =
            validating.contains(result_.files[i].group) ? PartOf::kValid : PartOf::kTrain;
  }

  const MusicFiles& files_;
  const std::vector<const FileMeta*>& metas_;
  const PrepareOptions& options_;
  Groups groups_;
  Selection result_;
};

}  // namespace

Selection select_pieces(const MusicFiles& files, const std::vector<const FileMeta*>& metas,
                        const PrepareOptions& options) {
  return Selector(files, metas, options).run();
}

}  // namespace sage
