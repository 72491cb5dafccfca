// recording.json, from the stream of events.
#include "observe/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/event_names.h"
#include "base/json_text.h"
#include "network/regions.h"

namespace byzlab {
namespace {

std::string_view name_of(ReplicaState::Now now) {
  switch (now) {
    case ReplicaState::Now::up: return "up";
    case ReplicaState::Now::crashed: return "crashed";
    case ReplicaState::Now::paused: return "paused";
    case ReplicaState::Now::resumed: return "resumed";
  }
  return "";
}

/// Every replica does these at every height: they leave the last quarter of the table to the rest.
bool is_daily(Milestone milestone) {
  return milestone == Milestone::proposed || milestone == Milestone::voted ||
         milestone == Milestone::certified || milestone == Milestone::checkpoint;
}

/// Whether a note's subject is a block at the height its value says.
bool tells_of_block(Milestone milestone) {
  switch (milestone) {
    case Milestone::proposed:
    case Milestone::voted:
    case Milestone::certified:
    case Milestone::state_transfer:
    case Milestone::withheld:
    case Milestone::published: return true;
    case Milestone::timeout:
    case Milestone::view_change:
    case Milestone::new_view:
    case Milestone::checkpoint:
    case Milestone::reorg:
    case Milestone::equivocation: return false;
  }
  return false;
}

void write_seconds(Time at, std::string& out) {
  const auto ns = nanoseconds(at);
  fmt::format_to(std::back_inserter(out), "{}", ns / 1'000'000'000);
  auto rest = ns % 1'000'000'000;
  if (rest == 0) return;
  int digits = 9;
  for (; rest % 10 == 0; rest /= 10) --digits;
  fmt::format_to(std::back_inserter(out), ".{:0{}}", rest, digits);
}

void write_seconds_or_null(Time at, std::string& out) {
  if (at == kNever) {
    out += "null";
  } else {
    write_seconds(at, out);
  }
}

/// `"name":[…]`, one element a row.
template <class Rows, class Write>
std::string column(std::string_view name, const Rows& rows, Write&& write) {
  std::string out;
  write_json_string(name, out);
  out += ":[";
  bool first = true;
  for (const auto& row : rows) {
    if (!first) out += ',';
    first = false;
    write(row, out);
  }
  return out + ']';
}

template <class Rows, class Row, class Number>
std::string numbers(std::string_view name, const Rows& rows, Number Row::* member) {
  return column(name, rows, [&](const Row& row, std::string& out) {
    fmt::format_to(std::back_inserter(out), "{}", row.*member);
  });
}

template <class Rows, class Row>
std::string times(std::string_view name, const Rows& rows, Time Row::* member) {
  return column(name, rows,
                [&](const Row& row, std::string& out) { write_seconds_or_null(row.*member, out); });
}

template <class Rows, class Row, class Named>
std::string names(std::string_view name, const Rows& rows, Named Row::* member) {
  return column(name, rows, [&](const Row& row, std::string& out) {
    ((out += '"') += name_of(row.*member)) += '"';
  });
}

std::string flag(bool value) { return value ? "true" : "false"; }

}  // namespace

Interest Recording::interest() const {
  return Interest::in<Committed, ViewEntered, Noted, ReplicaState, RequestCompleted>();
}

void Recording::begin(const RunInfo& info) {
  info_ = info;
  byzantine_.assign(info.n, false);
  for (const ReplicaId r : info.byzantine) byzantine_[r.value] = true;
}

void Recording::on(Time now, const Event& event) {
  std::visit(
      [&](const auto& e) {
        if constexpr (requires { note(now, e); }) note(now, e);
      },
      event);
}

void Recording::note(Time now, const Committed& e) {
  if (!forgotten_heights_.empty()) {
    const auto known = forgotten_heights_.find(e.process.value);
    const bool is_old = known != forgotten_heights_.end() && e.block->height.value <= known->second;
    if (is_old) return;  // again, after a restart
  }
  const BlockIndex b = row_of(now, *e.block);
  const std::uint64_t place = std::uint64_t{e.process.value} << 48 | e.block->height.value;
  const auto before = at_height_.find(place);
  if (before != at_height_.end()) {
    if (before->second == b) return;  // again, after a restart
    if (before->second != kNone && !is_byzantine(e.replica.value)) {
      BlockRow& left = edit(before->second);
      if (left.reverted == kNever) left.reverted = now;
    }
    before->second = b;
  }
  if (b != kNone && !is_byzantine(e.replica.value)) {
    BlockRow& block = edit(b);
    if (block.committed == kNever) {
      block.committed = now;
      const auto below = at_height_.find(place - 1);
      if (block.parent.is_zero() && below != at_height_.end()) block.below = below->second;
    }
    ++block.commits;
  }
  if (commits_.size() == rows_) {
    ++left_out_.commits;
    return;
  }
  if (before == at_height_.end()) at_height_.emplace(place, b);
  if (e.process.value < info_.n) commits_.push_back({now, e.replica.value, b});
}

void Recording::note(Time now, const ViewEntered& e) {
  if (e.process.value >= info_.n) return;  // a twin: the other copy speaks for the replica
  if (views_.size() == rows_) {
    ++left_out_.views;
    return;
  }
  views_.push_back({now, e.replica.value, e.leader.value, e.view.value, e.height.value});
}

void Recording::note(Time now, const ReplicaState& e) {
  if (e.process.value >= info_.n) return;
  if (states_.size() == rows_) {
    ++left_out_.states;
    return;
  }
  states_.push_back({now, e.replica.value, e.now});
}

void Recording::note(Time now, const RequestCompleted& e) {
  if (requests_seen_++ % requests_every_ != 0) return;
  if (requests_.size() >= std::max<std::size_t>(rows_ / 20, 2)) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < requests_.size(); i += 2) requests_[kept++] = requests_[i];
    requests_.resize(kept);
    requests_every_ *= 2;
    if ((requests_seen_ - 1) % requests_every_ != 0) return;
  }
  requests_.push_back({now, e.client.value, e.latency});
}

