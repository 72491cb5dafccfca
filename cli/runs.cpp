// byzlab runs: what there is under results/, newest first, by name, verdict, seed or an expression.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "cli/appearance.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "observe/json_document.h"
#include "observe/numbers.h"
#include "observe/store_query.h"
#include "observe/style.h"
#include "testbed/scenario/text.h"

namespace byzlab {
namespace {

/// Lines that fit a screen; --limit says otherwise.
constexpr std::uint64_t kLinesOfText = 25;

Tone tone_of(const std::string& verdict) {
  if (verdict == "pass") return Tone::good;
  return verdict == "fail" ? Tone::bad : Tone::doubtful;
}

std::string seeds_of(const RunRow& row) {
  return row.seed == row.last_seed ? std::to_string(row.seed)
                                   : fmt::format("{}..{}", row.seed, row.last_seed);
}

/// A grid with its first line as headings, columns as wide as they must be.
std::string aligned(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const auto& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width(line[c]));
  std::string text;
  for (const auto& line : lines) {
    std::string one = " ";
    for (std::size_t c = 0; c < line.size(); ++c) one += " " + padded(line[c], widths[c]) + " ";
    text += one.substr(0, one.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string as_text(const std::vector<RunRow>& rows, const RunsArguments& arguments,
                    std::uint64_t total, const Style& style) {
  if (rows.empty()) {
    return fmt::format("no such runs in {}\n", arguments.out.string());
  }
  std::vector<std::vector<std::string>> lines{
      {"", "date", "run", "protocol", "n", "seed", "", arguments.filter.each ? "cell" : "runs"}};
  for (const auto& row : rows) {
    const bool many = row.kind != "run";
    const std::string runs = many ? grouped(row.runs) : "";
    lines.push_back(
        {painted(row.verdict == "inconclusive" ? "open" : row.verdict, tone_of(row.verdict), style),
         row.when, row.id, row.protocol.empty() ? "-" : row.protocol,
         row.n == 0 ? "-" : std::to_string(row.n), seeds_of(row), row.trace_hash.substr(0, 8),
         arguments.filter.each ? row.cell : runs});
    lines.back().push_back(painted(row.reason, Tone::dim, style));
  }
  lines.front()[6] = "trace";
  lines.front().push_back("");
  std::string text = aligned(lines);
  if (rows.size() < total)
    text += fmt::format("  … {} of {}; all: --limit 0\n", grouped(rows.size()), grouped(total));
  return style.ascii ? to_ascii(text) : text;
}

boost::json::value json_of(const StoredValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value)) return boost::json::value(*text);
  return nullptr;
}

std::string words_of(const StoredValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return "";
}

std::string as_json(const StoredTable& table) {
  std::string text = "[";
  for (const auto& row : table.rows) {
    boost::json::object o;
    for (std::size_t c = 0; c < row.size(); ++c) o[table.columns[c]] = json_of(row[c]);
    text += (text.size() > 1 ? ",\n " : "\n ") + compact(o);
  }
  return text + "\n]\n";
}

std::string as_csv(const StoredTable& table) {
  const auto field = [](const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
  };
  std::string text = scenario::join(table.columns, ",") + "\n";
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c)
      text += (c == 0 ? "" : ",") + field(words_of(row[c]));
    text += "\n";
  }
  return text;
}

std::string as_markdown(const StoredTable& table) {
  std::string text = "|", rule = "|";
  for (const auto& column : table.columns) {
    text += " " + column + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const auto& value : row) {
      std::string cell;
      for (const char c : words_of(value))
        cell += c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
      text += " " + cell + " |";
    }
    text += "\n";
  }
  return text;
}

/// What a Markdown table shows unless --columns says otherwise; JSON and CSV have everything.
std::vector<std::string> columns_for(const RunsArguments& arguments) {
  if (!arguments.columns.empty() || arguments.format != RunsFormat::markdown)
    return arguments.columns;
  if (arguments.filter.each)
    return {"id", "cell", "verdict", "protocol", "n", "seed", "trace_hash", "reason"};
  return {"id", "kind", "verdict", "protocol", "n", "seed", "last_seed", "trace_hash", "reason"};
}

Exit rebuild(const RunsArguments& arguments) {
  const auto sync = Store::rebuild(arguments.out);
  for (const auto& line : sync.unreadable) log_warning(line);
  log_info(
      fmt::format("{} made anew from {} folders", store_file(arguments.out).string(), sync.added));
  return Exit::ok;
}

std::string document(const Store& store, const RunsArguments& arguments) {
  auto filter = arguments.filter;
  const bool table = arguments.format == RunsFormat::text && arguments.columns.empty();
  filter.limit = arguments.limit.value_or(arguments.format == RunsFormat::text ? kLinesOfText : 0);
  if (table) {
    const auto rows = list_runs(store, filter, &interrupted());
    return as_text(rows, arguments, count_runs(store, filter, &interrupted()),
                   style_for_stdout(arguments.look));
  }
  const auto found = list_columns(store, filter, columns_for(arguments), &interrupted());
  switch (arguments.format) {
    case RunsFormat::json: return as_json(found);
    case RunsFormat::csv: return as_csv(found);
    case RunsFormat::markdown: return as_markdown(found);
    case RunsFormat::text: break;
  }
  std::vector<std::vector<std::string>> lines{found.columns};
  for (const auto& row : found.rows) {
    auto& line = lines.emplace_back();
    for (const auto& value : row) line.push_back(words_of(value));
  }
  return aligned(lines);
}

}  // namespace

Exit execute(const RunsArguments& arguments) {
  try {
    if (arguments.rebuild) return rebuild(arguments);
    std::string warning;
    const auto store = Store::for_reading(arguments.out, warning);
    if (!warning.empty()) log_warning(warning);
    const auto text = document(store, arguments);
    std::fputs(text.c_str(), stdout);
    return std::fflush(stdout) == 0 ? Exit::ok : Exit::no_results;
  } catch (const QueryError& e) {
    if (interrupted()) return Exit::interrupted;
    log_error(e.what());
    return Exit::usage;
  } catch (const StoreError& e) {
    log_error(e.what());
    return Exit::no_results;
  }
}

}  // namespace byzlab
