#include "cli/recorded_sweep.h"

#include <boost/json.hpp>

namespace byzlab {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  const auto& text = value.as_string();
  return {text.data(), text.size()};
}

std::vector<std::string> list_of(const json::value& value) {
  std::vector<std::string> list;
  for (const auto& item : value.as_array()) list.push_back(text_of(item));
  return list;
}

}  // namespace

void RecordedSweep::apply_to(RunArguments& arguments) const {
  arguments.sets = sets;
  arguments.seeds = seeds;
  arguments.world = world;
  arguments.limits.events = max_events;
}

std::optional<RecordedSweep> read_sweep(const std::string& plan) {
  try {
    const auto document = json::parse(plan);
    const auto& o = document.as_object();
    if (text_of(o.at("kind")) != "sweep") return std::nullopt;
    RecordedSweep sweep;
    sweep.text = text_of(o.at("scenario"));
    sweep.file = text_of(o.at("file"));
    sweep.sets = list_of(o.at("sets"));
    for (const auto& key : o.at("vary").as_array())
      sweep.vary.push_back({text_of(key.at("key")), list_of(key.at("values"))});
    const auto& seeds = o.at("seeds").as_object();
    sweep.seeds = {.first = seeds.at("first").to_number<std::uint64_t>(),
                   .last = seeds.at("last").to_number<std::uint64_t>()};
    sweep.world = text_of(o.at("transport")) == "tcp" ? World::tcp : World::sim;
    sweep.max_events = o.at("max_events").to_number<std::uint64_t>();
    return sweep;
  } catch (const std::exception&) {  // a key is missing, or of another kind
    return std::nullopt;
  }
}

}  // namespace byzlab
