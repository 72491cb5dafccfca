// Reads a picture from the files of a run's folder.
#include "observe/run_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "observe/numbers.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

json::value document(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  boost::system::error_code wrong;
  auto value = json::parse(std::string{std::istreambuf_iterator<char>(in), {}}, wrong);
  if (!in.eof() && !in) throw std::runtime_error("cannot read " + file.string());
  if (wrong) throw std::runtime_error(file.string() + " is no JSON: only single runs have one");
  return value;
}

Time moment(const json::value& seconds) {
  return kStart + Duration{std::llround(seconds.to_number<double>() * 1e9)};
}

std::string text(const json::value& value) {
  return {value.as_string().data(), value.as_string().size()};
}

/// A table of the recording, row by row.
class Rows {
 public:
  Rows(const json::value& recording, const char* table)
      : columns_(recording.at(table).as_object()) {}
  std::size_t size() const { return columns_.at("t").as_array().size(); }
  const json::value& at(const char* column, std::size_t row) const {
    return columns_.at(column).as_array().at(row);
  }
  Time time(std::size_t row) const { return moment(at("t", row)); }
  template <class Number>
  Number number(const char* column, std::size_t row) const {
    return at(column, row).to_number<Number>();
  }

 private:
  const json::object& columns_;
};

void read_views(const json::value& recording, RunPicture& picture) {
  const Rows rows(recording, "views");
  std::vector<std::optional<RunPicture::View>> before(picture.n);
  std::vector<RunPicture::View> inside;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RunPicture::View view{.at = rows.time(i),
                                .replica = rows.number<std::uint32_t>("replica", i),
                                .view = rows.number<std::uint64_t>("view", i),
                                .height = rows.number<std::uint64_t>("height", i)};
    if (view.replica >= picture.n || view.at > picture.to) continue;
    if (view.at <= picture.from) {
      before[view.replica] = view;
    } else {
      inside.push_back(view);
    }
  }
  for (const auto& view : before)
    if (view) picture.views.push_back(*view);
  picture.views.insert(picture.views.end(), inside.begin(), inside.end());
}

void read_commits(const json::value& recording, RunPicture& picture) {
  const Rows rows(recording, "commits");
  const auto& blocks = recording.at("blocks");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Time at = rows.time(i);
    if (at < picture.from || at > picture.to) continue;
    const auto block = rows.number<std::size_t>("block", i);
    picture.commits.push_back(
        {.at = at,
         .replica = rows.number<std::uint32_t>("replica", i),
         .height = blocks.at("height").as_array().at(block).to_number<std::uint64_t>(),
         .block = text(blocks.at("id").as_array().at(block))});
  }
}

void read_downs(const json::value& recording, RunPicture& picture) {
  const Rows rows(recording, "states");
  std::vector<std::optional<RunPicture::Down>> open(picture.n);
  const auto close = [&](std::uint32_t replica, Time at) {
    auto& down = open[replica];
    if (!down) return;
    down->to = at;
    if (down->to >= picture.from && down->from <= picture.to) picture.downs.push_back(*down);
    down.reset();
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto replica = rows.number<std::uint32_t>("replica", i);
    const auto state = text(rows.at("state", i));
    if (replica >= picture.n) continue;
    close(replica, rows.time(i));
    if (state == "crashed" || state == "paused")
      open[replica] = {.from = rows.time(i), .to = {}, .replica = replica, .state = state};
  }
  for (std::uint32_t r = 0; r < picture.n; ++r) close(r, picture.to);
}

void read_faults(const json::value& summary, RunPicture& picture) {
  for (const auto& fault : summary.at("faults").as_array()) {
    const auto* windows = fault.as_object().if_contains("windows");
    if (windows == nullptr || text(fault.at("action")) == "mark") continue;
    for (const auto& window : windows->as_array()) {
      const Time from = moment(window.at("from"));
      const Time to = window.at("to").is_null() ? picture.to : moment(window.at("to"));
      if (to < picture.from || from > picture.to) continue;
      picture.faults.push_back({.from = from,
                                .to = to,
                                .label = text(fault.at("label")),
                                .action = text(fault.at("action"))});
    }
  }
}

}  // namespace

RunPicture picture_of(const fs::path& folder, const MessageIndex& index,
                      const PictureWindow& window) {
  const auto summary = document(folder / "summary.json");
  const auto recording = document(folder / "recording.json");
  const auto& protocol = summary.at("protocol");
  RunPicture picture{
      .title = fmt::format("{}, {}, n = {}, seed {}", text(summary.at("name")),
                           text(protocol.at("name")), protocol.at("n").to_number<std::uint32_t>(),
                           summary.at("seed").to_number<std::uint64_t>()),
      .n = protocol.at("n").to_number<std::uint32_t>(),
      .from = window.from,
      .to = std::min(window.to.value_or(kNever), moment(summary.at("simulated_seconds"))),
      .index = &index};
  if (picture.to <= picture.from) throw std::runtime_error("The run is over before the window.");
  picture.byzantine.resize(picture.n);
  for (const auto& r : summary.at("bound").at("replicas").as_array())
    picture.byzantine.at(r.to_number<std::size_t>()) = true;
  auto messages =
      index.select(picture.from, picture.to, window.limit, [](const MessageRow&) { return true; });
  if (!messages) {
    throw std::runtime_error(fmt::format(
        "There are {} messages between {} s and {} s, and the limit is {}: choose a smaller window "
        "with --from and --to, or another --limit.",
        index.count(picture.from, picture.to), exact_seconds(picture.from),
        exact_seconds(picture.to), window.limit));
  }
  picture.messages = std::move(*messages);
  read_views(recording, picture);
  read_commits(recording, picture);
  read_downs(recording, picture);
  read_faults(summary, picture);
  return picture;
}

std::string text_of(const MessageRow& message, const MessageIndex& index) {
  std::string out(index.kind_name(message.kind));
  if (message.view != MessageRow::kNone) out += fmt::format(" view {}", message.view);
  if (message.height != MessageRow::kNone) out += fmt::format(" height {}", message.height);
  if (const auto block = index.block_name(message.block); !block.empty()) out += " block " + block;
  return out;
}

}  // namespace byzlab
