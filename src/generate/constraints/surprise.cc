// The mean entropy of a choice is held at a target by feedback on the sampler's temperature.
#include <algorithm>
#include <cmath>

#include "generate/constraint.h"

namespace sage {
namespace {

constexpr double kLearning = 0.02;  // of the log of the temperature, per nat and choice
constexpr double kMostHeat = 4;

class Surprise final : public ConstraintOf<Surprise> {
 public:
  explicit Surprise(double target) : target_(target) {}

  double heat() const override { return std::exp(log_heat_); }
  void drawn(double entropy) override {
    const double most = std::log(kMostHeat);
    log_heat_ = std::clamp(log_heat_ + kLearning * (target_ - entropy), -most, most);
  }

 private:
  double target_;
  double log_heat_ = 0;
};

}  // namespace

const ConstraintWord& surprise_constraint() {
  static const ConstraintWord word = {"surprise",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (!wishes.surprise) return nullptr;
                                        return std::make_unique<Surprise>(*wishes.surprise);
                                      }};
  return word;
}

}  // namespace sage
