// Every engine against its paper: messages and delays of the good case, growth with n, and
// docs/engines.md, which is written from these runs (`./dev engines`, or BYZLAB_UPDATE_GOLDENS=1).
#include <fmt/format.h>
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <fstream>
#include <sstream>

#include "tests/engines/good_cases.h"
#include "tests/support/source_dir.h"
#include "tests/support/steady_state.h"

namespace byzlab::testing {
namespace {

/// What a run says of one claim at one n.
struct Measured {
  std::uint64_t messages = 0;  ///< a decision
  Duration at_proposer{};
  Duration everywhere{};
  bool steady = true;  ///< the same for every decision
};

Options options_of(const GoodCaseClaim& claim, const EngineInfo& info) {
  Options options(info.options);
  for (const auto& [name, text] : claim.options) options = options.with(name, text);
  return options;
}

Measured measure(const GoodCaseClaim& claim, std::uint32_t n) {
  const EngineInfo& info = *find_engine(claim.engine);
  SteadyState run(info, options_of(claim, info),
                  {.n = n, .latency = LatencyModel(DelayDistribution::constant(kDelay))});
  // Two rounds of leaders to get going, one to look at.
  run.run_to(3 * n + 8);
  const std::vector<Decision> all = run.decisions();
  BOOST_REQUIRE_GE(all.size(), 3 * n + 1);
  const std::span<const Decision> window(all.data() + 2 * n, n + 1);
  Measured result{.messages = (window.back().sent - window.front().sent) / n,
                  .at_proposer = window.front().at_proposer(),
                  .everywhere = window.front().everywhere()};
  result.steady = (window.back().sent - window.front().sent) % n == 0;
  for (const Decision& d : window) {
    result.steady = result.steady && d.at_proposer() == result.at_proposer &&
                    d.everywhere() == result.everywhere;
  }
  return result;
}

std::string delays(Duration d) {
  const auto tenths = d * 10 / kDelay;
  return tenths % 10 == 0 ? fmt::format("{}", tenths / 10)
                          : fmt::format("{}.{}", tenths / 10, tenths % 10);
}

std::string title(const GoodCaseClaim& claim) {
  return claim.mode.empty() ? std::string(claim.engine)
                            : fmt::format("{}, {}", claim.engine, claim.mode);
}

constexpr std::uint32_t kSizes[] = {4, 7, 16};
constexpr std::uint32_t kGrowthSizes[] = {8, 16, 32, 64};

/// Exponent of n in the messages a decision: the least-squares slope in logarithms.
double growth(const GoodCaseClaim& claim) {
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const std::uint32_t n : kGrowthSizes) {
    const double x = std::log(n);
    const double y = std::log(static_cast<double>(measure(claim, n).messages));
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const double k = std::size(kGrowthSizes);
  return (k * sxy - sx * sy) / (k * sxx - sx * sx);
}

std::string_view text_of(FaultModel model) {
  switch (model) {
    case FaultModel::crash: return "crashes";
    case FaultModel::byzantine: return "Byzantine";
    case FaultModel::hash_power: return "hash power";
  }
  return "";
}

std::string_view text_of(Finality finality) {
  return finality == Finality::immediate ? "immediate" : "confirmations";
}

std::string_view text_of(Synchrony synchrony) {
  return synchrony == Synchrony::partial ? "partial" : "synchronous";
}

std::string claims_table() {
  std::string text =
      "| engine | paper | faults | bound of 4, 7, 16 | quorum of 4, 7, 16 | synchrony | finality "
      "|\n"
      "|---|---|---|---|---|---|---|\n";
  for (const EngineInfo& e : engines()) {
    if (!e.attacks.empty()) continue;
    text += fmt::format("| {} | {} | {} | {}, {}, {} | {}, {}, {} | {} | {} |\n", e.name, e.paper,
                        text_of(e.fault_model), e.fault_bound(4), e.fault_bound(7),
                        e.fault_bound(16), e.quorum(4), e.quorum(7), e.quorum(16),
                        text_of(e.synchrony), text_of(e.finality));
  }
  return text;
}

std::string weak_table() {
  std::string text = "| row | runs beside | what it does |\n|---|---|---|\n";
  for (const EngineInfo& e : engines()) {
    if (e.attacks.empty()) continue;
    text += fmt::format("| {} | {} | {} |\n", e.name, e.attacks, e.summary);
  }
  return text;
}

std::string good_case_table() {
  std::string text =
      "| engine | messages a decision | n = 4 | n = 7 | n = 16 | grows as | delays, proposer | "
      "delays, everywhere | remark |\n|---|---|---|---|---|---|---|---|---|\n";
  for (const GoodCaseClaim& claim : good_case_claims()) {
    text += fmt::format("| {} | {} |", title(claim), claim.formula);
    Measured last;
    for (const std::uint32_t n : kSizes) {
      last = measure(claim, n);
      text += fmt::format(" {} |", last.messages);
    }
    text += fmt::format(" n^{:.2f} | {} | {} | {} |\n", growth(claim), delays(last.at_proposer),
                        delays(last.everywhere), claim.remark);
  }
  return text;
}

/// The first line of a file, without the comment sign, for a table.
std::string claim_of(const std::filesystem::path& scenario) {
  std::ifstream file(scenario);
  std::string line;
  std::getline(file, line);
  line.erase(0, line.starts_with("# ") ? 2 : 0);
  for (std::size_t bar = line.find('|'); bar != std::string::npos; bar = line.find('|', bar + 2)) {
    line.insert(bar, "\\");  // or it would end a column
  }
  return line;
}

std::string papers_table() {
  const std::filesystem::path root = source_dir();
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(root / "scenarios/papers")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::string text = "| scenario | claim |\n|---|---|\n";
  for (const auto& file : files) {
    text += fmt::format("| [{}](../scenarios/papers/{}) | {} |\n", file.stem().string(),
                        file.filename().string(), claim_of(file));
  }
  return text;
}

std::string page() {
  return fmt::format(
      "<!-- Written by ./dev engines from runs; a test compares it. -->\n"
      "# Engines\n\n"
      "## What each claims\n\n{}\n"
      "A bound is the power that may be faulty, a quorum the power that decides; one unit a "
      "replica here.\n\n"
      "## What a decision costs\n\n"
      "Measured under full load with a constant message delay, no processing time and no fault, in "
      "the steady state. Messages go from replica to replica; those to oneself count nowhere. "
      "Delays are from a block's proposal to its commit, in message delays. `grows as` is fitted "
      "to n = 8, 16, 32, 64.\n\n{}\n"
      "## Weak and attacking variants\n\n{}\n"
      "## What the papers predict, as scenarios\n\n"
      "Each file is a test. `byzlab run NAME` shows it.\n\n{}",
      claims_table(), good_case_table(), weak_table(), papers_table());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engines)

BOOST_AUTO_TEST_CASE(good_cases_cost_what_the_papers_say) {
  for (const GoodCaseClaim& claim : good_case_claims()) {
    for (const std::uint32_t n : kSizes) {
      BOOST_TEST_CONTEXT(title(claim) << ", n = " << n) {
        const Measured m = measure(claim, n);
        BOOST_TEST(m.steady);
        BOOST_TEST(m.messages == claim.messages(n));
        BOOST_TEST(m.at_proposer.count() == (claim.at_proposer * kDelay).count());
        BOOST_TEST(m.everywhere.count() == (claim.everywhere * kDelay).count());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_protocol_that_decides_has_its_claim) {
  for (const EngineInfo& e : byzlab::engines()) {
    if (!e.attacks.empty() || e.fault_model == FaultModel::hash_power) continue;
    BOOST_TEST_CONTEXT(e.name) {
      BOOST_TEST(std::ranges::any_of(good_case_claims(),
                                     [&](const GoodCaseClaim& c) { return c.engine == e.name; }));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_page_says_what_runs_say) {
  const std::filesystem::path file = source_dir() / "docs/engines.md";
  const std::string now = page();
  if (std::getenv("BYZLAB_UPDATE_GOLDENS") != nullptr) {
    std::ofstream(file, std::ios::binary) << now;
    return;
  }
  std::ifstream in(file, std::ios::binary);
  std::ostringstream written;
  written << in.rdbuf();
  BOOST_CHECK_MESSAGE(written.str() == now,
                      "docs/engines.md is out of date: ./dev engines writes it. Now:\n"
                          << now);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