void Recording::note(Time now, const Noted& e) {
  BlockIndex b = kNone;
  if (e.milestone == Milestone::reorg) {
    b = find(e.subject);
    if (e.block != nullptr && !is_byzantine(e.replica.value)) {
      revert(now, row_of(now, *e.block), e.value);
    }
  } else if (tells_of_block(e.milestone) && !e.subject.is_zero()) {
    b = e.block != nullptr ? row_of(now, *e.block) : row_of(now, e.subject);
    if (b != kNone) {
      if (!blocks_[static_cast<std::size_t>(b)].known) {
        BlockRow& block = edit(b);
        block.height = e.value;
        block.view = e.view.value;
      }
      if (e.milestone == Milestone::withheld) edit(b).withheld = true;
      if (e.milestone == Milestone::published) publish(now, b);
    }
  } else if (!e.subject.is_zero()) {
    b = find(e.subject);
  }
  if (notes_.size() >= (is_daily(e.milestone) ? rows_ - rows_ / 4 : rows_)) {
    ++left_out_.notes;
    return;
  }
  notes_.push_back({now, e.replica.value, e.milestone, e.view.value, e.value, b});
}

Recording::BlockIndex Recording::find(const Digest& digest) const {
  const auto found = index_.find(digest);
  return found == index_.end() ? kNone : found->second;
}

Recording::BlockIndex Recording::row_of(Time now, const Digest& digest) {
  if (const auto found = find(digest); found != kNone) return found;
  if (blocks_.size() == rows_) {
    ++left_out_.blocks;
    return kNone;
  }
  const auto b = static_cast<BlockIndex>(blocks_.size());
  BlockRow& row = blocks_.emplace_back();
  row.digest = digest;
  row.seen = now;
  index_.emplace(digest, b);
  return b;
}

