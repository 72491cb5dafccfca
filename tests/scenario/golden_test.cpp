// Exact texts of every error and warning: tests/scenario/golden/CODE*.yaml and what `byzlab check`
// says to it in CODE*.txt. BYZLAB_UPDATE_GOLDENS=1 rewrites the texts.
//
// A file may start with `# --set key=value` and `# --strict` lines, which are arguments.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "testbed/run.h"
#include "testbed/scenario/codes.h"
#include "testbed/scenario/comparison.h"
#include "testbed/scenario/explain.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/text.h"
#include "testbed/scenario/yaml_document.h"
#include "tests/scenario/fake_catalogue.h"
#include "tests/support/source_dir.h"

using namespace byzlab;
using namespace byzlab::scenario;

namespace {

const std::filesystem::path kRoot = source_dir();
const std::filesystem::path kGoldens = kRoot / "tests/scenario/golden";

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void compare(const std::filesystem::path& path, const std::string& actual) {
  if (std::getenv("BYZLAB_UPDATE_GOLDENS")) {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  BOOST_CHECK_MESSAGE(
      read(path) == actual,
      path.string() + " differs; BYZLAB_UPDATE_GOLDENS=1 rewrites it. Now:\n" + actual);
}

LoadOptions arguments_of(const std::string& yaml) {
  LoadOptions options;
  for (const std::string_view line : split_lines(yaml)) {
    if (line.starts_with("# --set "))
      options.sets.emplace_back(line.substr(8));
    else if (line == "# --strict")
      options.strict = true;
    else
      break;
  }
  return options;
}

std::string said(const LoadResult& result, const LoadOptions& options) {
  const std::string summary = summary_line(result.diagnostics);
  return to_text(result.diagnostics, result.source, options.sets) +
         (summary.empty() ? "" : "\n" + summary + "\n");
}

/// Files named …-comparison.yaml are loaded as comparisons; the scenario is then that of a cell.
LoadResult loaded(const std::string& yaml, const std::string& name, const Catalogue& catalogue,
                  const LoadOptions& options) {
  if (name.find("-comparison") == std::string::npos)
    return load_text(yaml, name, catalogue, options);
  ComparisonResult result = load_comparison(yaml, name, catalogue);
  LoadResult same{.scenario = {}, .diagnostics = result.diagnostics, .source = result.source};
  if (result.comparison)
    same.scenario = result.comparison->load(result.comparison->cells[0], 1, catalogue).scenario;
  return same;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scenario_golden)

BOOST_AUTO_TEST_CASE(every_code_has_its_exact_text) {
  const Catalogue catalogue = fake_catalogue();
  std::set<std::string> seen;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldens)) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string yaml = read(entry.path()), name = entry.path().filename().string();
    const LoadOptions options = arguments_of(yaml);
    const LoadResult result = loaded(yaml, name, catalogue, options);
    const std::string code = name.substr(0, 4);
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(std::any_of(result.diagnostics.begin(), result.diagnostics.end(),
                             [&](const Diagnostic& d) { return d.code == code; }));
      for (const Diagnostic& d : result.diagnostics) {
        BOOST_TEST(find_code(d.code) != nullptr);
        BOOST_TEST(!d.message.empty());
      }
      BOOST_TEST(result.scenario.has_value() == !has_errors(result.diagnostics));
    }
    std::filesystem::path text = entry.path();
    compare(text.replace_extension(".txt"), said(result, options));
    seen.insert(code);
  }
  // Said by a run, or about files that no golden can be: the cases below.
  for (const char* elsewhere : {"E005", "E006", "E008", "W210", "W220"}) seen.insert(elsewhere);
  for (const CodeSpec& code : codes())
    BOOST_TEST(seen.contains(std::string(code.code)), code.code << " has no golden");
}

BOOST_AUTO_TEST_CASE(files_that_are_no_scenarios) {
  const Catalogue catalogue = fake_catalogue();
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("byzlab-files-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto answer = [&](const std::filesystem::path& path) {
    const LoadResult result = load_file(path, catalogue);
    BOOST_TEST(!result.scenario);
    BOOST_REQUIRE_EQUAL(result.diagnostics.size(), 1u);
    return result.diagnostics[0].code + " " + result.diagnostics[0].message;
  };
  BOOST_TEST(answer(folder / "missing.yaml") == "E008 no such file");
  BOOST_TEST(answer(folder) == "E008 this is a folder, not a scenario file");
  std::ofstream(folder / "empty.yaml").flush();
  BOOST_TEST(answer(folder / "empty.yaml") == "E007 the file is empty");
  std::ofstream(folder / "binary.yaml", std::ios::binary).write("ver\0sion", 8);
  BOOST_TEST(answer(folder / "binary.yaml") == "E005 not a text file: byte 3 is not UTF-8 text");
  std::ofstream(folder / "latin1.yaml", std::ios::binary) << "name: caf\xE9\n";
  BOOST_TEST(answer(folder / "latin1.yaml") == "E005 not a text file: byte 9 is not UTF-8 text");
  std::ofstream(folder / "large.yaml").flush();
  std::filesystem::resize_file(folder / "large.yaml", 100'000'000);  // sparse, and not read whole
  BOOST_TEST(answer(folder / "large.yaml") == "E006 larger than 1 MB: this is no scenario");
  std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(json_and_github_forms) {
  const Catalogue catalogue = fake_catalogue();
  const std::string yaml = read(kGoldens / "E101.yaml");
  const LoadResult result = load_text(yaml, "E101.yaml", catalogue, arguments_of(yaml));
  compare(kGoldens / "form.json", to_json(result.diagnostics));
  compare(kGoldens / "form.github", to_github(result.diagnostics));
}

BOOST_AUTO_TEST_CASE(schema_refers_to_what_it_defines) {
  // JSON is YAML: our own reader will do.
  const std::string text = json_schema(fake_catalogue());
  Findings findings("schema.json");
  const auto schema = parse_yaml(text, findings);
  BOOST_REQUIRE(schema);
  const YamlNode* definitions = schema->find("definitions");
  BOOST_REQUIRE(definitions);
  std::size_t references = 0;
  const auto visit = [&](const auto& self, const YamlNode& node) -> void {
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      const YamlNode& value = node.items[i];
      if (key == "$ref") {
        ++references;
        BOOST_TEST(definitions->find(value.text.substr(std::string_view("#/definitions/").size())),
                   value.text);
      }
      if (key == "allOf" || key == "anyOf" || key == "oneOf")
        for (const YamlNode& item : value.items) BOOST_TEST(item.is_map(), key + ": " + item.text);
    }
    for (const YamlNode& item : node.items) self(self, item);
  };
  visit(visit, *schema);
  BOOST_TEST(references > 50u);
}

BOOST_AUTO_TEST_CASE(pages_are_generated) {
  compare(kRoot / "docs/error-codes.md", error_codes_page());
  compare(kRoot / "docs/scenario-reference.md", reference_page(byzlab::catalogue()));
  compare(kGoldens / "schema.json", json_schema(fake_catalogue()));
  compare(kGoldens / "explain-network.md", *explain("network", fake_catalogue()));
  compare(kGoldens / "explain-pbft.md", *explain("protocol.pbft", fake_catalogue()));
  compare(kGoldens / "explain-loss.md", *explain("loss", fake_catalogue()));
}

BOOST_AUTO_TEST_SUITE_END()
