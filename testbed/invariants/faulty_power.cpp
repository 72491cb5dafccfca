#include "testbed/invariants/faulty_power.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <numeric>
#include <optional>

namespace byzlab {
namespace {

/// What the faulty replicas leave: their links cost nothing more.
std::vector<std::vector<std::uint32_t>> open_links(const Wiring& w) {
  std::vector<std::vector<std::uint32_t>> open(w.n());
  for (std::uint32_t a = 0; a < w.n(); ++a) {
    if (w.faulty[a]) continue;
    for (const std::uint32_t b : w.impaired[a]) {
      if (b != a && !w.faulty[b]) open[a].push_back(b);
    }
    std::ranges::sort(open[a]);
    open[a].erase(std::unique(open[a].begin(), open[a].end()), open[a].end());
  }
  return open;
}

Power power_of(const Wiring& w, const std::vector<bool>& set) {
  Power sum = 0;
  for (std::uint32_t r = 0; r < w.n(); ++r) sum += set[r] ? w.power[r] : 0;
  return sum;
}

/// Disjoint payments for the links, none of which may cost an end more than its
/// power: no cover is cheaper than their sum (the dual of the linear
/// programme). Ends that are hard to pay are served first, by neighbours of
/// whom little else is asked.
Power least_by_packing(const Wiring& w, const std::vector<std::vector<std::uint32_t>>& open) {
  std::vector<Power> left = w.power;
  std::vector<std::uint32_t> order(w.n());
  std::iota(order.begin(), order.end(), 0u);
  const auto degree = [&](std::uint32_t r) { return open[r].size(); };
  std::ranges::stable_sort(order, std::greater{}, degree);
  Power sum = 0;
  for (const std::uint32_t r : order) {
    std::vector<std::uint32_t> payers = open[r];
    std::ranges::stable_sort(payers, {}, degree);
    for (const std::uint32_t p : payers) {
      const Power paid = std::min(left[r], left[p]);
      left[r] -= paid;
      left[p] -= paid;
      sum += paid;
    }
  }
  return sum;
}

/// Of replicas that are all at odds with each other no two are outside a cover:
/// it costs all of them but the most powerful. Takes such groups one after the
/// other.
Power least_by_groups(const Wiring& w, const std::vector<std::vector<std::uint32_t>>& open) {
  std::vector<std::uint32_t> order(w.n());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, std::greater{}, [&](std::uint32_t r) { return open[r].size(); });
  std::vector<bool> grouped(w.n(), false);
  Power sum = 0;
  for (const std::uint32_t first : order) {
    if (grouped[first]) continue;
    grouped[first] = true;
    Power group = w.power[first], largest = group;
    std::vector<std::uint32_t> others;
    std::ranges::copy_if(open[first], std::back_inserter(others),
                         [&](std::uint32_t r) { return !grouped[r]; });
    while (!others.empty()) {
      const std::uint32_t next = others.front();
      grouped[next] = true;
      group += w.power[next];
      largest = std::max(largest, w.power[next]);
      std::vector<std::uint32_t> still;
      std::ranges::set_intersection(others, open[next], std::back_inserter(still));
      others = std::move(still);
    }
    sum += group - largest;
  }
  return sum;
}

/// A cover that is good where the graph is simple: takes who settles the most
/// links for its power, then lets go whom nobody needs, the most powerful
/// first.
std::vector<bool> some_cover(const Wiring& w, const std::vector<std::vector<std::uint32_t>>& open) {
  std::vector<bool> set(w.n(), false);
  std::vector<std::size_t> unsettled(w.n());
  for (std::uint32_t r = 0; r < w.n(); ++r) unsettled[r] = open[r].size();
  while (true) {
    std::optional<std::uint32_t> best;
    for (std::uint32_t r = 0; r < w.n(); ++r) {
      if (unsettled[r] == 0) continue;
      if (!best || unsettled[r] * std::max<Power>(w.power[*best], 1) >
                       unsettled[*best] * std::max<Power>(w.power[r], 1)) {
        best = r;
      }
    }
    if (!best) break;
    set[*best] = true;
    unsettled[*best] = 0;
    for (const std::uint32_t b : open[*best]) unsettled[b] -= unsettled[b] > 0 ? 1 : 0;
  }
  std::vector<std::uint32_t> order(w.n());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, std::greater{}, [&](std::uint32_t r) { return w.power[r]; });
  for (const std::uint32_t r : order) {
    if (set[r] && std::ranges::all_of(open[r], [&](std::uint32_t b) { return set[b]; })) {
      set[r] = false;
    }
  }
  return set;
}

