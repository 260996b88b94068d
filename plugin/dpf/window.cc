// The plug-in's window: what is set, and a roll of the part that plays.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "DistrhoUI.hpp"
#include "plugin/dpf/plugin.h"
#include "score/program_names.h"

START_NAMESPACE_DISTRHO

namespace {

using namespace sage::plugin;  // NOLINT: nothing else is drawn here

struct Box {
  float x, y, w, h;
  bool holds(double px, double py) const { return px >= x && px < x + w && py >= y && py < y + h; }
};

/// A place in the window that a parameter is shown at. Switches toggle; others change by the wheel,
/// or by dragging up and down.
struct Control {
  std::uint32_t id;
  Box box;
};

constexpr float kRow = 26, kGap = 6, kLeft = 12;
constexpr Box kRoll{kLeft, 200, 536, 120};

constexpr std::array<Control, 19> kControls = {{
    {kMode, {kLeft, 40, 130, kRow}},
    {kBars, {kLeft + 136, 40, 90, kRow}},
    {kOwnProgram, {kLeft + 232, 40, 160, kRow}},
    {kLock, {kLeft + 398, 40, 64, kRow}},
    {kBypass, {kLeft + 468, 40, 68, kRow}},
    {kSurprise, {kLeft, 72, 102, kRow}},
    {kDensity, {kLeft + 108, 72, 80, kRow}},
    {kSeed, {kLeft + 194, 72, 72, kRow}},
    {kFillFrom, {kLeft + 272, 72, 90, kRow}},
    {kFillTo, {kLeft + 368, 72, 76, kRow}},
    {kPrograms, {kLeft + 450, 72, 86, kRow}},
    {kFirstRole, {kLeft, 112, 128, kRow}},
    {kFirstRole + 2, {kLeft + 136, 112, 128, kRow}},
    {kFirstRole + 4, {kLeft + 272, 112, 128, kRow}},
    {kFirstRole + 6, {kLeft + 408, 112, 128, kRow}},
    {kFirstRole + 1, {kLeft, 144, 128, kRow}},
    {kFirstRole + 3, {kLeft + 136, 144, 128, kRow}},
    {kFirstRole + 5, {kLeft + 272, 144, 128, kRow}},
    {kFirstRole + 7, {kLeft + 408, 144, 128, kRow}},
}};

bool is_program(std::uint32_t id) {
  return id == kOwnProgram || (id > kFirstRole && (id - kFirstRole) % 2 == 1);
}

std::string label(std::uint32_t id, float value) {
  static constexpr const char* kModes[] = {"Accompany", "Continue", "Fill"};
  const ParameterInfo& info = parameter_info(id);
  if (id == kMode) return kModes[std::clamp(static_cast<int>(value), 0, 2)];
  if (is_program(id)) {
    const std::string name(sage::program_name(static_cast<int>(value)));
    return id == kOwnProgram ? "You: " + name : name;
  }
  if (info.kind == ParameterInfo::Kind::kSwitch) return info.name;
  char text[64];
  std::snprintf(text, sizeof text, info.kind == ParameterInfo::Kind::kWhole ? "%s %.0f" : "%s %.2f",
                info.name, static_cast<double>(value));
  return text;
}

}  // namespace

class SageWindow : public UI {
 public:
  SageWindow() : UI(DISTRHO_UI_DEFAULT_WIDTH, DISTRHO_UI_DEFAULT_HEIGHT, true) {
    loadSharedResources();
    for (std::uint32_t id = 0; id < values_.size(); ++id) values_[id] = parameter_info(id).usual;
  }

 protected:
  void parameterChanged(std::uint32_t index, float value) override {
    if (index >= values_.size()) return;
    values_[index] = value;
    repaint();
  }
  void stateChanged(const char*, const char*) override { repaint(); }
  void uiIdle() override {
    if (++idle_ % 3 == 0) repaint();
  }

  void onNanoDisplay() override {
    beginPath();
    rect(0, 0, static_cast<float>(getWidth()), static_cast<float>(getHeight()));
    fillColor(28, 30, 34);
    fill();
    save();
    const float size = static_cast<float>(getWidth()) / DISTRHO_UI_DEFAULT_WIDTH;
    scale(size, size);
    fontFace(NANOVG_DEJAVU_SANS_TTF);
    write(kLeft, 24, "SAGE-Music", 16);
    const Composer* composer = of_plugin();
    write(kLeft + 130, 24, composer != nullptr ? composer->status().c_str() : "", 12);
    for (const Control& control : kControls) draw(control);
    if (composer != nullptr) draw(composer->part());
    restore();
  }