Recording::BlockIndex Recording::row_of(Time now, const Block& block) {
  const BlockIndex b = row_of(now, block.digest);
  if (b == kNone) return b;
  if (blocks_[static_cast<std::size_t>(b)].known) return b;
  BlockRow& row = edit(b);
  row.known = true;
  row.parent = block.parent;
  row.height = block.height.value;
  row.view = block.view.value;
  row.proposer = static_cast<std::int32_t>(block.proposer.value);
  row.tx = static_cast<std::int32_t>(block.requests.size());
  return b;
}

Recording::BlockRow& Recording::edit(BlockIndex b) {
  BlockRow& row = blocks_[static_cast<std::size_t>(b)];
  row.changed = ++changes_;
  return row;
}

Recording::BlockIndex Recording::parent_of(const BlockRow& block) const {
  return block.parent.is_zero() ? block.below : find(block.parent);
}

/// With a block, everything private beneath it is out.
void Recording::publish(Time now, BlockIndex tip) {
  while (tip != kNone) {
    const BlockRow& block = blocks_[static_cast<std::size_t>(tip)];
    if (!block.withheld || block.published != kNever) return;
    edit(tip).published = now;
    tip = parent_of(block);
  }
}

void Recording::revert(Time now, BlockIndex tip, std::uint64_t depth) {
  for (; tip != kNone && depth > 0; --depth) {
    const BlockRow& block = blocks_[static_cast<std::size_t>(tip)];
    if (block.reverted == kNever) edit(tip).reverted = now;
    tip = parent_of(block);
  }
}

bool Recording::is_byzantine(std::int64_t replica) const {
  return replica >= 0 && static_cast<std::size_t>(replica) < byzantine_.size() &&
         byzantine_[static_cast<std::size_t>(replica)];
}

std::optional<Recording::Conflict> Recording::conflict() const {
  boost::unordered_flat_map<std::uint64_t, const CommitRow*> first;  // by height
  for (const CommitRow& row : commits_) {
    if (row.block == kNone || is_byzantine(row.replica)) continue;
    const BlockRow& block = blocks_[static_cast<std::size_t>(row.block)];
    const auto [found, is_new] = first.try_emplace(block.height, &row);
    if (is_new || found->second->block == row.block) continue;
    const auto commit = [&](const CommitRow& r) {
      return Conflict::Commit{.at = r.at,
                              .replica = ReplicaId(r.replica),
                              .block = blocks_[static_cast<std::size_t>(r.block)].digest};
    };
    return Conflict{.first = commit(*found->second), .second = commit(row)};
  }
  return std::nullopt;
}

int Recording::id_digits() const {
  std::vector<std::uint64_t> words;
  for (const BlockRow& block : blocks_) words.push_back(block.digest.words[0]);
  std::ranges::sort(words);
  for (int digits = 6; digits < 16; digits += 2) {
    const int shift = 64 - 4 * digits;
    const auto same = [&](std::uint64_t a, std::uint64_t b) { return a >> shift == b >> shift; };
    if (std::ranges::adjacent_find(words, same) == words.end()) return digits;
  }
  return 16;
}

std::string Recording::json(int digits) const {
  std::string out = fmt::format("{{\"schema\":1,\"replicas\":{},\"byzantine\":[", info_.n);
  for (std::size_t i = 0; i < info_.byzantine.size(); ++i) {
    out += fmt::format("{}{}", i == 0 ? "" : ",", info_.byzantine[i].value);
  }
  out += "],\n";
  if (!info_.regions.empty()) {
    out += column("regions", info_.regions, [](const std::string& region, std::string& to) {
      write_json_string(region, to);
    });
    out += ",\n";
  }
  out += places_json() + tables_json({}, digits) + ",\n" + requests_json() + ",\n\"truncated\":{";
  const char* comma = "";
  for (const auto& [name, count] :
       {std::pair{"blocks", left_out_.blocks}, std::pair{"commits", left_out_.commits},
        std::pair{"views", left_out_.views}, std::pair{"states", left_out_.states},
        std::pair{"notes", left_out_.notes},
        std::pair{"requests", requests_seen_ - requests_.size()}}) {
    if (count == 0) continue;
    out += fmt::format("{}\"{}\":{}", std::exchange(comma, ","), name, count);
  }
  return out + "}}\n";
}

