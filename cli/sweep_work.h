// A sweep: one scenario over seeds, and over values of some keys, as pieces of work and as what
// they come to. Many seeds of one scenario are a sweep that varies nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/pieces.h"
#include "cli/prepare.h"
#include "observe/tally.h"

namespace byzlab {

/// What is to be swept. All of it stands in plan.json.
struct SweepPlan {
  std::vector<scenario::VariedKey> vary;
  /// The scenario with every combination of the values, the last key running fastest; just the
  /// scenario when nothing is varied.
  std::vector<Prepared> cells;
  scenario::Runs seeds;
};

/// The scenario's text with these keys varied, or its errors, printed.
std::optional<SweepPlan> plan_sweep(const std::string& text, const std::string& file,
                                    const std::vector<scenario::VariedKey>& vary,
                                    const RunArguments& arguments);

class Sweep {
 public:
  /// Both must outlive it.
  Sweep(const SweepPlan& plan, const RunArguments& arguments);
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;

  /// Refers to this sweep.
  PieceWork work();
  /// "good   pbft  n=4   5 s   seeds 1..6"
  std::string headline() const;
  /// Takes what became of the work and writes the results; text() and the rest are then known.
  void finish(PieceOutcome outcome);

  const SweepTally& tally() const { return tally_; }
  const SweepInfo& info() const { return info_; }
  std::string text() const;
  std::string json() const { return tally_json(tally_, info_); }
  /// As if it were one run, for JUnit and GitHub.
  Report report() const;
  Exit exit() const;

 private:
  struct Place {
    std::size_t cell;
    std::uint64_t seed;
  };
  Place place_of(std::uint64_t piece) const;
  std::string make(std::uint64_t piece) const;
  bool count(std::uint64_t piece, std::string_view line, bool now);
  void tell(Place place, const Report& report, const std::string& where);
  std::string failures_text(const Style& style) const;
  std::string again() const;
  void write(PieceOutcome& outcome);

  const SweepPlan& plan_;
  const RunArguments& arguments_;
  SweepTally tally_;
  SweepInfo info_;
  std::string pointers_;
  std::vector<std::string> failures_;  // lines, the first of them
  std::uint64_t told_ = 0, kept_ = 0;
  std::string news_;
};

/// Runs the sweep as the arguments say and prints it on the way. Throws ResultsError.
void run_sweep(Sweep& sweep, const RunArguments& arguments, Shard shard = {}, bool fresh = false);

}  // namespace byzlab
