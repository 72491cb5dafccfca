// The selector grammar.
#include "testbed/scenario/selector_parser.h"

#include <algorithm>
#include <array>

#include "base/quantity.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

constexpr std::string_view kGrammar =
    "write r3, r0..r3, [r0, r5], a group, region:NAME, role:leader, honest, byzantine, all, rest "
    "or any(f)";

/// A list of links is not longer than this.
constexpr std::size_t kMaxLinks = 1000;

/// Brackets in a text may nest this deep.
constexpr int kMaxNesting = 8;

std::string role_hint(std::string_view role) {
  const std::vector<std::string> roles{"leader", "next_leader", "follower"};
  const auto guess = nearest(role, roles);
  return guess ? "did you mean `role:" + *guess + "`?"
               : "roles are role:leader, role:next_leader and role:follower";
}

class SelectorText {
 public:
  SelectorText(Loading& loading, const YamlNode& node, const std::string& path)
      : loading_(loading), node_(node), path_(path) {}

  std::optional<Selector> parse(std::string_view text, int nesting = 0) {
    text = trimmed(text);
    if (nesting > kMaxNesting) return fail(text, "is nested too deep");
    if (text.empty()) return fail(text, "is no selector", kGrammar);
    if (text.front() == '[') return parse_list(text, nesting);
    if (text.starts_with("any(")) return parse_any(text, nesting);
    Selector who;
    who.at = position_of(text);
    if (text == "all") return with(who, Selector::Kind::all);
    if (text == "honest") return with(who, Selector::Kind::honest);
    if (text == "byzantine") return with(who, Selector::Kind::byzantine);
    if (text == "rest") return with(who, Selector::Kind::rest);
    if (is_later("selector", text)) {
      loading_.findings.error("E190", who.at, length_of(text),
                              "`" + std::string(text) + "` is not available yet");
      return std::nullopt;
    }
    if (text.starts_with("role:")) return parse_role(text, who);
    if (text.starts_with("region:")) {
      who.name = text.substr(7);
      if (!is_name(who.name)) return fail(text, "names no region");
      return with(who, Selector::Kind::region);
    }
    if (const auto range = replica_range(text)) {
      std::tie(who.first, who.last) = *range;
      if (who.last < who.first) return fail(text, "ends before it starts");
      return with(who, Selector::Kind::replicas);
    }
    if (!is_name(text)) return fail(text, "is no selector", kGrammar);
    who.name = text;
    return with(who, Selector::Kind::group);
  }

  std::optional<Selector> fail(std::string_view text, std::string_view what,
                               std::string_view hint = "") {
    const Position at = text.empty() ? node_.at : position_of(text);
    loading_.findings.error("E130", at, std::max<std::uint32_t>(1, length_of(text)),
                            ticked(text) + " " + std::string(what), std::string(hint));
    return std::nullopt;
  }

 private:
  static std::optional<Selector> with(Selector& who, Selector::Kind kind) {
    who.kind = kind;
    return std::move(who);
  }

  /// Where a part of the node's text stands, if the text stands in one line of the file.
  Position position_of(std::string_view part) const {
    const std::string_view whole = node_.text;
    Position at = node_.at;
    if (part.data() < whole.data() || part.data() > whole.data() + whole.size()) return at;
    const auto offset = static_cast<std::size_t>(part.data() - whole.data());
    at.column += code_points(whole.substr(0, offset)) + (node_.length > code_points(whole) ? 1 : 0);
    return at;
  }
  static std::uint32_t length_of(std::string_view text) {
    return std::max<std::uint32_t>(1, code_points(text));
  }

  static std::optional<ReplicaId> replica(std::string_view text) {
    if (text.size() < 2 || text.size() > 8 || text[0] != 'r') return std::nullopt;
    if (!std::all_of(text.begin() + 1, text.end(), is_digit) || (text[1] == '0' && text.size() > 2))
      return std::nullopt;
    return ReplicaId(static_cast<std::uint32_t>(std::stoul(std::string(text.substr(1)))));
  }

  static std::optional<std::pair<ReplicaId, ReplicaId>> replica_range(std::string_view text) {
    const std::size_t dots = text.find("..");
    const auto first = replica(trimmed(text.substr(0, dots)));
    if (!first) return std::nullopt;
    if (dots == std::string_view::npos) return std::pair(*first, *first);
    const auto last = replica(trimmed(text.substr(dots + 2)));
    return last ? std::optional(std::pair(*first, *last)) : std::nullopt;
  }

  std::optional<Selector> parse_role(std::string_view text, Selector& who) {
    const std::string_view role = text.substr(5);
    if (role == "leader")
      who.role = Role::leader;
    else if (role == "next_leader")
      who.role = Role::next_leader;
    else if (role == "follower")
      who.role = Role::follower;
    else
      return fail(text, "is no role", role_hint(role));
    return with(who, Selector::Kind::role);
  }