Recording::Seen Recording::all() const {
  return {.blocks = forgotten_.blocks + blocks_.size(),
          .commits = forgotten_.commits + commits_.size(),
          .views = forgotten_.views + views_.size(),
          .states = forgotten_.states + states_.size(),
          .notes = forgotten_.notes + notes_.size(),
          .changes = changes_};
}

std::string Recording::rows_since(const Seen& seen, int digits) const {
  Seen now = all();
  now.changes = seen.changes;
  if (now == seen) return {};
  const Seen rows{.blocks = seen.blocks - forgotten_.blocks,
                  .commits = seen.commits - forgotten_.commits,
                  .views = seen.views - forgotten_.views,
                  .states = seen.states - forgotten_.states,
                  .notes = seen.notes - forgotten_.notes};
  return "{" + tables_json(rows, digits) + "}";
}

std::string Recording::blocks_changed_since(const Seen& seen, int digits) const {
  std::vector<BlockRow> rows;
  std::vector<std::size_t> numbers;
  const std::size_t known = seen.blocks - forgotten_.blocks;
  for (std::size_t b = 0; b < std::min(known, blocks_.size()); ++b) {
    if (blocks_[b].changed <= seen.changes) continue;
    rows.push_back(blocks_[b]);
    numbers.push_back(b);
  }
  if (rows.empty()) return {};
  return fmt::format("{{\"row\":[{}],\n{}}}", fmt::join(numbers, ","), blocks_json(rows, digits));
}

void Recording::make_room() {
  constexpr std::size_t kAtOnce = 4;  // rows that one event may add
  const auto is_full = [&](const auto& rows, std::size_t bound) {
    return rows.size() + kAtOnce > bound;
  };
  const auto forget = [](auto& rows, std::size_t& forgotten) {
    const std::size_t count = rows.size() / 4;
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count));
    forgotten += count;
  };
  if (is_full(commits_, rows_)) forget(commits_, forgotten_.commits);
  if (is_full(views_, rows_)) forget(views_, forgotten_.views);
  if (is_full(states_, rows_)) forget(states_, forgotten_.states);
  if (is_full(notes_, rows_ - rows_ / 4)) forget(notes_, forgotten_.notes);
  if (is_full(blocks_, rows_)) forget_blocks(blocks_.size() / 4);
}

void Recording::forget_blocks(std::size_t count) {
  const auto first = static_cast<BlockIndex>(count);
  const auto moved = [&](BlockIndex b) { return b < first ? kNone : b - first; };
  for (BlockIndex b = 0; b < first; ++b) index_.erase(blocks_[static_cast<std::size_t>(b)].digest);
  for (auto& [digest, b] : index_) b = moved(b);
  boost::unordered::erase_if(at_height_, [&](auto& place) {
    if (place.second >= first) {
      place.second -= first;
      return false;
    }
    auto& height = forgotten_heights_[place.first >> 48];
    height = std::max(height, place.first & ((std::uint64_t{1} << 48) - 1));
    return true;
  });
  blocks_.erase(blocks_.begin(), blocks_.begin() + first);
  for (BlockRow& block : blocks_) block.below = moved(block.below);
  for (CommitRow& commit : commits_) commit.block = moved(commit.block);
  for (NoteRow& note : notes_) note.block = moved(note.block);
  forgotten_.blocks += count;
}

