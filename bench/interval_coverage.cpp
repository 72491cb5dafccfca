// How often the intervals that comparisons print hold the truth: real scenarios, many batches of
// ten seeds, and beside each batch what all seeds together say.
//
//   byzlab_interval_coverage [batches of 10 seeds, default 200]
//
// The truth of a figure is its median over all seeds, of a factor the median over all pairs, of an
// exponent the median over all slopes, of a share the share of all seeds. A batch's interval should
// hold it in 95 % of the batches. Exits with 1 when an interval of a figure without ties holds it
// in less than 90 % or more than 98 % of them, as far as so many batches can tell; a figure that is
// the same in many seeds (a count) is held more often, and no interval can help it. For contrast:
// how often Student's interval of the mean, which is made for normal figures, holds the mean.
#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "observe/statistics.h"
#include "observe/tally.h"
#include "testbed/run.h"
#include "testbed/scenario/load.h"

namespace byzlab {
namespace {

constexpr std::size_t kBatch = 10;

using Figures = std::vector<std::optional<double>>;  // by seed
using FiguresOfRun = std::map<std::string, Figures>;

struct Measured {
  FiguresOfRun figures;
  std::vector<bool> passed;
};

Measured measure(const std::string& yaml, std::size_t seeds) {
  Measured measured;
  for (std::size_t s = 0; s < seeds; ++s) {
    const auto loaded = scenario::load_text(yaml, "coverage.yaml", catalogue(), {.seed = s + 1});
    if (!loaded.scenario) {
      std::fputs(to_text(loaded.diagnostics, yaml).c_str(), stderr);
      std::exit(2);
    }
    const Report report = run(*loaded.scenario, RunOptions{.seed = s + 1});
    for (const Metric& m : report.metrics) {
      auto& values = measured.figures[m.name];
      values.resize(seeds);
      values[s] = m.value;
    }
    measured.passed.push_back(report.verdict == RunVerdict::pass);
  }
  return measured;
}

/// Counts how often intervals hold a truth.
class Coverage {
 public:
  explicit Coverage(double truth) : truth_(truth) {}
  void add(double low, double high) {
    // Rounding is no miss: a quotient is not the same to the last bit.
    const double slack = 1e-12 * std::abs(truth_);
    held_ += low <= truth_ + slack && truth_ <= high + slack ? 1 : 0;
    ++batches_;
  }
  double share() const { return static_cast<double>(held_) / static_cast<double>(batches_); }
  std::size_t batches() const { return batches_; }
  /// No better than `least`, or better than `most`, beyond what chance allows once in a thousand.
  bool is_outside(double least, double most) const {
    using namespace boost::math;
    const auto n = static_cast<double>(batches_), k = static_cast<double>(held_);
    return cdf(binomial(n, least), k) < 0.001 ||
           (held_ > 0 && cdf(complement(binomial(n, most), k - 1)) < 0.001);
  }

 private:
  double truth_;
  std::size_t held_ = 0, batches_ = 0;
};

std::vector<double> known(const Figures& values, std::size_t from, std::size_t to) {
  std::vector<double> result;
  for (std::size_t i = from; i < to; ++i)
    if (values[i]) result.push_back(*values[i]);
  return result;
}

/// The share of the values that are the median: what ties there are where it matters.
double tied(const std::vector<double>& values, double median) {
  return static_cast<double>(std::ranges::count(values, median)) /
         static_cast<double>(values.size());
}

Estimate student(const std::vector<double>& values) {
  const Estimate e = median_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - e.mean) * (v - e.mean);
  const auto n = static_cast<double>(values.size());
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  const double half = t * std::sqrt(squares / (n - 1) / n);
  return {.low = e.mean - half, .high = e.mean + half};
}

int wrong = 0;

void print(const std::string& name, const Coverage& coverage, double median, double ties,
           const std::string& more) {
  constexpr double kTied = 0.02;
  const bool out = coverage.is_outside(0.90, ties > kTied ? 1.0 : 0.98);
  wrong += out ? 1 : 0;
  std::printf("  %-34s %10.4g  %5.1f %%  %s%s%s\n", name.c_str(), median, 100 * coverage.share(),
              ties > kTied ? "ties  " : "      ", more.c_str(), out ? "   OUT" : "");
}

void figures(const Measured& all, std::size_t seeds) {
  for (const auto& [name, values] : all.figures) {
    const auto every = known(values, 0, seeds);
    if (every.size() < seeds / 2) continue;  // runs that have it at all are few
    const Estimate truth = median_of(every);
    if (truth.max == *std::ranges::min_element(every)) continue;  // always the same
    Coverage ours(truth.value), of_student(truth.mean);
    for (std::size_t from = 0; from + kBatch <= seeds; from += kBatch) {
      const auto batch = known(values, from, from + kBatch);
      if (batch.size() < 6) continue;
      const Estimate e = median_of(batch);
      ours.add(e.low, e.high);
      const Estimate s = student(batch);
      of_student.add(s.low, s.high);
    }
    char more[64];
    std::snprintf(more, sizeof more, "(Student of the mean %5.1f %%)", 100 * of_student.share());
    print(name, ours, truth.value, tied(every, truth.value), more);
  }
}

void shares(const Measured& all, std::size_t seeds) {
  const auto passed = [&](std::size_t from, std::size_t to) {
    return static_cast<std::uint64_t>(std::count(all.passed.begin() + static_cast<long>(from),
                                                 all.passed.begin() + static_cast<long>(to), true));
  };
  const double truth = static_cast<double>(passed(0, seeds)) / static_cast<double>(seeds);
  if (truth == 0 || truth == 1) return;
  Coverage coverage(truth);
  for (std::size_t from = 0; from + kBatch <= seeds; from += kBatch) {
    const Interval i = wilson(passed(from, from + kBatch), kBatch);
    coverage.add(i.low, i.high);
  }
  print("share that passed (Wilson)", coverage, truth, 1, "");
}

void factors(const Measured& a, const Measured& b, std::size_t seeds,
             const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto ours = known(a.figures.at(name), 0, seeds);
    const auto theirs = known(b.figures.at(name), 0, seeds);
    if (ours.size() < seeds || theirs.size() < seeds) continue;
    const auto part = [](const std::vector<double>& v, std::size_t from) {
      return std::span(v).subspan(from, kBatch);
    };
    Coverage paired(ratio_of(ours, theirs).value), groups(unpaired_ratio_of(ours, theirs).value);
    for (std::size_t from = 0; from + 2 * kBatch <= seeds; from += kBatch) {
      const Estimate p = ratio_of(part(ours, from), part(theirs, from));
      paired.add(p.low, p.high);
      const Estimate g = unpaired_ratio_of(part(ours, from), part(theirs, from + kBatch));
      groups.add(g.low, g.high);
    }
    print(name + ", factor of pairs", paired, ratio_of(ours, theirs).value, 0, "");
    print(name + ", factor of groups", groups, unpaired_ratio_of(ours, theirs).value, 0, "");
  }
}

