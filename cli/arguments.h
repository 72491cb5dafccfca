// The command line as plain values, one struct a command.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_codes.h"
#include "observe/store_query.h"
#include "testbed/run.h"
#include "testbed/scenario/comparison.h"
#include "testbed/scenario/scenario.h"
#include "testbed/shard.h"

namespace byzlab {

enum class Format : std::uint8_t { text, json, junit, github };
enum class TraceLevel : std::uint8_t { none, violations, full };
enum class ProgressMode : std::uint8_t { automatic, bar, plain, none };

/// What all commands that print for people have.
struct Appearance {
  bool ascii = false;
  bool no_color = false;
};

/// What one of many runs may take.
struct RunLimits {
  std::uint64_t events = 10'000'000'000;
  std::chrono::milliseconds wall = std::chrono::minutes{10};
  std::uint64_t memory = 0;  ///< bytes; 0: its share of the machine's
};

struct RunArguments {
  std::vector<std::string> scenarios;  ///< files, names, globs
  std::optional<std::uint64_t> seed;
  std::optional<scenario::Runs> seeds;
  std::vector<std::string> sets;  ///< --duration and --name are sets too
  unsigned jobs = 0;              ///< 0: as many as there are cores
  std::filesystem::path out = "results";
  Format format = Format::text;
  TraceLevel trace = TraceLevel::violations;
  World world = World::sim;
  ProgressMode progress = ProgressMode::automatic;
  RunLimits limits;
  std::string verify;  ///< what its trace hash must start with; no results are written
  bool fail_fast = false, strict = false, keep_all = false;
  bool metrics_detail = false;                ///< a series for every replica, however many
  std::string metrics_compat;                 ///< "cometbft", or empty
  std::optional<std::uint16_t> metrics_port;  ///< of a server for Prometheus alone
  bool quiet = false, verbose = false;
  std::optional<std::uint16_t> serve;  ///< port of the live page
  std::optional<double> pace;          ///< simulated seconds a second; none: as fast as it goes
  bool interactive = false;            ///< the live page may change the run
  Appearance look;
};

struct SweepArguments {
  RunArguments run;                       ///< of one scenario
  std::vector<scenario::VariedKey> vary;  ///< every combination of the values
  Shard shard;
  bool fresh = false;            ///< nothing of an earlier, unfinished one
  std::filesystem::path resume;  ///< go on with this folder: it says what is to be done
};

struct MergeArguments {
  std::vector<std::filesystem::path> folders;
  std::filesystem::path out = "results";
  std::string format = "text";
  bool quiet = false;
  Appearance look;
};

struct CompareArguments {
  std::string file;                       ///< a comparison, or a scenario
  std::vector<scenario::VariedKey> vary;  ///< of a scenario
  std::optional<scenario::Runs> seeds;
  unsigned jobs = 0;  ///< 0: as many as there are cores
  std::filesystem::path out = "results";
  std::string format = "text";  ///< what stdout carries
  ProgressMode progress = ProgressMode::automatic;
  RunLimits limits;
  Shard shard;
  bool fresh = false;
  bool quiet = false;
  Appearance look;
};

struct CheckArguments {
  std::vector<std::string> scenarios;
  std::vector<std::string> sets;
  Format format = Format::text;
  bool strict = false;
  Appearance look;
};

struct ExplainArguments {
  std::string key;  ///< empty: the top level
};

struct SchemaArguments {};

struct ListArguments {
  std::string what;  ///< empty: everything there is to list
  bool json = false;
  bool names = false;  ///< only the names, for completion
};

struct ReplayArguments {
  std::string run = "latest";  ///< what find_run() understands
  std::filesystem::path out = "results";
  bool verify = false;
  std::optional<Duration> until;
  Appearance look;
};

enum class RunsFormat : std::uint8_t { text, json, csv, markdown };

struct RunsArguments {
  RunFilter filter;
  std::filesystem::path out = "results";
  RunsFormat format = RunsFormat::text;
  std::vector<std::string> columns;    ///< none: those that the format is for
  std::optional<std::uint64_t> limit;  ///< none: a screen of text, all of everything else
  bool rebuild = false;
  Appearance look;
};

struct DiffArguments {
  std::string a, b;  ///< what find_run() understands
  std::filesystem::path out = "results";
  bool messages = false;  ///< run both again although the recorded events differ
  bool all = false;       ///< every key and metric
  Format format = Format::text;
  Appearance look;
};

struct ViewArguments {
  std::string run = "latest";  ///< as find_run() reads it
  std::filesystem::path out = "results";
  std::optional<std::uint16_t> port;  ///< 7070, or a free one where that is taken
  bool open = true;                   ///< in a browser, where there is one
  bool interactive = false;           ///< POST may run a run again with one more fault
};

struct DemoArguments {
  std::string protocol = "pbft";
  std::optional<std::uint64_t> seed;
  Appearance look;
};

struct NewArguments {
  std::string name;
  std::string from = "partition";
};

struct ExportArguments {
  std::string run = "latest";
  std::string to;               ///< openmetrics, csv, perfetto, shiviz, svg
  std::optional<double> epoch;  ///< none: so that the run has just ended
  std::filesystem::path file;   ///< empty: stdout
  // Of the last three:
  Duration from{};                   ///< simulated time
  std::optional<Duration> until;     ///< none: the end of the run
  std::optional<std::size_t> limit;  ///< messages; none: what the form can show
  std::filesystem::path out = "results";
};

struct MetricsArguments {
  std::vector<std::string> paths;
};

struct GrafanaArguments {
  std::string folder;
};

struct VersionArguments {
  bool json = false;
};

struct CompletionArguments {
  std::string shell;
};

using Command =
    std::variant<RunArguments, SweepArguments, MergeArguments, CompareArguments, CheckArguments,
                 ExplainArguments, SchemaArguments, ListArguments, ReplayArguments, RunsArguments,
                 DiffArguments, ViewArguments, DemoArguments, NewArguments, ExportArguments,
                 MetricsArguments, GrafanaArguments, VersionArguments, CompletionArguments>;

/// A command, or the exit code when there is nothing left to do: help was printed, or what is wrong
/// with the command line.
std::variant<Command, Exit> parse_arguments(int argc, char** argv);

/// Names for completion: every command with its options.
struct CommandNames {
  std::string name, summary;
  std::vector<std::string> options;
};
std::vector<CommandNames> command_names();

}  // namespace byzlab
