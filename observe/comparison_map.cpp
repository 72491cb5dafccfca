// A comparison as a picture: the resilience map, a square a cell.
#include <fmt/format.h>

#include <algorithm>

#include "observe/comparison_layout.h"
#include "observe/formats.h"

namespace byzlab {
namespace {

const char* colour_of(CellOutcome outcome) {
  switch (outcome) {
    case CellOutcome::excluded:
    case CellOutcome::none: return "#eeeeee";
    case CellOutcome::live:
    case CellOutcome::safe: return "#56b4e9";
    case CellOutcome::undecided:
    case CellOutcome::stalled: return "#f0e442";
    case CellOutcome::violated: return "#d55e00";
  }
  return "";
}

}  // namespace

// Colours of the Okabe-Ito palette, which the colour-blind can tell apart; every square says its
// outcome in words, too.
std::string ComparisonTable::svg() const {
  const ComparisonLayout layout(*this);
  constexpr int kColumn = 132, kRow = 34, kLeft = 190, kTop = 84, kGap = 56;
  const auto text = [](int x, int y, std::string_view style, const std::string& words) {
    return fmt::format("  <text x=\"{}\" y=\"{}\" {}>{}</text>\n", x, y, style, xml_text(words));
  };
  std::string body;
  int y = kTop, width = 0;
  for (const Page& page : layout.pages()) {
    body += text(16, y - 12, "font-weight=\"bold\"", page.title);
    const auto column = [&](std::size_t c) { return kLeft + static_cast<int>(c) * kColumn; };
    for (std::size_t c = 0; c < page.columns.size(); ++c) {
      body += text(column(c) + kColumn / 2, y - 12, "text-anchor=\"middle\" fill=\"#555\"",
                   page.columns[c]);
    }
    for (std::size_t r = 0; r < page.rows.size(); ++r, y += kRow) {
      body += text(kLeft - 12, y + 22, "text-anchor=\"end\"", page.rows[r]);
      for (std::size_t c = 0; c < page.columns.size(); ++c) {
        body += fmt::format(
            "  <rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\" fill=\"{}\"/>\n",
            column(c) + 2, y + 2, kColumn - 4, kRow - 4, colour_of(outcome(page.cells[r][c])));
        body += text(column(c) + kColumn / 2, y + 22, "text-anchor=\"middle\" font-size=\"12\"",
                     layout.outcome_text(page.cells[r][c]));
      }
    }
    width = std::max(width, column(page.columns.size()) + 16);
    y += kGap;
  }
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" "
             "font-family=\"sans-serif\" font-size=\"14\">\n"
             "  <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
             width, y - kGap + 44) +
         text(16, 32, "font-size=\"18\" font-weight=\"bold\"", comparison_.name) + body +
         text(16, y - kGap + 30, "font-size=\"12\" fill=\"#555\"", layout.of_all_seeds()) +
         "</svg>\n";
}

}  // namespace byzlab