  bool onMouse(const MouseEvent& event) override {
    if (event.button != 1) return false;
    const Control* control = event.press ? at(event.pos.getX(), event.pos.getY()) : nullptr;
    if (!event.press) dragged_ = nullptr;
    if (control == nullptr) return false;
    if (parameter_info(control->id).kind == ParameterInfo::Kind::kSwitch) {
      set(control->id, values_[control->id] > 0.5F ? 0 : 1);
    } else if (control->id == kMode) {
      set(kMode, std::fmod(values_[kMode] + 1, 3.0F));
    } else {
      dragged_ = control;
      drag_from_ = event.pos.getY();
      drag_value_ = values_[control->id];
    }
    return true;
  }

  bool onMotion(const MotionEvent& event) override {
    if (dragged_ == nullptr) return false;
    set(dragged_->id,
        drag_value_ + step(dragged_->id) * static_cast<float>((drag_from_ - event.pos.getY()) / 4));
    return true;
  }

  bool onScroll(const ScrollEvent& event) override {
    const Control* control = at(event.pos.getX(), event.pos.getY());
    if (control == nullptr) return false;
    set(control->id,
        values_[control->id] + step(control->id) * (event.delta.getY() > 0 ? 1.0F : -1.0F));
    return true;
  }

 private:
  const SagePlugin* plugin() const {
    return static_cast<const SagePlugin*>(getPluginInstancePointer());
  }
  const Composer* of_plugin() const { return plugin() != nullptr ? plugin()->composer() : nullptr; }

  static float step(std::uint32_t id) {
    return parameter_info(id).kind == ParameterInfo::Kind::kNumber ? 0.05F : 1;
  }

  const Control* at(double x, double y) const {
    const double size = static_cast<double>(getWidth()) / DISTRHO_UI_DEFAULT_WIDTH;
    for (const Control& control : kControls)
      if (control.box.holds(x / size, y / size)) return &control;
    return nullptr;
  }

  void set(std::uint32_t id, float value) {
    const ParameterInfo& info = parameter_info(id);
    value = std::clamp(value, info.least, info.most);
    if (info.kind != ParameterInfo::Kind::kNumber) value = std::round(value);
    if (value == values_[id]) return;
    values_[id] = value;
    editParameter(id, true);
    setParameterValue(id, value);
    editParameter(id, false);
    repaint();
  }

  void write(float x, float y, const char* words, float height) {
    fontSize(height);
    fillColor(225, 228, 232);
    text(x, y, words, nullptr);
  }

  void draw(const Control& control) {
    const float value = values_[control.id];
    const bool lit =
        parameter_info(control.id).kind == ParameterInfo::Kind::kSwitch && value > 0.5F;
    const Box& box = control.box;
    beginPath();
    roundedRect(box.x, box.y, box.w, box.h, 4);
    if (lit)
      fillColor(38, 110, 160);
    else
      fillColor(52, 56, 62);
    fill();
    save();
    scissor(box.x, box.y, box.w - kGap, box.h);
    write(box.x + kGap, box.y + 17, label(control.id, value).c_str(), 12);
    restore();
  }

  /// The part as a piano roll, with the place that plays.
  void draw(const Part& part) {
    static constexpr std::array<std::array<int, 3>, 5> kColours = {
        {{120, 190, 120}, {220, 150, 70}, {110, 160, 230}, {200, 120, 190}, {170, 170, 170}}};
    beginPath();
    rect(kRoll.x, kRoll.y, kRoll.w, kRoll.h);
    fillColor(18, 19, 22);
    fill();
    for (const LoopNote& note : part.notes) {
      const auto& colour = kColours[note.channel == 9 ? 4 : note.channel % 4];
      const auto x = static_cast<float>(note.onset / part.quarters) * kRoll.w;
      const auto width = static_cast<float>(note.duration / part.quarters) * kRoll.w;
      beginPath();
      rect(kRoll.x + x, kRoll.y + kRoll.h * (1 - static_cast<float>(note.pitch + 1) / 128),
           std::max(width - 1, 1.5F), 2.5F);
      fillColor(colour[0], colour[1], colour[2]);
      fill();
    }
    const float place = plugin()->place();
    if (place < 0) return;
    beginPath();
    rect(kRoll.x + place * kRoll.w, kRoll.y, 1, kRoll.h);
    fillColor(240, 240, 240);
    fill();
  }

  std::array<float, kParameterCount> values_{};
  const Control* dragged_ = nullptr;
  double drag_from_ = 0;
  float drag_value_ = 0;
  int idle_ = 0;

  DISTRHO_DECLARE_NON_COPYABLE(SageWindow)
};

UI* createUI() { return new SageWindow(); }

END_NAMESPACE_DISTRHO