void exponents(const std::vector<Measured>& sizes, const std::vector<double>& x, std::size_t seeds,
               const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto law_of = [&](std::size_t from, std::size_t to) {
      std::vector<Figures> y;
      for (const Measured& m : sizes) {
        const Figures& all = m.figures.at(name);
        y.emplace_back(all.begin() + static_cast<long>(from), all.begin() + static_cast<long>(to));
      }
      return power_law_of(x, y);
    };
    const PowerLaw truth = law_of(0, seeds);
    Coverage coverage(truth.exponent);
    for (std::size_t from = 0; from + kBatch <= seeds; from += kBatch) {
      const PowerLaw law = law_of(from, from + kBatch);
      if (law.samples >= 6) coverage.add(law.low, law.high);
    }
    print(name + " ~ n^", coverage, truth.exponent, 0, "");
  }
}

std::string with(std::string yaml, const std::string& what, const std::string& by) {
  yaml.replace(yaml.find(what), what.size(), by);
  return yaml;
}

/// Faults drawn from the seed, skewed figures: some seeds lose seconds, others nothing.
const std::string kDrawn =
    "version: 1\nname: drawn\nduration: 12s\n"
    "protocol: { name: pbft, replicas: 4 }\n"
    "network: { latency: { model: lognormal, median: 20ms, sigma: 0.6 }, loss: 1% }\n"
    "workload: { clients: 2, rate: 20 tx/s, warmup: 1s }\n"
    "timeline:\n"
    "  - { at: 3s..5s, for: 500ms..3s, one_of: [ { partition: halves }, { isolate: any(1) }, "
    "{ drop: 5%..60% }, { crash: any(1) } ] }\n"
    "expect:\n  - liveness: holds\n    within: 1500ms\n";
/// Quiet, but for the noise of its links: nearly normal figures.
const std::string kQuiet =
    "version: 1\nname: quiet\nduration: 8s\n"
    "protocol: { name: pbft, replicas: 4 }\n"
    "network: { latency: { model: lognormal, median: 20ms, sigma: 0.6 } }\n"
    "workload: { clients: 2, rate: 30 tx/s, warmup: 1s }\n";
/// Blocks that cross each other, and orphans: counts.
const std::string kMined =
    "version: 1\nname: mined\nduration: 12h\n"
    "protocol: { name: nakamoto, replicas: 8, options: { block_interval: 5min, confirmations: 2 } "
    "}\n"
    "network: { latency: { model: lognormal, median: 5s, sigma: 1 } }\n"
    "workload: { clients: 1, rate: 0.01 tx/s }\n"
    "timeline:\n  - { at: 4h, for: 1h, partition: halves }\n";

int run_all(std::size_t batches) {
  const std::size_t seeds = batches * kBatch;
  std::printf("%zu batches of %zu seeds a scenario; 95 %% is claimed\n", batches, kBatch);
  std::printf("  %-34s %10s  %7s\n", "figure", "median", "held");
  const std::vector<std::string> names{"commit_latency.mean", "commit_latency.p99",
                                       "messages.count"};
  std::printf("\ndrawn faults, pbft\n");
  const Measured drawn = measure(kDrawn, seeds);
  figures(drawn, seeds);
  shares(drawn, seeds);
  std::printf("\nquiet, pbft\n");
  std::vector<Measured> sizes{measure(kQuiet, seeds)};
  figures(sizes[0], seeds);
  std::printf("\nproof of work, with a partition\n");
  const Measured mined = measure(kMined, seeds);
  figures(mined, seeds);
  std::printf("\ndrawn faults, hotstuff against pbft\n");
  factors(measure(with(kDrawn, "pbft", "hotstuff"), seeds), drawn, seeds, names);
  std::printf("\nquiet, pbft with 4, 7 and 10 replicas\n");
  for (const char* n : {"7", "10"})
    sizes.push_back(measure(with(kQuiet, "replicas: 4", std::string("replicas: ") + n), seeds));
  exponents(sizes, {4, 7, 10}, seeds, names);
  std::printf("\n%s\n", wrong == 0 ? "all within 90 to 98 % (figures with ties: at least 90 %)"
                                   : "SOME ARE OUTSIDE");
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace byzlab

int main(int argc, char** argv) {
  const std::size_t batches = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200;
  if (batches < 20) {
    std::fputs("byzlab_interval_coverage [batches, at least 20]\n", stderr);
    return 64;
  }
  return byzlab::run_all(batches);
}
