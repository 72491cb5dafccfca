#include "observe/sweep_page.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <vector>

#include "observe/json_document.h"
#include "observe/run_journal.h"
#include "observe/run_record.h"
#include "observe/statistics.h"
#include "observe/tally.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// A cell with more seeds has a square for several of them.
constexpr std::uint64_t kMostSquares = 2000;
/// What did not pass is told one by one up to here.
constexpr std::size_t kMostTroubles = 200;
/// Figures are of so many runs, the first of every cell: reading them is most of the work.
constexpr std::uint64_t kMostFigured = 10'000;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// How a square's seeds ended.
struct Square {
  std::uint32_t passed = 0, failed = 0, open = 0;
};

struct Cell {
  std::vector<Square> squares;
  std::map<std::string, std::vector<double>> figures;
};

/// What stands before the expectations of a line; reading it whole would take a hundred times as
/// long.
struct Head {
  std::uint64_t seed = 0, cell = 0;
  char verdict = '?';  ///< 'p', 'f', 'i'
};

std::uint64_t number_after(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  std::uint64_t value = 0;
  if (at == std::string_view::npos) return 0;
  for (std::size_t i = at + key.size(); i < line.size() && line[i] >= '0' && line[i] <= '9'; ++i)
    value = value * 10 + static_cast<std::uint64_t>(line[i] - '0');
  return value;
}

Head head_of(std::string_view line) {
  const auto head = line.substr(0, line.find(R"("reason")"));
  constexpr std::string_view kVerdict = R"("verdict":")";
  const auto verdict = head.find(kVerdict);
  return {.seed = number_after(head, R"("seed":)"),
          .cell = number_after(head, R"("cell":)"),
          .verdict = verdict == std::string_view::npos || verdict + kVerdict.size() >= head.size()
                         ? '?'
                         : head[verdict + kVerdict.size()]};
}

/// The first expectation that was not met, or the reason.
std::string why(const Report& report) {
  if (!report.stopped.empty()) return report.reason;
  for (const Status wanted : {Status::fail, Status::undecided, Status::vacuous}) {
    for (const auto& e : report.expectations)
      if (e.status == wanted) return e.text + (e.detail.empty() ? "" : "   " + e.detail);
  }
  return report.reason;
}

class Strips {
 public:
  Strips(std::uint64_t first, std::uint64_t seeds, std::size_t cells)
      : first_(first),
        seeds_(seeds),
        per_square_((seeds + kMostSquares - 1) / kMostSquares),
        cells_(cells) {
    for (Cell& cell : cells_) cell.squares.resize((seeds + per_square_ - 1) / per_square_);
  }

  void add(std::string_view line) {
    const Head head = head_of(line);
    if (head.cell >= cells_.size() || head.seed < first_ || head.seed - first_ >= seeds_) return;
    Square& square = cells_[head.cell].squares[(head.seed - first_) / per_square_];
    ++(head.verdict == 'p' ? square.passed : head.verdict == 'f' ? square.failed : square.open);
    const bool trouble = head.verdict != 'p' && troubles_.size() < kMostTroubles;
    const bool figures = figured_ < kMostFigured;
    figured_ += figures ? 1 : 0;
    if (!trouble && !figures) return;
    const auto record = read_run_line(line, figures);
    if (!record) return;
    if (trouble)
      troubles_.push_back(json::object{{"seed", head.seed},
                                       {"cell", head.cell},
                                       {"verdict", to_string(record->report.verdict)},
                                       {"why", why(record->report)}});
    if (is_cut_short(record->report)) return;  // no run's figures
    for (const Metric& metric : record->report.metrics)
      cells_[head.cell].figures[metric.name].push_back(metric.value);
  }

  void write(json::object& into) {
    json::array strips, figures;
    for (Cell& cell : cells_) {
      strips.push_back(strip_of(cell));
      figures.push_back(figures_of(cell));
    }
    into["strips"] = std::move(strips);
    into["seeds_a_square"] = per_square_;
    into["troubles"] = std::move(troubles_);
    into["figures"] = std::move(figures);
    into["figures_of"] = figured_;
  }

 private:
  /// "pppf.": a letter a square, '.' for a seed that was not run; counts where a square is several.
  json::value strip_of(const Cell& cell) const {
    if (per_square_ > 1) {
      json::array counts;
      for (const Square& s : cell.squares)
        counts.push_back(json::array{s.passed, s.failed, s.open});
      return counts;
    }
    std::string letters;
    for (const Square& s : cell.squares)
      letters += s.passed > 0 ? 'p' : s.failed > 0 ? 'f' : s.open > 0 ? 'i' : '.';
    return json::string(letters);
  }

  static json::object figures_of(Cell& cell) {
    json::object all;
    for (auto& [name, values] : cell.figures) {
      const Estimate e = median_of(values);
      std::ranges::sort(values);
      const auto at = [&](double share) {
        return values[static_cast<std::size_t>(
            std::floor(share * static_cast<double>(values.size() - 1) + 0.5))];
      };
      all[name] = json::object{{"value", e.value},
                               {"mean", e.mean},
                               {"low", e.low},
                               {"high", e.high},
                               {"confidence", e.confidence},
                               {"samples", e.samples},
                               {"min", at(0)},
                               {"p5", at(0.05)},
                               {"p25", at(0.25)},
                               {"p50", at(0.5)},
                               {"p75", at(0.75)},
                               {"p95", at(0.95)},
                               {"max", at(1)}};
    }
    return all;
  }

  std::uint64_t first_, seeds_, per_square_, figured_ = 0;
  std::vector<Cell> cells_;
  json::array troubles_;
};

/// What the command set besides the file.
void add_sets(const fs::path& folder, json::object& data) {
  json::error_code wrong;
  const auto plan = json::parse(content_of(folder / "plan.json"), wrong);
  if (wrong || !plan.is_object()) return;
  const auto& o = plan.get_object();
  const auto* inner = o.if_contains("plan");  // of a shard
  const auto& whole = inner != nullptr && inner->is_object() ? inner->get_object() : o;
  if (const auto* sets = whole.if_contains("sets")) data["sets"] = *sets;
}

}  // namespace

std::string sweep_data_json(const fs::path& folder) {
  json::error_code wrong;
  auto summary = json::parse(content_of(folder / "summary.json"), wrong);
  const auto* seeds =
      !wrong && summary.is_object() ? summary.get_object().if_contains("seeds") : nullptr;
  if (seeds == nullptr || !seeds->is_object())
    throw std::runtime_error("there is no sweep in " + folder.string());
  json::object& data = summary.get_object();
  const auto number = [&](const char* key) {
    const auto* value = seeds->get_object().if_contains(key);
    return value != nullptr ? value->to_number<std::uint64_t>(wrong) : 0;
  };
  const auto first = number("first"), last = number("last");
  const auto* cells = data.if_contains("cells");
  const auto count = cells != nullptr && cells->is_array() ? cells->get_array().size() : 1;
  if (wrong || last < first) throw std::runtime_error("there is no sweep in " + folder.string());
  Strips strips(first, last - first + 1, count);
  if (fs::exists(folder / "runs.jsonl")) {
    LineReader lines(folder / "runs.jsonl");
    for (std::string_view line; lines.next(line);) strips.add(line);
  }
  strips.write(data);
  add_sets(folder, data);
  return compact(summary);
}

}  // namespace byzlab
