// The space-time diagram as one SVG file: lanes are replicas, time goes down, arrows are messages
// in colours (Okabe & Ito 2008) and dashes by kind; what was lost ends in a cross on its way.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "observe/numbers.h"
#include "observe/run_picture.h"

namespace byzlab {
namespace {

constexpr double kLeft = 90, kTop = 92, kLength = 1000, kBottom = 30;
constexpr std::array<std::string_view, 7> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                   "#e69f00", "#56b4e9", "#000000"};
constexpr std::array<std::string_view, 3> kDashes{"", "7 3", "2 3"};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

class Drawing {
 public:
  explicit Drawing(const RunPicture& picture)
      : picture_(picture),
        step_(std::clamp(900.0 / std::max(1u, picture.n), 26.0, 150.0)),
        width_(kLeft + step_ * picture.n + 40) {
    for (const MessageRow& m : picture.messages)
      if (std::ranges::find(kinds_, m.kind) == kinds_.end()) kinds_.push_back(m.kind);
    std::ranges::sort(kinds_);
  }

  std::string svg() {
    width_ = std::max(width_,
                      130.0 * static_cast<double>(std::min<std::size_t>(kinds_.size(), 6)) + 120);
    const double height = kTop + kLength + kBottom;
    out_ = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}" font-family="system-ui, sans-serif" font-size="12">)"
        "\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        width_, height + legend_lines() * 18);
    out_ += fmt::format("<title>{}</title>\n", escaped(picture_.title));
    text(14, 22, picture_.title, "font-size=\"15\" font-weight=\"600\"");
    text(14, 40,
         fmt::format("{} s to {} s, {} messages", exact_seconds(picture_.from),
                     exact_seconds(picture_.to), picture_.messages.size()),
         "fill=\"#555\"");
    faults();
    axis();
    lanes();
    for (const MessageRow& m : picture_.messages) message(m);
    fault_names();
    for (const auto& commit : picture_.commits) {
      out_ += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"#fff\" stroke=\"#000\" "
          "stroke-width=\"1.5\"><title>r{} commits height {} {}</title></circle>\n",
          x(commit.replica), y(commit.at), commit.replica, commit.height, commit.block);
    }
    legend(height);
    return out_ + "</svg>\n";
  }

 private:
  double x(std::uint32_t replica) const { return kLeft + step_ * (replica + 0.5); }
  double y(Time at) const { return std::clamp(anywhere(at), kTop, kTop + kLength); }
  /// May lie above or below the picture.
  double anywhere(Time at) const {
    return kTop + kLength * (seconds(at - picture_.from) / seconds(picture_.to - picture_.from));
  }

  void text(double left, double base, std::string_view what, std::string_view attributes) {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", left, base, attributes,
                        escaped(what));
  }

  void faults() {
    for (const auto& fault : picture_.faults) {
      const double top = y(std::max(fault.from, picture_.from)),
                   bottom = y(std::min(fault.to, picture_.to));
      out_ += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#e69f00\" "
          "fill-opacity=\"0.12\"><title>{} {}</title></rect>\n",
          kLeft, top, step_ * picture_.n, std::max(1.0, bottom - top), escaped(fault.action),
          escaped(fault.label));
    }
  }

  void fault_names() {
    for (const auto& fault : picture_.faults) {
      const double top = y(std::max(fault.from, picture_.from));
      text(kLeft + 4, std::min(top + 13, kTop + kLength - 2), fault.action + " " + fault.label,
           "fill=\"#7a5200\" font-size=\"11\" paint-order=\"stroke\" stroke=\"#fff\" "
           "stroke-width=\"3\"");
    }
  }

  /// A line each 1, 2 or 5 times a power of ten.
  void axis() {
    const double span = seconds(picture_.to - picture_.from);
    double every = std::pow(10.0, std::floor(std::log10(span / 10)));
    for (const double factor : {2.0, 2.5, 2.0}) {
      if (span / every <= 14) break;
      every *= factor;
    }
    const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(every))));
    for (double t = std::ceil(seconds(picture_.from - kStart) / every) * every;
         t <= seconds(picture_.to - kStart) + every / 1000; t += every) {
      const double at = y(kStart + Duration{std::llround(t * 1e9)});
      out_ += fmt::format(
          "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#e4e4e4\"/>\n",
          kLeft - 6, at, kLeft + step_ * picture_.n, at);
      text(kLeft - 10, at + 4, fmt::format("{:.{}f} s", t, digits),
           "text-anchor=\"end\" fill=\"#555\"");
    }
  }

  void lanes() {
    for (std::uint32_t r = 0; r < picture_.n; ++r) {
      const bool liar = picture_.byzantine[r];
      text(x(r), kTop - 26, fmt::format("r{}", r),
           liar ? "text-anchor=\"middle\" font-weight=\"700\" fill=\"#b00020\""
                : "text-anchor=\"middle\" font-weight=\"600\"");
      if (liar && step_ > 60)
        text(x(r), kTop - 12, "Byzantine",
             "text-anchor=\"middle\" font-size=\"10\" fill=\"#b00020\"");
      line(x(r), kTop, x(r), kTop + kLength, liar ? "#b00020" : "#999", liar ? "6 3" : "", "");
    }
    for (const auto& down : picture_.downs) {
      const double top = y(std::max(down.from, picture_.from)),
                   bottom = y(std::min(down.to, picture_.to));
      out_ += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"10\" height=\"{:.1f}\" fill=\"#777\"><title>r{} "
          "{}</title></rect>\n",
          x(down.replica) - 5, top, std::max(2.0, bottom - top), down.replica, down.state);
    }
    // A number where a view begins, unless the one before stands there.
    std::vector<double> last(picture_.n, -100);
    for (const auto& view : picture_.views) {
      const double at = y(view.at);
      if (at - last[view.replica] < 12) continue;
      last[view.replica] = at;
      text(x(view.replica) + 5, at + 11, fmt::format("v{}", view.view),
           "font-size=\"10\" fill=\"#555\"");
    }
  }

  void line(double x1, double y1, double x2, double y2, std::string_view colour,
            std::string_view dash, std::string_view title, bool arrow = false) {
    out_ +=
        fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"",
                    x1, y1, x2, y2, colour);
    if (!dash.empty()) out_ += fmt::format(" stroke-dasharray=\"{}\"", dash);
    out_ += title.empty() ? "/>\n" : fmt::format("><title>{}</title></line>\n", escaped(title));
    if (!arrow) return;
    const double length = std::hypot(x2 - x1, y2 - y1);
    if (length < 8) return;
    const double ux = (x2 - x1) / length, uy = (y2 - y1) / length;
    out_ += fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}z\" fill=\"{}\"/>\n",
                        x2, y2, x2 - 7 * ux - 3 * uy, y2 - 7 * uy + 3 * ux, x2 - 7 * ux + 3 * uy,
                        y2 - 7 * uy - 3 * ux, colour);
  }

  void message(const MessageRow& m) {
    const auto style = static_cast<std::size_t>(std::ranges::find(kinds_, m.kind) - kinds_.begin());
    const auto colour = kColours[style % kColours.size()];
    const auto dash = kDashes[style / kColours.size() % kDashes.size()];
    const auto title =
        fmt::format("{}: r{} to r{}, {} s to {} s{}", text_of(m, *picture_.index), m.from, m.to,
                    exact_seconds(Duration{m.sent}), exact_seconds(Duration{m.at}),
                    m.dropped != 0 ? fmt::format(", lost: {}", m.why_lost()) : "");
    double x1 = x(m.from), y1 = anywhere(kStart + Duration{m.sent});
    double x2 = x(m.to), y2 = anywhere(kStart + Duration{m.at});
    const double slope = y2 > y1 ? (x2 - x1) / (y2 - y1) : 0;
    if (y1 < kTop) x1 += slope * (kTop - y1), y1 = kTop;  // what lies outside is cut off
    const bool ends_below = y2 > kTop + kLength;
    if (ends_below) x2 -= slope * (y2 - kTop - kLength), y2 = kTop + kLength;
    if (m.dropped == 0) {
      line(x1, y1, x2, y2, colour, dash, title, !ends_below);
      return;
    }
    if (m.at == m.sent) {  // nobody knows how far it came: a third of the way
      x2 = x1 + (x2 - x1) / 3;
      y2 = y1 + 8;
    }
    line(x1, y1, x2, y2, colour, dash, title);
    out_ += fmt::format("<path d=\"M{:.1f} {:.1f}l8 8m0 -8l-8 8\" stroke=\"{}\" fill=\"none\"/>\n",
                        x2 - 4, y2 - 4, colour);
  }

  int legend_lines() const { return static_cast<int>((kinds_.size() + 5) / 6); }

  void legend(double top) {
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      const double left = 14 + 130.0 * static_cast<double>(i % 6),
                   base = top + 18 * static_cast<double>(i / 6);
      line(left, base - 4, left + 24, base - 4, kColours[i % kColours.size()],
           kDashes[i / kColours.size() % kDashes.size()], "", true);
      text(left + 30, base, picture_.index->kind_name(kinds_[i]), "fill=\"#000\"");
    }
  }

  const RunPicture& picture_;
  double step_, width_;
  std::vector<std::uint8_t> kinds_;
  std::string out_;
};

}  // namespace

std::string space_time_svg(const RunPicture& picture) { return Drawing(picture).svg(); }

}  // namespace byzlab
