// Loading scenarios, printing what is wrong with them.
#include "cli/prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "observe/run_record.h"

namespace byzlab {
namespace {

void print(const scenario::LoadResult& result, const std::string& name,
           const std::vector<std::string>& sets, Format format) {
  if (!result.diagnostics.empty()) {
    const auto text = format == Format::github
                          ? scenario::to_github(result.diagnostics)
                          : scenario::to_text(result.diagnostics, result.source, sets);
    std::fputs(text.c_str(), stderr);
    if (!text.empty() && text.back() != '\n') std::fputc('\n', stderr);
  }
  if (!result.scenario && format == Format::text)
    std::fputs(error_count(result.diagnostics, 1, name).c_str(), stderr);
}

std::optional<Prepared> prepared(scenario::LoadResult result, const std::string& name,
                                 scenario::LoadOptions options, const PrepareOptions& how) {
  print(result, name, how.sets, how.format);
  if (!result.scenario) return std::nullopt;
  return Prepared(std::move(result.source), name, std::move(options), std::move(*result.scenario));
}

}  // namespace

Prepared::Prepared(std::string text, std::string name, scenario::LoadOptions options,
                   scenario::Scenario first)
    : text_(std::move(text)),
      name_(std::move(name)),
      options_(std::move(options)),
      first_(std::move(first)) {}

scenario::Scenario Prepared::at_seed(std::uint64_t seed,
                                     std::optional<scenario::Runs> seeds) const {
  scenario::Scenario scenario = first_;
  if (first_.depends_on_seed && first_.seed != seed) {
    auto options = options_;
    options.seed = seed;
    auto result = scenario::load_text(text_, name_, catalogue(), options);
    if (!result.scenario) throw WrongSeed(seed, result);
    scenario = std::move(*result.scenario);
  }
  scenario.seed = seed;
  scenario.runs = seeds;
  return scenario;
}

std::optional<scenario::LoadResult> Prepared::first_wrong(scenario::Runs seeds) const {
  if (!first_.depends_on_seed) return std::nullopt;
  auto options = options_;
  for (std::uint64_t i = 0; i < kSeedsTried && seeds.first + i <= seeds.last; ++i) {
    options.seed = seeds.first + i;
    auto result = scenario::load_text(text_, name_, catalogue(), options);
    if (result.scenario) continue;
    name_seed(result.diagnostics, *options.seed);
    return result;
  }
  return std::nullopt;
}

WrongSeed::WrongSeed(std::uint64_t seed, const scenario::LoadResult& result)
    : std::runtime_error([&] {
        const auto& d = *std::ranges::find(result.diagnostics, scenario::Severity::error,
                                           &scenario::Diagnostic::severity);
        return fmt::format("{}:{}:{}: error[{}]: {} (drawn from seed {})", d.file, d.at.line,
                           d.at.column, d.code, d.message, seed);
      }()) {}

void name_seed(scenario::Diagnostics& diagnostics, std::uint64_t seed) {
  for (scenario::Diagnostic& d : diagnostics)
    d.notes.push_back(fmt::format("so it is with what the file's ranges draw from seed {}", seed));
}

std::string wrong_seed_line(const WrongSeed& wrong, std::uint64_t seed,
                            std::optional<std::uint64_t> cell) {
  Report report;
  report.verdict = RunVerdict::inconclusive;
  report.seed = seed;
  report.stopped = wrong.what();
  report.reason = std::string("not run: ") + wrong.what();
  return run_line(report, {.cell = cell});
}

std::string error_count(const scenario::Diagnostics& diagnostics, std::size_t files,
                        const std::string& file) {
  const auto errors = std::count_if(diagnostics.begin(), diagnostics.end(), [](const auto& d) {
    return d.severity == scenario::Severity::error;
  });
  return fmt::format("\n{} {} in {} {}. Nothing was run. Check again: byzlab check {}\n", errors,
                     errors == 1 ? "error" : "errors", files, files == 1 ? "file" : "files",
                     files == 1 ? file : "FILE…");
}

bool are_all_right(const Prepared& prepared, scenario::Runs seeds, Format format) {
  const auto wrong = prepared.first_wrong(seeds);
  if (wrong) print(*wrong, prepared.file(), prepared.sets(), format);
  return !wrong;
}

std::optional<Prepared> prepare_file(const std::filesystem::path& file, const PrepareOptions& how) {
  const scenario::LoadOptions options{.sets = how.sets, .seed = how.seed, .strict = how.strict};
  return prepared(scenario::load_file(file, catalogue(), options), file.string(), options, how);
}

std::optional<Prepared> prepare_text(std::string_view yaml, const std::string& name,
                                     const PrepareOptions& how) {
  const scenario::LoadOptions options{.sets = how.sets, .seed = how.seed, .strict = how.strict};
  return prepared(scenario::load_text(yaml, name, catalogue(), options), name, options, how);
}

}  // namespace byzlab
