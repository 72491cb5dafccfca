// byzlab list: catalogues, from the tables that the language itself is checked with.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/json_text.h"
#include "cli/commands.h"
#include "cli/find_scenarios.h"
#include "cli/log.h"
#include "observe/metrics_table.h"
#include "testbed/run.h"
#include "testbed/scenario/key_table.h"
#include "testbed/scenario/nearest.h"

namespace byzlab {
namespace {

struct Item {
  std::string name, summary;
};
using Items = std::vector<Item>;

/// The keys of a section for which `wanted` is true.
template <class Wanted>
Items keys(std::string_view section, const Wanted& wanted) {
  Items items;
  for (const auto& key : scenario::keys_of(section, catalogue()))
    if (wanted(key.name)) items.push_back({std::string(key.name), std::string(key.doc)});
  return items;
}

/// "a|b|c" of a choice, as items.
Items choices(std::string_view section, std::string_view name) {
  Items items;
  for (const auto& key : scenario::keys_of(section, catalogue())) {
    if (key.name != name) continue;
    for (std::string_view rest = key.range; !rest.empty();) {
      const auto bar = rest.find('|');
      items.push_back({std::string(rest.substr(0, bar)), ""});
      rest = bar == std::string_view::npos ? "" : rest.substr(bar + 1);
    }
  }
  return items;
}

Items protocols() {
  Items items;
  for (const auto& p : catalogue().protocols)
    items.push_back({p.name, p.summary + (p.bound.empty() ? "" : "; survives " + p.bound)});
  return items;
}

Items faults() {
  Items items;
  for (const auto& f : catalogue().faults) items.push_back({f.name, f.summary});
  return items;
}

Items behaviors() {
  Items items;
  for (const auto& b : catalogue().behaviors) {
    std::string only;
    for (const auto& p : b.protocols) only += (only.empty() ? "  (only with " : ", ") + p;
    items.push_back({b.name, b.summary + (only.empty() ? "" : only + ")")});
  }
  return items;
}

Items metrics() {
  Items items;
  for (const auto& m : catalogue().metrics) items.push_back({m.name, m.summary});
  return items;
}

Items prometheus() {
  Items items;
  for (const auto& m : prometheus_metrics())
    items.push_back(
        {std::string(m.name), fmt::format("{}{}{}: {}", to_string(m.type),
                                          m.labels.empty() ? "" : ", by ", m.labels, m.help)});
  return items;
}

/// Each latency model is a section of its own.
Items latencies() {
  constexpr std::string_view prefix = "network.latency.";
  Items items;
  for (const auto& section : scenario::sections(catalogue()))
    if (section.name.starts_with(prefix))
      items.push_back({std::string(section.name.substr(prefix.size())), std::string(section.doc)});
  return items;
}

Items scenarios() {
  Items items;
  for (const auto& file : all_scenarios()) items.push_back({file.stem().string(), file.string()});
  return items;
}

struct Catalog {
  std::string name;
  Items (*items)();
};

const Catalog kCatalogs[] = {
    {"protocols", protocols},
    {"behaviors", behaviors},
    {"faults", faults},
    {"topologies", [] { return choices("network", "topology"); }},
    {"latencies", latencies},
    {"metrics", metrics},
    {"properties", [] { return keys("expect", scenario::is_property); }},
    {"prometheus", prometheus},
    {"scenarios", scenarios},
};

std::string as_text(const Items& items) {
  std::size_t columns = 0;
  for (const auto& item : items)
    columns = std::max(columns, std::min<std::size_t>(item.name.size(), 40));
  std::string text;
  for (const auto& item : items) {
    text += fmt::format("  {:<{}}  {}", item.name, columns, item.summary);
    while (text.ends_with(' ')) text.pop_back();
    text += '\n';
  }
  return text;
}

std::string as_json(const Items& items) {
  std::string text = "[";
  for (const auto& item : items) {
    text += text.size() > 1 ? ",\n " : "\n ";
    text += "{\"name\":";
    write_json_string(item.name, text);
    text += ",\"summary\":";
    write_json_string(item.summary, text);
    text += '}';
  }
  return text + "\n]\n";
}

}  // namespace

Exit execute(const ListArguments& arguments) {
  std::vector<std::string> names;
  for (const auto& catalog : kCatalogs) {
    names.push_back(catalog.name);
    if (catalog.name != arguments.what) continue;
    const auto items = catalog.items();
    std::string text;
    if (arguments.names) {
      for (const auto& item : items) text += item.name + "\n";
    } else {
      text = arguments.json ? as_json(items) : as_text(items);
    }
    std::fputs(text.c_str(), stdout);
    return Exit::ok;
  }
  if (!arguments.what.empty()) {
    const auto guess = scenario::nearest(arguments.what, names);
    std::string list;
    for (const auto& name : names) list += " " + name;
    log_error("nothing called `" + arguments.what + "` to list" +
              (guess ? "; did you mean `" + *guess + "`?" : ""));
    log_error("there are:" + list);
    return Exit::usage;
  }
  std::string text;
  for (const auto& catalog : kCatalogs)
    if (catalog.name != "prometheus") text += catalog.name + "\n" + as_text(catalog.items()) + "\n";
  std::fputs(text.c_str(), stdout);
  return Exit::ok;
}

}  // namespace byzlab
