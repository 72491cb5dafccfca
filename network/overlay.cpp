#include "network/overlay.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/rng.h"

namespace byzlab {

namespace {

using Edge = std::pair<std::uint32_t, std::uint32_t>;

/// Neighbours of every vertex, unsorted; degrees are small, so a scan finds an edge.
using Adjacency = std::vector<std::vector<std::uint32_t>>;

bool adjacent(const Adjacency& graph, std::uint32_t a, std::uint32_t b) {
  return std::ranges::find(graph[a], b) != graph[a].end();
}

void replace(Adjacency& graph, std::uint32_t at, std::uint32_t old, std::uint32_t now) {
  *std::ranges::find(graph[at], old) = now;
}

std::vector<std::uint32_t> random_order(std::uint32_t n, Rng& rng) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  for (std::uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

/// Chords of the cycle 0, 1, …, n-1 that give each vertex `degree` neighbours with it: to all
/// within degree / 2 steps, and to the opposite vertex when the degree is odd.
std::vector<Edge> chords(std::uint32_t n, std::uint32_t degree) {
  std::vector<Edge> edges;
  for (std::uint32_t step = 2; step <= degree / 2; ++step) {
    for (std::uint32_t v = 0; v < n; ++v) edges.emplace_back(v, (v + step) % n);
  }
  if (degree % 2 == 1) {
    for (std::uint32_t v = 0; v < n / 2; ++v) edges.emplace_back(v, v + n / 2);
  }
  return edges;
}

/// Swaps the ends of random pairs of edges, (a,b) (c,d) -> (a,d) (c,b), where that makes no loop
/// and no double edge. Degrees stay as they are; ten tries an edge forget where it started.
void shuffle(std::vector<Edge>& edges, Adjacency& graph, Rng& rng) {
  for (std::size_t tries = edges.size() * 10; tries > 0; --tries) {
    Edge& first = edges[rng.below(edges.size())];
    Edge& second = edges[rng.below(edges.size())];
    if (rng.next() % 2 == 0) std::swap(second.first, second.second);
    const auto [a, b] = first;
    const auto [c, d] = second;
    if (a == c || a == d || b == c || b == d) continue;
    if (adjacent(graph, a, d) || adjacent(graph, c, b)) continue;
    replace(graph, a, b, d);
    replace(graph, d, c, a);
    replace(graph, c, d, b);
    replace(graph, b, a, c);
    first = {a, d};
    second = {c, b};
  }
}

}  // namespace

Overlay Overlay::full(std::uint32_t processes) {
  Overlay overlay;
  overlay.processes_ = processes;
  if (processes > kTabulated) {
    for (std::uint32_t p = 1; p < processes; ++p) overlay.neighbors_.emplace_back(p);
    return overlay;
  }
  overlay.first_ = {0};
  for (std::uint32_t p = 0; p < processes; ++p) {
    for (std::uint32_t q = 0; q < processes; ++q) {
      if (q != p) overlay.neighbors_.emplace_back(q);
    }
    overlay.first_.push_back(static_cast<std::uint32_t>(overlay.neighbors_.size()));
  }
  return overlay;
}

Overlay Overlay::random(std::uint32_t processes, std::uint32_t degree, std::uint64_t seed) {
  degree = std::max(degree, 2u);
  if (processes < 4 || degree + 1 >= processes) return full(processes);

  Rng rng(seed);
  const std::vector<std::uint32_t> cycle = random_order(processes, rng);
  Adjacency graph(processes);
  const auto connect = [&](std::uint32_t a, std::uint32_t b) {
    graph[a].push_back(b);
    graph[b].push_back(a);
  };
  for (std::uint32_t i = 0; i < processes; ++i) connect(cycle[i], cycle[(i + 1) % processes]);
  std::vector<Edge> edges;  // those that may move: the cycle stays, and keeps the graph connected
  for (auto [a, b] : chords(processes, degree)) {
    edges.emplace_back(cycle[a], cycle[b]);
    connect(cycle[a], cycle[b]);
  }
  if (!edges.empty()) shuffle(edges, graph, rng);

  Overlay overlay;
  overlay.full_ = false;
  overlay.processes_ = processes;
  overlay.first_.push_back(0);
  for (auto& neighbors : graph) {
    std::ranges::sort(neighbors);
    for (auto p : neighbors) overlay.neighbors_.emplace_back(p);
    overlay.first_.push_back(static_cast<std::uint32_t>(overlay.neighbors_.size()));
  }
  return overlay;
}

std::uint64_t Overlay::links() const {
  if (full_) return std::uint64_t{processes_} * (processes_ > 0 ? processes_ - 1 : 0) / 2;
  return neighbors_.size() / 2;
}

}  // namespace byzlab