/// Branch and bound over covers, for at most kExact replicas as bits.
class Search {
 public:
  using Bits = std::uint32_t;

  Search(const Wiring& w, const std::vector<std::vector<std::uint32_t>>& open) : w_(w) {
    for (std::uint32_t a = 0; a < w.n(); ++a) {
      for (const std::uint32_t b : open[a]) links_[a] |= bit(b);
    }
  }

  /// The cheapest cover of power below `bound`, of those that take at most
  /// `spare` from `piece`.
  std::optional<Bits> cheapest(Power bound, Bits piece, Power spare) {
    best_.reset();
    bound_ = bound;
    piece_ = piece;
    const Bits all = w_.n() == 32 ? ~Bits{0} : bit(w_.n()) - 1;
    branch(0, all, 0, spare);
    return best_;
  }

 private:
  static Bits bit(std::uint32_t r) { return Bits{1} << r; }

  /// `taken` cost `cost`; `left` are undecided, and links of others are
  /// settled.
  void branch(Bits taken, Bits left, Power cost, Power spare) {
    if (cost >= bound_) return;
    std::uint32_t widest = 0;
    int most = 0;
    for (Bits rest = left; rest != 0; rest &= rest - 1) {
      const auto r = static_cast<std::uint32_t>(std::countr_zero(rest));
      const int degree = std::popcount(links_[r] & left);
      if (degree > most) {
        most = degree;
        widest = r;
      }
    }
    if (most == 0) {
      best_ = taken;
      bound_ = cost;
      return;
    }
    if (cost + packing(left) >= bound_) return;
    // With it, or with all its neighbours.
    take(bit(widest), taken, left, cost, spare);
    take(links_[widest] & left, taken, left & ~bit(widest), cost, spare);
  }

  void take(Bits who, Bits taken, Bits left, Power cost, Power spare) {
    for (Bits rest = who; rest != 0; rest &= rest - 1) {
      const auto r = static_cast<std::uint32_t>(std::countr_zero(rest));
      cost += w_.power[r];
      if ((piece_ & bit(r)) == 0) continue;
      if (w_.power[r] > spare) return;
      spare -= w_.power[r];
    }
    branch(taken | who, left & ~who, cost, spare);
  }

  Power packing(Bits left) const {
    std::array<Power, kExact> power{};
    for (std::uint32_t r = 0; r < w_.n(); ++r) power[r] = w_.power[r];
    Power sum = 0;
    for (Bits rest = left; rest != 0; rest &= rest - 1) {
      const auto r = static_cast<std::uint32_t>(std::countr_zero(rest));
      for (Bits to = links_[r] & left & ~(bit(r) - 1); to != 0; to &= to - 1) {
        const auto b = static_cast<std::uint32_t>(std::countr_zero(to));
        const Power paid = std::min(power[r], power[b]);
        power[r] -= paid;
        power[b] -= paid;
        sum += paid;
      }
    }
    return sum;
  }

  const Wiring& w_;
  std::array<Bits, kExact> links_{};
  std::optional<Bits> best_;
  Power bound_ = 0;
  Bits piece_ = 0;
};

std::vector<bool> with_faulty(const Wiring& w, std::vector<bool> set) {
  for (std::uint32_t r = 0; r < w.n(); ++r) set[r] = set[r] || w.faulty[r];
  return set;
}

std::vector<bool> from_bits(const Wiring& w, std::uint32_t bits) {
  std::vector<bool> set(w.n());
  for (std::uint32_t r = 0; r < w.n(); ++r) set[r] = (bits >> r & 1) != 0;
  return set;
}

/// The most power in one piece of those outside `set`.
Power largest_rest(const Wiring& w, const std::vector<std::uint32_t>& piece_of,
                   const std::vector<bool>& set) {
  std::vector<Power> sum(w.n(), 0);
  for (std::uint32_t r = 0; r < w.n(); ++r) {
    if (piece_of[r] != kNoPiece && !set[r]) sum[piece_of[r]] += w.power[r];
  }
  return sum.empty() ? 0 : std::ranges::max(sum);
}

}  // namespace

