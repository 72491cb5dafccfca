// Loading scenarios, printing what is wrong with them.
#include "cli/prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace byzlab {
namespace {

std::optional<Prepared> prepared(scenario::LoadResult result, const std::string& name,
                                 scenario::LoadOptions options, const PrepareOptions& how) {
  if (!result.diagnostics.empty()) {
    const auto text = how.format == Format::github
                          ? scenario::to_github(result.diagnostics)
                          : scenario::to_text(result.diagnostics, result.source, how.sets);
    std::fputs(text.c_str(), stderr);
    if (!text.empty() && text.back() != '\n') std::fputc('\n', stderr);
  }
  if (!result.scenario) {
    if (how.format == Format::text)
      std::fputs(error_count(result.diagnostics, 1, name).c_str(), stderr);
    return std::nullopt;
  }
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
    if (!result.scenario)
      throw std::runtime_error("the scenario is wrong for seed " + std::to_string(seed) + ":\n" +
                               scenario::to_text(result.diagnostics, text_, options.sets));
    scenario = std::move(*result.scenario);
  }
  scenario.seed = seed;
  scenario.runs = seeds;
  return scenario;
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