std::string Recording::tables_json(const Seen& from, int digits) const {
  std::string out =
      "\"blocks\":{" + blocks_json(std::span(blocks_).subspan(from.blocks), digits) + "}";
  const auto table = [&](std::string_view name, std::initializer_list<std::string> columns) {
    out += fmt::format(",\n\"{}\":{{{}}}", name, fmt::join(columns, ",\n"));
  };
  const auto commits = std::span(commits_).subspan(from.commits);
  table("commits",
        {times("t", commits, &CommitRow::at), numbers("replica", commits, &CommitRow::replica),
         numbers("block", commits, &CommitRow::block)});
  const auto views = std::span(views_).subspan(from.views);
  table("views",
        {times("t", views, &ViewRow::at), numbers("replica", views, &ViewRow::replica),
         numbers("view", views, &ViewRow::view), numbers("leader", views, &ViewRow::leader),
         numbers("height", views, &ViewRow::height)});
  const auto states = std::span(states_).subspan(from.states);
  table("states",
        {times("t", states, &StateRow::at), numbers("replica", states, &StateRow::replica),
         names("state", states, &StateRow::now)});
  const auto notes = std::span(notes_).subspan(from.notes);
  table("notes",
        {times("t", notes, &NoteRow::at), numbers("replica", notes, &NoteRow::replica),
         names("what", notes, &NoteRow::what), numbers("view", notes, &NoteRow::view),
         numbers("value", notes, &NoteRow::value), numbers("block", notes, &NoteRow::block)});
  return out;
}

std::string Recording::requests_json() const {
  return fmt::format("\"requests\":{{{},\n{},\n{}}}", times("t", requests_, &RequestRow::at),
                     numbers("client", requests_, &RequestRow::client),
                     column("latency", requests_, [](const RequestRow& r, std::string& out) {
                       fmt::format_to(std::back_inserter(out), "{:.6g}", seconds(r.latency));
                     }));
}

/// Latitude and longitude of the regions whose place is known.
std::string Recording::places_json() const {
  std::string out;
  const std::set<std::string> names(info_.regions.begin(), info_.regions.end());
  for (const auto& name : names) {
    const auto found = find_cloud_region(name);
    if (!found) continue;
    const CloudRegion& region = cloud_regions()[*found];
    out += out.empty() ? "\"places\":{" : ",";
    write_json_string(name, out);
    out += fmt::format(":[{},{}]", region.latitude, region.longitude);
  }
  return out.empty() ? out : out + "},\n";
}

std::string Recording::blocks_json(std::span<const BlockRow> rows, int digits) const {
  const auto id_length = static_cast<std::size_t>(digits);
  const auto write = [&](std::string_view name, auto&& each) { return column(name, rows, each); };
  const std::string columns[] = {
      write("id",
            [&](const BlockRow& b, std::string& out) {
              ((out += '"') += to_hex(b.digest.words[0]).substr(0, id_length)) += '"';
            }),
      write("parent",
            [&](const BlockRow& b, std::string& out) { out += std::to_string(parent_of(b)); }),
      numbers("height", rows, &BlockRow::height),
      numbers("view", rows, &BlockRow::view),
      numbers("proposer", rows, &BlockRow::proposer),
      numbers("tx", rows, &BlockRow::tx),
      times("seen", rows, &BlockRow::seen),
      times("committed", rows, &BlockRow::committed),
      numbers("commits", rows, &BlockRow::commits),
      times("reverted", rows, &BlockRow::reverted),
      write("adversary",
            [&](const BlockRow& b, std::string& out) {
              out += flag(b.withheld || is_byzantine(b.proposer));
            }),
      write("withheld", [&](const BlockRow& b, std::string& out) { out += flag(b.withheld); }),
      times("published", rows, &BlockRow::published),
  };
  return fmt::format("{}", fmt::join(columns, ",\n"));
}

}  // namespace byzlab