FaultyPower faulty_power(const Wiring& w) {
  const auto open = open_links(w);
  const Power given = power_of(w, w.faulty);
  std::vector<bool> cover = some_cover(w, open);
  const Power least = std::max(least_by_packing(w, open), least_by_groups(w, open));
  FaultyPower result{.least = given + least, .most = given + power_of(w, cover), .set = {}};
  if (!result.is_exact() && w.n() <= kExact) {
    Search search(w, open);
    const Power all = std::accumulate(w.power.begin(), w.power.end(), Power{0});
    const auto better = search.cheapest(result.most - given, 0, all);
    if (better) cover = from_bits(w, *better);
    result.least = result.most = given + power_of(w, cover);
  }
  result.set = with_faulty(w, std::move(cover));
  return result;
}

std::vector<std::uint32_t> pieces(const Wiring& w) {
  std::vector<std::uint32_t> piece_of(w.n(), kNoPiece);
  std::vector<std::uint32_t> unseen;  // in no piece yet
  for (std::uint32_t r = 0; r < w.n(); ++r) {
    if (!w.silent[r]) unseen.push_back(r);
  }
  std::vector<bool> blocked(w.n(), false);
  std::vector<std::uint32_t> reached;
  std::uint32_t pieces = 0;
  for (std::uint32_t start = 0; start < w.n(); ++start) {
    if (w.silent[start] || piece_of[start] != kNoPiece) continue;
    piece_of[start] = pieces;
    reached.assign(1, start);
    std::erase(unseen, start);
    while (!reached.empty()) {
      const std::uint32_t r = reached.back();
      reached.pop_back();
      for (const std::uint32_t b : w.impaired[r]) blocked[b] = true;
      const auto visit = [&](std::uint32_t b) {
        if (blocked[b] || w.silent[b] || piece_of[b] != kNoPiece) return false;
        piece_of[b] = pieces;
        reached.push_back(b);
        return true;
      };
      if (w.links.empty()) {
        std::erase_if(unseen, visit);
      } else {
        std::ranges::for_each(w.links[r], visit);
      }
      for (const std::uint32_t b : w.impaired[r]) blocked[b] = false;
    }
    ++pieces;
  }
  return piece_of;
}

PowerStanding standing(const Wiring& w, Power allowed, Power quorum) {
  using Kind = PowerStanding::Kind;
  PowerStanding s{.faulty = faulty_power(w)};
  const auto piece_of = pieces(w);
  s.connected = largest_rest(w, piece_of, s.faulty.set);
  if (s.faulty.least > allowed) {
    s.kind = Kind::too_faulty;
    return s;
  }
  if (s.faulty.most <= allowed && s.connected >= quorum) return s;
  // Another set may leave more of a piece than the cheapest does.
  std::vector<Power> size(w.n(), 0);
  for (std::uint32_t r = 0; r < w.n(); ++r) {
    if (piece_of[r] != kNoPiece && !w.faulty[r]) size[piece_of[r]] += w.power[r];
  }
  const Power largest = size.empty() ? 0 : std::ranges::max(size);
  if (largest < quorum) {
    // No set can mend that; whether it is too large as well nobody needs to
    // know.
    s.kind = s.faulty.most <= allowed || w.n() > kExact ? Kind::fell_apart : Kind::too_faulty;
    return s;
  }
  if (w.n() > kExact) {
    s.kind = Kind::cannot_tell;
    return s;
  }
  Search search(w, open_links(w));
  const Power given = power_of(w, w.faulty);
  for (std::uint32_t p = 0; p < w.n(); ++p) {
    if (size[p] < quorum) continue;
    std::uint32_t members = 0;
    for (std::uint32_t r = 0; r < w.n(); ++r) members |= piece_of[r] == p ? 1u << r : 0;
    if (const auto set = search.cheapest(allowed - given + 1, members, size[p] - quorum)) {
      s.faulty.set = with_faulty(w, from_bits(w, *set));
      s.connected = largest_rest(w, piece_of, s.faulty.set);
      return s;
    }
  }
  s.kind = Kind::fell_apart;
  return s;
}

}  // namespace byzlab
