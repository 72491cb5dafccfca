// Loading a scenario: YAML, overlays, strictness, then section by section, then who everybody is.
#include "testbed/scenario/load.h"

#include <fstream>
#include <system_error>

#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/overlay.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

/// True if the rest of the file is worth reading.
bool check_version(const YamlNode& root, Findings& findings) {
  if (const YamlNode* version = root.find("version");
      version && version->is_scalar() && version->text != "1") {
    findings.error("E107", version->at, version->length,
                   "version " + ticked(version->text) + " of the language is not known here",
                   "write `version: 1`");
    return false;
  }
  if (const YamlNode* kind = root.find("kind");
      kind && kind->is_scalar() && kind->text == "comparison") {
    findings.error("E118", kind->at, kind->length, "this is a comparison, not one scenario",
                   "byzlab compare runs it");
    return false;
  }
  return true;
}

/// The protocol that the file seems to name: to say what belongs to it.
const ProtocolEntry* named_protocol(const YamlNode& root, const Catalogue& catalogue) {
  const YamlNode* protocol = root.find("protocol");
  const YamlNode* name = protocol && protocol->is_map() ? protocol->find("name") : nullptr;
  return name ? protocol_entry(catalogue, name->text) : nullptr;
}

/// The seed that ranges are drawn from.
std::uint64_t seed_of_draws(const Scenario& scenario) {
  if (scenario.seed) return *scenario.seed;
  return scenario.runs ? scenario.runs->first : 1;
}

/// A protocol may be asked to keep time by clocks that are too fast for its messages.
void check_clocks(const YamlNode& root, const Loading& loading, const Scenario& scenario) {
  if (loading.findings.errors() > 0 || loading.catalogue.clock_conflicts == nullptr) return;
  const YamlNode* protocol = root.find("protocol");
  const YamlNode* options = protocol != nullptr ? protocol->find("options") : nullptr;
  for (const ClockConflict& conflict : loading.catalogue.clock_conflicts(scenario)) {
    const YamlNode* place = options != nullptr ? options->find(conflict.option) : nullptr;
    if (place == nullptr && protocol != nullptr) place = protocol->find("name");
    loading.findings.warning("W340", place != nullptr ? place->at : scenario.protocol.at,
                             place != nullptr ? place->length : 1, conflict.message, conflict.hint);
  }
}

void load_all(const YamlNode& root, Loading& loading, const LoadOptions& options,
              Scenario& scenario) {
  loading.protocol = named_protocol(root, loading.catalogue);
  const Section top(loading, &root, {.section = ""});
  if (!root.is_map()) return;
  (void)top.text("kind");
  scenario.name = top.text("name");
  if (const YamlNode* node = top.node("description"); node && node->is_scalar())
    scenario.description = std::string(trimmed(node->text));
  scenario.seed = options.seed ? options.seed : top.find<std::uint64_t>("seed");
  load_runs(top, scenario);
  loading.seed = seed_of_draws(scenario);
  const bool drew_before = std::exchange(loading.drew, false);
  if (const YamlNode* seed = top.node("seed"); seed && drew_before)
    loading.findings.error("E117", seed->at, seed->length, "`seed` cannot be drawn from itself",
                           "write one number, or use `runs`");
  scenario.duration = top.get<Duration>("duration");

  Unbound unbound;
  load_protocol(top, scenario, unbound);
  load_network(top, scenario);
  load_workload(top, scenario);
  check_requests_fit(top, scenario);
  load_groups(top, scenario);
  load_adversary(top, scenario, unbound);
  load_timeline(top, scenario, unbound);
  load_expectations(top, scenario);
  bind_selectors(loading, scenario, unbound);
  check_faults(loading, scenario);
  check_clocks(root, loading, scenario);
  scenario.depends_on_seed = loading.drew;
}

LoadResult finish(Findings& findings, const LoadOptions& options, std::optional<Scenario> scenario,
                  std::string source) {
  LoadResult result;
  result.diagnostics = findings.take(options.strict);
  if (!has_errors(result.diagnostics)) result.scenario = std::move(scenario);
  result.source = std::move(source);
  return result;
}

LoadResult load_tree(YamlNode root, Findings findings, std::string source,
                     const Catalogue& catalogue, const LoadOptions& options) {
  lay_over(root, options.sets, findings);
  check_strictness(root, findings);
  if (!check_version(root, findings))
    return finish(findings, options, std::nullopt, std::move(source));
  Scenario scenario;
  scenario.file = findings.file();
  Loading loading{.findings = findings, .catalogue = catalogue};
  load_all(root, loading, options, scenario);
  return finish(findings, options, std::move(scenario), std::move(source));
}

}  // namespace

LoadResult load_text(std::string_view yaml, std::string_view name, const Catalogue& catalogue,
                     const LoadOptions& options) {
  Findings findings{std::string(name)};
  auto root = parse_yaml(yaml, findings);
  // What is too large or no text is not kept for quoting either.
  std::string source(root || yaml.size() <= kMaxFileBytes ? yaml : std::string_view{});
  if (!root) return finish(findings, options, std::nullopt, std::move(source));
  if (root->is_null()) {
    findings.error("E007", {}, 1, "the file is empty");
    return finish(findings, options, std::nullopt, std::move(source));
  }
  return load_tree(std::move(*root), std::move(findings), std::move(source), catalogue, options);
}

LoadResult load_tree(YamlNode root, std::string_view name, std::string_view source,
                     const Catalogue& catalogue, const LoadOptions& options) {
  return load_tree(std::move(root), Findings{std::string(name)}, std::string(source), catalogue,
                   options);
}

LoadResult load_file(const std::filesystem::path& path, const Catalogue& catalogue,
                     const LoadOptions& options) {
  Findings findings{path.string()};
  const auto fail = [&](std::string code, std::string message, std::string hint = "") {
    findings.error(std::move(code), {}, 1, std::move(message), std::move(hint));
    return finish(findings, options, std::nullopt, "");
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return fail("E008", "no such file");
  if (std::filesystem::is_directory(status))
    return fail("E008", "this is a folder, not a scenario file");
  // A device or a pipe may never end, or never begin.
  if (!std::filesystem::is_regular_file(status)) return fail("E008", "this is no regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("E008", "cannot be read");
  std::string text(kMaxFileBytes + 1, '\0');  // one byte more tells a file that is too large
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail("E008", "cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return load_text(text, path.string(), catalogue, options);
}

}  // namespace byzlab::scenario
