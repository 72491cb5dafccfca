// byzlab new: a commented scenario to start from, and the schema that makes editors complete it.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/commands.h"
#include "cli/embedded.h"
#include "cli/log.h"
#include "observe/results_folder.h"
#include "testbed/run.h"
#include "testbed/scenario/explain.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSettings =
    "{\n  \"yaml.schemas\": { \"./byzlab.schema.json\": [\"*.yaml\"] }\n}\n";

/// Nothing that is there already is touched; false when it was there.
bool write_new(const fs::path& path, std::string_view content) {
  std::error_code error;
  if (fs::exists(path, error)) return false;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary);
  out << content;
  out.close();
  if (!out) throw ResultsError("cannot write " + path.string());
  return true;
}

const EmbeddedScenario* find_template(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& t : templates()) {
    if (t.name == name) return &t;
    names.emplace_back(t.name);
  }
  const auto guess = scenario::nearest(name, names);
  std::string list;
  for (const auto& t : templates()) list += fmt::format("\n  {:<14}{}", t.name, t.summary);
  log_error("no template `" + name + "`" + (guess ? "; did you mean `" + *guess + "`?" : "") +
            " There are" + list);
  return nullptr;
}

}  // namespace

Exit execute(const NewArguments& arguments) {
  const auto* chosen = find_template(arguments.from);
  if (chosen == nullptr) return Exit::usage;
  fs::path path = arguments.name;
  if (path.extension() != ".yaml") path += ".yaml";
  const auto name = path.stem().string();
  if (!scenario::is_name(name)) {
    log_error("`" + name + "` is no name for a scenario: letters, digits, '-', '_' and '.'");
    return Exit::usage;
  }
  std::string yaml(chosen->yaml);
  yaml.replace(yaml.find("NAME"), 4, name);
  if (!write_new(path, yaml)) {
    log_error(path.string() + " exists already; nothing was written");
    return Exit::usage;
  }
  const auto folder = path.parent_path();
  write_new(folder / "byzlab.schema.json", scenario::json_schema(catalogue()));
  write_new(folder / ".vscode" / "settings.json", kSettings);
  std::fputs(
      fmt::format("wrote {}   (and byzlab.schema.json and .vscode/settings.json for editors)\n"
                  "  run      byzlab run {}\n  check    byzlab check {}\n",
                  path.string(), path.string(), path.string())
          .c_str(),
      stdout);
  return Exit::ok;
}

}  // namespace byzlab