  std::optional<Selector> parse_list(std::string_view text, int nesting) {
    if (text.back() != ']') return fail(text, "has no closing `]`");
    Selector list;
    list.at = position_of(text);
    const std::string_view inside = text.substr(1, text.size() - 2);
    if (trimmed(inside).empty()) return with(list, Selector::Kind::list);
    int depth = 0;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= inside.size(); ++i) {
      if (i < inside.size() && (inside[i] == '[' || inside[i] == '(')) ++depth;
      if (i < inside.size() && (inside[i] == ']' || inside[i] == ')')) --depth;
      if (i < inside.size() && (inside[i] != ',' || depth > 0)) continue;
      auto item = parse(inside.substr(start, i - start), nesting + 1);
      if (!item) return std::nullopt;
      list.items.push_back(std::move(*item));
      start = i + 1;
    }
    return with(list, Selector::Kind::list);
  }

  std::optional<Selector> parse_any(std::string_view text, int nesting) {
    if (text.back() != ')') return fail(text, "has no closing `)`");
    Selector who;
    who.at = position_of(text);
    who.name = path_ + "#" + std::to_string(draws_++);
    std::string_view inside = text.substr(4, text.size() - 5);
    if (const std::size_t of = inside.find(" of "); of != std::string_view::npos) {
      auto pool = parse(inside.substr(of + 4), nesting + 1);
      if (!pool) return std::nullopt;
      who.items.push_back(std::move(*pool));
      inside = inside.substr(0, of);
    }
    const std::size_t dots = inside.find("..");
    const auto quantity = parse_quantity(trimmed(inside.substr(0, dots)));
    if (dots != std::string_view::npos)
      who.up_to = parse_quantity(trimmed(inside.substr(dots + 2)));
    if (!quantity || (dots != std::string_view::npos && !who.up_to))
      return fail(text, "draws no known number",
                  "write any(2), any(f), any(f+1), any(n/3), any(33%) or any(0..f)");
    who.quantity = *quantity;
    return with(who, Selector::Kind::any);
  }

  static std::optional<Quantity> parse_quantity(std::string_view text) {
    const auto number = [](std::string_view digits) -> std::optional<std::int64_t> {
      const auto count = parse_count(digits);
      if (digits.empty() || !count || *count > 1'000'000 || !is_digit(digits[0]))
        return std::nullopt;
      return static_cast<std::int64_t>(*count);
    };
    const auto make = [](Quantity::Kind kind,
                         std::optional<std::int64_t> n) -> std::optional<Quantity> {
      return n ? std::optional(Quantity{.kind = kind, .number = *n}) : std::nullopt;
    };
    if (text == "f") return Quantity{.kind = Quantity::Kind::faults};
    if (text.starts_with("f+"))
      return make(Quantity::Kind::faults, number(trimmed(text.substr(2))));
    if (text.starts_with("f-")) {
      auto less = make(Quantity::Kind::faults, number(trimmed(text.substr(2))));
      if (less) less->number = -less->number;
      return less;
    }
    if (text.starts_with("n/")) {
      const auto divisor = make(Quantity::Kind::divided, number(text.substr(2)));
      return divisor && divisor->number > 0 ? divisor : std::nullopt;
    }
    if (text.ends_with("%")) {
      const auto percent = make(Quantity::Kind::percent, number(text.substr(0, text.size() - 1)));
      return percent && percent->number <= 100 ? percent : std::nullopt;
    }
    return make(Quantity::Kind::number, number(text));
  }

  Loading& loading_;
  const YamlNode& node_;
  const std::string& path_;
  int draws_ = 0;
};

}  // namespace

std::optional<Selector> parse_selector(Loading& loading, const YamlNode& node,
                                       const std::string& path) {
  SelectorText text(loading, node, path);
  if (node.is_scalar()) return text.parse(node.text);
  if (!node.is_sequence()) {
    loading.findings.error("E106", node.at, node.length, "a selector is expected here",
                           std::string(kGrammar));
    return std::nullopt;
  }
  Selector list;
  list.kind = Selector::Kind::list;
  list.at = node.at;
  bool wrong = false;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto item = parse_selector(loading, node.items[i], path + "[" + std::to_string(i) + "]");
    if (item)
      list.items.push_back(std::move(*item));
    else
      wrong = true;
  }
  return wrong ? std::nullopt : std::optional(std::move(list));
}

std::optional<Links> parse_links(Loading& loading, const YamlNode& node, const std::string& path) {
  SelectorText text(loading, node, path);
  const std::string_view whole = node.text;
  const std::size_t arrow = whole.find("->");
  if (!node.is_scalar() || arrow == std::string_view::npos) {
    loading.findings.error("E130", node.at, node.length, "links are written `A -> B` or `A <-> B`");
    return std::nullopt;
  }
  const bool both = arrow > 0 && whole[arrow - 1] == '<';
  auto from = text.parse(whole.substr(0, arrow - (both ? 1 : 0)));
  auto to = text.parse(whole.substr(arrow + 2));
  if (!from || !to) return std::nullopt;
  return Links{.from = std::move(*from), .to = std::move(*to), .both = both};
}

std::optional<std::vector<Links>> parse_link_list(Loading& loading, const YamlNode& node,
                                                  const std::string& path) {
  std::vector<Links> list;
  if (!node.is_sequence()) {
    auto links = parse_links(loading, node, path);
    if (!links) return std::nullopt;
    list.push_back(std::move(*links));
    return list;
  }
  if (node.items.empty() || node.items.size() > kMaxLinks) {
    loading.findings.error("E130", node.at, node.length,
                           node.items.empty() ? "an empty list is no links"
                                              : "more than " + std::to_string(kMaxLinks) + " links",
                           "write `[ r0 -> r1, r2 <-> r4 ]`");
    return std::nullopt;
  }
  bool wrong = false;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto links = parse_links(loading, node.items[i], path + "[" + std::to_string(i) + "]");
    wrong |= !links;
    if (links) list.push_back(std::move(*links));
  }
  return wrong ? std::nullopt : std::optional(std::move(list));
}

bool is_reserved_selector(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kWords = {
      "all", "honest", "byzantine", "rest", "sybils", "none", "halves", "equal", "any"};
  const bool replica = name.size() > 1 && (name[0] == 'r' || name[0] == 'c' || name[0] == 's') &&
                       std::all_of(name.begin() + 1, name.end(), is_digit);
  return replica || std::find(kWords.begin(), kWords.end(), name) != kWords.end();
}

}  // namespace byzlab::scenario
