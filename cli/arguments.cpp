// The command line, described for CLI11; the one file that includes it.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>

#include "base/quantity.h"
#include "cli/option_values.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab {
namespace {

constexpr const char* kFooter = R"(Exit codes
  0    every expectation met, including "the attack succeeds"
  1    at least one expectation failed
  2    inconclusive: something could not be decided or had no effect, or nothing ran
  64   wrong command line
  65   the scenario file is wrong; nothing was run
  70   internal error
  74   results could not be written
  130  interrupted; partial results kept and marked

Results go to stdout, progress and logs to stderr: byzlab run x.yaml --format json | jq .verdict)";

/// For every option that names a run.
constexpr const char* kRunWords =
    "A run: folder, latest, latest~1, a scenario's name, the start of an id or trace, s42";

/// Planned, so that a guess does not send people elsewhere.
constexpr std::array<std::string_view, 2> kLater{"shrink", "promote"};

/// Everything the command line can set, before it is known which command it is.
struct Everything {
  RunArguments run;
  SweepArguments sweep;
  MergeArguments merge;
  CompareArguments compare;
  CheckArguments check;
  ExplainArguments explain;
  ListArguments list;
  ReplayArguments replay;
  ViewArguments view;
  RunsArguments runs;
  DiffArguments diff;
  DemoArguments demo;
  NewArguments create;
  ExportArguments exported;
  MetricsArguments metrics;
  GrafanaArguments grafana;
  VersionArguments version;
  CompletionArguments completion;
  std::string seeds, duration, name, until, serve, pace, export_from, export_until;
  std::string max_wall, max_memory, shard;
  std::string compare_seeds, protocols;
  std::vector<std::string> vary;
  std::string columns;
  std::string metrics_what, grafana_what;
};

/// One of `all` by name, an error that lists them otherwise.
template <class Enum>
void choice(CLI::App* app, const std::string& flag, Enum& value,
            std::vector<std::pair<std::string, Enum>> all, const std::string& help) {
  std::string list;
  for (const auto& [name, unused] : all) list += (list.empty() ? "" : "|") + name;
  app->add_option_function<std::string>(
         flag,
         [&value, all, list](const std::string& text) {
           const auto found = std::find_if(all.begin(), all.end(),
                                           [&](const auto& pair) { return pair.first == text; });
           if (found == all.end()) throw CLI::ValidationError("`" + text + "` is none of " + list);
           value = found->second;
         },
         help)
      ->type_name(list);
}

/// A whole number from `low` to `high`. CLI11 would read -1 as 2^64 - 1.
template <class T>
CLI::Option* number(CLI::App* app, const std::string& flag, T& value, const std::string& help,
                    std::uint64_t low = 0, std::uint64_t high = kLargestNumber) {
  return app
      ->add_option_function<std::string>(
          flag,
          [&value, flag, low, high](const std::string& text) {
            const auto read = whole_number(text);
            if (!read || *read < low || *read > high) {
              const auto shown = flag.substr(flag.find("--"));
              throw CLI::ValidationError(shown + " " + number_wanted(text, low, high));
            }
            if constexpr (requires { *value; }) {
              value = static_cast<typename T::value_type>(*read);
            } else {
              value = static_cast<T>(*read);
            }
          },
          help)
      ->type_name("NUMBER");
}

void add_jobs(CLI::App* app, unsigned& jobs) {
  constexpr std::uint64_t kMostJobs = 4096;
  number(app, "-j,--jobs", jobs, "Runs side by side (default: all cores)", 1, kMostJobs);
}

void add_look(CLI::App* app, Appearance& look) {
  app->add_flag("--ascii", look.ascii, "No characters beyond ASCII");
  app->add_flag("--no-color", look.no_color,
                "No colour (NO_COLOR in the environment does the same)");
}

void add_progress(CLI::App* app, ProgressMode& progress) {
  choice<ProgressMode>(app, "--progress", progress,
                       {{"auto", ProgressMode::automatic},
                        {"bar", ProgressMode::bar},
                        {"plain", ProgressMode::plain},
                        {"none", ProgressMode::none}},
                       "How progress is shown on stderr");
}

/// What is the same of one run and of many.
void add_run_options(CLI::App* app, RunArguments& run, Everything& all) {
  app->add_option("--seeds", all.seeds, "These seeds, counted together")->type_name("FIRST..LAST");
  app->add_option("--set", run.sets, "Any key of the scenario; may be repeated")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->expected(1);
  app->add_option("--duration", all.duration, "Simulated time: 30s, 10min")->type_name("DURATION");
  add_jobs(app, run.jobs);
  app->add_option("-o,--out", run.out, "Results folder (default: results)")->type_name("DIR");
  app->add_option("--name", all.name, "Name of the run instead of the scenario's");
  choice<Format>(app, "--format", run.format,
                 {{"text", Format::text},
                  {"json", Format::json},
                  {"junit", Format::junit},
                  {"github", Format::github}},
                 "What stdout carries");
  add_progress(app, run.progress);
  choice<bool>(app, "--keep", run.keep_all, {{"failed", false}, {"all", true}},
               "Of many seeds, whose results folders to keep");
  app->add_flag("--fail-fast", run.fail_fast, "Stop at the first failure");
  app->add_flag("--strict", run.strict, "Warnings about the scenario are errors");
  app->add_flag("-q,--quiet", run.quiet, "Only the verdict");
  app->add_flag("-v,--verbose", run.verbose, "The whole story, and logs");
  add_look(app, run.look);
}

/// Of many runs: what each of them may take.
void add_limits(CLI::App* app, RunLimits& limits, Everything& all) {
  number(app, "--max-events", limits.events,
         "Stop a run after so many events (default: 10 billion; 0: never)");
  app->add_option("--max-wall", all.max_wall, "Stop a run after this real time (default: 10min)")
      ->type_name("DURATION");
  app->add_option("--max-memory", all.max_memory,
                  "Stop a run that needs more (default: the machine's, divided by -j)")
      ->type_name("SIZE");
}

void add_shard(CLI::App* app, bool& fresh, Everything& all) {
  app->add_option("--shard", all.shard, "Only the i-th of n parts; byzlab merge puts them together")
      ->type_name("I/N");
  app->add_flag("--fresh", fresh, "Begin anew instead of going on with what is unfinished");
}

void describe_run(CLI::App& root, Everything& all) {
  auto* app = root.add_subcommand("run", "Run attack scenarios: files, names, globs");
  auto& run = all.run;
  app->add_option("scenario", run.scenarios, "Scenario files, names (double-spend-51) or globs")
      ->required();
  number(app, "--seed", run.seed, "This seed instead of the file's");
  add_run_options(app, run, all);
  add_limits(app, run.limits, all);
  choice<TraceLevel>(app, "--trace", run.trace,
                     {{"none", TraceLevel::none},
                      {"violations", TraceLevel::violations},
                      {"full", TraceLevel::full}},
                     "What to keep of the messages; full: all, slow");
  choice<World>(app, "--transport", run.world, {{"sim", World::sim}, {"tcp", World::tcp}},
                "Virtual time, or real sockets on loopback in real time");
  app->add_option("--verify", run.verify, "Fail unless the trace has this hash; writes no results")
      ->type_name("HASH");
  app->add_option("--serve", all.serve, "Show the run on a live page (default 127.0.0.1:7070)")
      ->type_name("[127.0.0.1:]PORT")
      ->expected(0, 1)
      ->default_str("7070");
  app->add_option("--pace", all.pace, "Simulated against real time: 1x, 10x, max (default)")
      ->type_name("FACTOR");
  app->add_flag("--interactive", run.interactive,
                "The live page may pause the run and crash, isolate or turn replicas");
  app->add_flag("--metrics-detail", run.metrics_detail,
                "Metrics of every replica, also of more than 64, and of delays between regions");
  number(app, "--metrics-port", run.metrics_port,
         "Serve the metrics of a run on 127.0.0.1 while it goes on; 0: any free port", 0, 65'535);
  app->add_option("--metrics-compat", run.metrics_compat, "Metrics under another project's names")
      ->check(CLI::IsMember({"cometbft"}));
}

void describe_sweep(CLI::App& root, Everything& all) {
  auto* app = root.add_subcommand(
      "sweep", "The same scenario over seeds and values of keys: finds rare failures");
  auto& sweep = all.sweep;
  app->add_option("scenario", sweep.run.scenarios, "Scenario file or name");
  add_run_options(app, sweep.run, all);
  app->add_option("--vary", all.vary,
                  "Every one of these values; may be repeated: all combinations")
      ->type_name("KEY=A,B,C")
      ->take_all()
      ->expected(1);
  add_limits(app, sweep.run.limits, all);
  add_shard(app, sweep.fresh, all);
  app->add_option("--resume", sweep.resume, "Go on with an unfinished sweep, instead of a scenario")
      ->type_name("FOLDER");
}

void describe_merge(CLI::App& root, Everything& all) {
  auto* app = root.add_subcommand("merge", "Put the shards of a sweep or comparison together");
  auto& merge = all.merge;
  app->add_option("folder", merge.folders, "Results of the shards, or a folder that has them all")
      ->required();
  app->add_option("-o,--out", merge.out, "Results folder (default: results)")->type_name("DIR");
  choice<std::string>(app, "--format", merge.format, {{"text", "text"}, {"json", "json"}},
                      "What stdout carries");
  app->add_flag("-q,--quiet", merge.quiet, "Only the verdict");
  add_look(app, merge.look);
}

void describe_compare(CLI::App& root, Everything& all) {
  auto* app = root.add_subcommand(
      "compare", "Compare algorithms: a file of kind comparison, or a scenario over protocols");
  auto& compare = all.compare;
  app->add_option("file", compare.file, "Comparison file, or a scenario with --protocols")
      ->required();
  app->add_option("--protocols", all.protocols, "Run the scenario with each of these")
      ->type_name("A,B,C");
  app->add_option("--vary", all.vary, "Run the scenario with each of these values; may be repeated")
      ->type_name("KEY=A,B,C")
      ->take_all()
      ->expected(1);
  app->add_option("--seeds", all.compare_seeds, "These seeds instead of the file's")
      ->type_name("FIRST..LAST");
  add_jobs(app, compare.jobs);
  app->add_option("-o,--out", compare.out, "Results folder (default: results)")->type_name("DIR");
  choice<std::string>(app, "--format", compare.format,
                      {{"text", "text"},
                       {"json", "json"},
                       {"markdown", "markdown"},
                       {"csv", "csv"},
                       {"latex", "latex"}},
                      "What stdout carries");
  add_progress(app, compare.progress);
  add_limits(app, compare.limits, all);
  add_shard(app, compare.fresh, all);
  app->add_flag("-q,--quiet", compare.quiet, "Only the verdict");
  add_look(app, compare.look);
}

void describe_metrics(CLI::App& root, Everything& all) {
  auto* exported = root.add_subcommand("export", "A run's data for other programs");
  exported->add_option("run", all.exported.run, kRunWords);
  exported
      ->add_option("--to", all.exported.to,
                   "openmetrics: history for Prometheus; csv: the time series; a window of "
                   "messages: perfetto (ui.perfetto.dev), shiviz, svg")
      ->check(CLI::IsMember({"openmetrics", "csv", "perfetto", "shiviz", "svg"}))
      ->required();
  exported
      ->add_option("--epoch", all.exported.epoch,
                   "Unix time of the run's start (default: it has just ended)")
      ->type_name("SECONDS");
  exported->add_option("--from", all.export_from, "Begin of the window (default: of the run)")
      ->type_name("TIME");
  exported->add_option("--until", all.export_until, "End of the window (default: of the run)")
      ->type_name("TIME");
  number(exported, "--limit", all.exported.limit, "Most messages of the window", 1, 5'000'000);
  exported->add_option("--file", all.exported.file, "Written there instead of stdout");
  exported->add_option("-o,--out", all.exported.out, "Where results are (default: results)");

  auto* metrics =
      root.add_subcommand("metrics", "metrics lint PATH…: names in dashboards and rules");
  metrics->add_option("what", all.metrics_what, "lint")->required()->check(CLI::IsMember({"lint"}));
  metrics->add_option("path", all.metrics.paths, "Files or folders")->required();

  auto* grafana =
      root.add_subcommand("grafana", "grafana export DIR: dashboards, rules and what starts them");
  grafana->add_option("what", all.grafana_what, "export")
      ->required()
      ->check(CLI::IsMember({"export"}));
  grafana->add_option("folder", all.grafana.folder, "Made if it is not there")->required();
}

void describe_others(CLI::App& root, Everything& all) {
  auto* check = root.add_subcommand("check", "Validate scenario files; nothing is run");
  check->add_option("scenario", all.check.scenarios, "Scenario files, names or globs")->required();
  check->add_option("--set", all.check.sets, "Laid over the file, as run does")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->expected(1);
  choice<Format>(check, "--format", all.check.format,
                 {{"text", Format::text}, {"json", Format::json}, {"github", Format::github}},
                 "How errors are printed");
  check->add_flag("--strict", all.check.strict, "Warnings are errors");
  add_look(check, all.check.look);

  auto* explain = root.add_subcommand(
      "explain", "A key of the language or an error code: explain network.latency, explain E131");
  explain->add_option("key", all.explain.key, "Empty: the top level");

  root.add_subcommand("schema", "The JSON Schema of scenario files, for editors");

  auto* list = root.add_subcommand("list", "What there is");
  list->add_option(
      "what", all.list.what,
      "protocols behaviors faults topologies latencies metrics properties prometheus scenarios");
  list->add_flag("--json", all.list.json, "As a JSON document");
  list->add_flag("--names", all.list.names, "Only the names, one a line");

  auto* replay = root.add_subcommand("replay", "Run a results folder again, event for event");
  replay->add_option("run", all.replay.run, kRunWords);
  replay->add_option("-o,--out", all.replay.out, "Results folder (default: results)")
      ->type_name("DIR");
  replay->add_flag("--verify", all.replay.verify, "Only compare the trace hash");
  replay->add_option("--until", all.until, "Print the events up to this moment")->type_name("TIME");
  add_look(replay, all.replay.look);

  auto* view = root.add_subcommand("view", "Look at runs in the built-in page");
  view->add_option("run", all.view.run, kRunWords);
  view->add_option("-o,--out", all.view.out, "Results folder (default: results)")->type_name("DIR");
  number(view, "--port", all.view.port, "On 127.0.0.1 (default: 7070, or a free one)", 0, 65'535);
  view->add_flag("!--no-open", all.view.open, "Only print the address, open no browser");
  view->add_flag("--interactive", all.view.interactive,
                 "The page may run a run again with one more fault");

  auto* demo = root.add_subcommand("demo", "One attack, no file needed");
  demo->add_option("protocol", all.demo.protocol, "pbft (default), streamlet or nakamoto");
  number(demo, "--seed", all.demo.seed, "Another seed");
  add_look(demo, all.demo.look);

  auto* create = root.add_subcommand("new", "Write a commented scenario to start from");
  create->add_option("name", all.create.name, "Its name; the file is NAME.yaml")->required();
  create->add_option("--from", all.create.from, "Template (default: partition)");

  describe_metrics(root, all);

  auto* version = root.add_subcommand("version", "Which byzlab this is");
  version->add_flag("--json", all.version.json, "As a JSON document");

  auto* completion = root.add_subcommand("completion", "Completion script for a shell");
  completion->add_option("shell", all.completion.shell, "bash, zsh or fish")->required();
}

void describe_runs(CLI::App& root, Everything& all) {
  auto& runs = all.runs;
  auto* app =
      root.add_subcommand("runs", "The list of all runs, newest first, and questions to it");
  app->add_option("name", runs.filter.name,
                  "Only this scenario or comparison; * and ? are allowed");
  app->add_option("--verdict", runs.filter.verdict, "pass, fail or inconclusive")
      ->check(CLI::IsMember({"pass", "fail", "inconclusive"}))
      ->type_name("VERDICT");
  app->add_option("--protocol", runs.filter.protocol, "Only this protocol");
  number(app, "-n,--replicas", runs.filter.n, "Only this number of replicas", 1, 100'000);
  number(app, "--seed", runs.filter.seed, "Only this seed, alone or among others");
  app->add_option("--kind", runs.filter.kind, "Only these: run, seeds, sweep or comparison")
      ->check(CLI::IsMember({"run", "seeds", "sweep", "comparison"}))
      ->type_name("KIND");
  app->add_option("--where", runs.filter.where,
                  "An SQL expression: \"verdict = 'fail' and n >= 7\" (docs/results.md)")
      ->type_name("EXPRESSION");
  app->add_flag("--each", runs.filter.each, "Every run of sweeps and comparisons, too");
  app->add_option("--columns", all.columns, "These columns")->type_name("A,B,C");
  number(app, "--limit", runs.limit, "At most so many (default: 25 as text, else all); 0: all");
  choice<RunsFormat>(app, "--format", runs.format,
                     {{"text", RunsFormat::text},
                      {"json", RunsFormat::json},
                      {"csv", RunsFormat::csv},
                      {"markdown", RunsFormat::markdown}},
                     "What stdout carries");
  app->add_flag("--rebuild", runs.rebuild, "Make results/index.sqlite anew from the folders");
  app->add_option("-o,--out", runs.out, "Results folder (default: results)")->type_name("DIR");
  add_look(app, runs.look);
}

void describe_diff(CLI::App& root, Everything& all) {
  auto& diff = all.diff;
  auto* app = root.add_subcommand(
      "diff", "Where two runs part, and what came of it; exit code 0: they are the same, 1: not");
  app->add_option("a", diff.a, kRunWords)->required();
  app->add_option("b", diff.b, "Another one")->required();
  app->add_flag("--messages", diff.messages,
                "Run both again for the first delivery that differs (done anyway when the recorded "
                "events do not show it)");
  app->add_flag("--all", diff.all, "Every key and metric that differs");
  choice<Format>(app, "--format", diff.format, {{"text", Format::text}, {"json", Format::json}},
                 "What stdout carries");
  app->add_option("-o,--out", diff.out, "Results folder (default: results)")->type_name("DIR");
  add_look(app, diff.look);
}

std::unique_ptr<CLI::App> describe(Everything& all) {
  auto app = std::make_unique<CLI::App>(
      "byzlab: a testbed where consensus protocols are attacked, compared and understood",
      "byzlab");
  app->require_subcommand(0, 1);
  app->allow_extras();
  describe_run(*app, all);
  describe_sweep(*app, all);
  describe_merge(*app, all);
  describe_compare(*app, all);
  describe_runs(*app, all);
  describe_diff(*app, all);
  describe_others(*app, all);
  for (auto* command : app->get_subcommands({})) {
    command->allow_extras();
    command->footer(kFooter);
  }
  app->footer(kFooter);
  return app;
}

Exit wrong(const std::string& what) {
  std::cerr << "byzlab: " << what << "\n";
  return Exit::usage;
}

std::string guess(std::string_view wrong_name, const std::vector<std::string>& right) {
  const auto found = scenario::nearest(wrong_name, right);
  return found ? "; did you mean `" + *found + "`?" : "";
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> list;
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) list.push_back("--" + name);
    for (const auto& name : option->get_snames()) list.push_back("-" + name);
  }
  return list;
}

Exit wrong_command(const std::string& name, const CLI::App& app) {
  if (std::find(kLater.begin(), kLater.end(), name) != kLater.end())
    return wrong("`" + name + "` is not available yet");
  if (name.starts_with('-'))
    return wrong("unknown option `" + name + "`" + guess(name, option_names(app)));
  std::vector<std::string> commands;
  for (const auto* command : app.get_subcommands({})) commands.push_back(command->get_name());
  return wrong("unknown command `" + name + "`" + guess(name, commands) +
               (guess(name, commands).empty() ? "; see byzlab --help" : ""));
}

/// What a command did not understand.
std::optional<Exit> leftovers(const CLI::App& command) {
  for (const auto& word : command.remaining()) {
    const auto name = word.substr(0, word.find('='));
    if (name.starts_with('-'))
      return wrong("`" + command.get_name() + "` has no option `" + name + "`" +
                   guess(name, option_names(command)));
    return wrong("`" + command.get_name() + "` does not know what to do with `" + word + "`");
  }
  return std::nullopt;
}

/// --serve, --pace and --interactive.
std::optional<Exit> finish_live(Everything& all) {
  auto& run = all.run;
  if (!all.serve.empty()) {
    run.serve = loopback_port(all.serve);
    if (!run.serve)
      return wrong("--serve wants a port of this machine, 7070 or 127.0.0.1:7070, not `" +
                   all.serve + "`: the page is for nobody else");
  }
  if (!all.pace.empty() && all.pace != "max") {
    run.pace = pace_factor(all.pace);
    if (!run.pace) return wrong("--pace wants 1x, 10x, 0.1x or max, not `" + all.pace + "`");
    if (run.world == World::tcp) return wrong("--pace: over TCP a run happens in real time");
  }
  if ((run.interactive || !all.pace.empty()) && !run.serve)
    return wrong("--pace and --interactive are for a live page: they want --serve");
  if (run.interactive && run.world == World::tcp)
    return wrong("--interactive: over TCP a run happens once and cannot be repeated");
  if (run.serve && (run.seeds || run.scenarios.size() > 1 || !run.verify.empty()))
    return wrong("--serve shows one run: one scenario, one seed, no --verify");
  return std::nullopt;
}

/// Values of a list; a comma in brackets belongs to a value.
std::vector<std::string> listed_values(std::string_view text) {
  std::vector<std::string> values{""};
  int depth = 0;
  for (const char c : text) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (c == ',' && depth == 0) {
      values.emplace_back();
    } else if (c != ' ' || !values.back().empty()) {
      values.back() += c;
    }
  }
  return values;
}

std::optional<Exit> finish_vary(const Everything& all, std::vector<scenario::VariedKey>& vary) {
  for (const auto& text : all.vary) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
      return wrong("--vary wants KEY=A,B,C, not `" + text + "`");
    vary.push_back({text.substr(0, equals), listed_values(text.substr(equals + 1))});
  }
  return std::nullopt;
}

std::optional<Exit> finish_limits(const Everything& all, RunLimits& limits) {
  if (!all.max_wall.empty()) {
    const auto parsed = parse_duration(all.max_wall);
    if (!parsed) return wrong("--max-wall: " + parsed.reason());
    limits.wall = std::chrono::duration_cast<std::chrono::milliseconds>(*parsed);
  }
  if (!all.max_memory.empty()) {
    const auto parsed = parse_bytes(all.max_memory);
    if (!parsed) return wrong("--max-memory: " + parsed.reason());
    limits.memory = *parsed;
  }
  return std::nullopt;
}

/// "2/4"
std::optional<Exit> finish_shard(const Everything& all, Shard& shard) {
  if (all.shard.empty()) return std::nullopt;
  const auto slash = all.shard.find('/');
  const auto index = whole_number(std::string_view(all.shard).substr(0, slash));
  const auto of = slash == std::string::npos
                      ? std::nullopt
                      : whole_number(std::string_view(all.shard).substr(slash + 1));
  if (!index || !of || *index < 1 || *index > *of || *of > kMostShards)
    return wrong("--shard wants I/N such as 1/8, not `" + all.shard + "`");
  shard = {.index = *index, .of = *of};
  return std::nullopt;
}

/// What is wrong with the text options that `run` and `sweep` share; none if nothing is.
std::optional<Exit> finish_shared(Everything& all, RunArguments& run) {
  if (!all.seeds.empty()) {
    run.seeds = seed_range(all.seeds);
    if (!run.seeds) return wrong("--seeds " + seeds_wanted(all.seeds));
  }
  for (const auto& set : run.sets)
    if (set.find('=') == std::string::npos || set.starts_with('='))
      return wrong("--set wants KEY=VALUE, not `" + set + "`");
  if (!all.duration.empty()) run.sets.push_back("duration=" + all.duration);
  if (!all.name.empty()) run.sets.push_back("name=" + all.name);
  if (run.quiet && run.verbose) return wrong("-q and -v exclude each other");
  return finish_limits(all, run.limits);
}

std::variant<Command, Exit> finish_run(Everything& all) {
  auto& run = all.run;
  if (const auto code = finish_shared(all, run)) return *code;
  if (run.seed && run.seeds) return wrong("--seed and --seeds exclude each other");
  if (!run.verify.empty() &&
      (run.verify.size() < 8 || run.verify.size() > 16 || !whole_number(run.verify, 16)))
    return wrong("--verify wants 8 to 16 hex digits of a trace hash, not `" + run.verify + "`");
  if (const auto code = finish_live(all)) return *code;
  return Command{run};
}

std::variant<Command, Exit> finish_sweep(Everything& all) {
  auto& sweep = all.sweep;
  if (const auto code = finish_shared(all, sweep.run)) return *code;
  if (const auto code = finish_vary(all, sweep.vary)) return *code;
  if (const auto code = finish_shard(all, sweep.shard)) return *code;
  if (sweep.run.scenarios.empty() == sweep.resume.empty())
    return wrong("sweep wants a scenario, or --resume FOLDER");
  return Command{sweep};
}

std::variant<Command, Exit> finish_compare(Everything& all) {
  auto& compare = all.compare;
  if (!all.compare_seeds.empty()) {
    compare.seeds = seed_range(all.compare_seeds);
    if (!compare.seeds) return wrong("--seeds " + seeds_wanted(all.compare_seeds));
  }
  if (!all.protocols.empty()) all.vary.insert(all.vary.begin(), "protocol=" + all.protocols);
  if (const auto code = finish_vary(all, compare.vary)) return *code;
  if (const auto code = finish_limits(all, compare.limits)) return *code;
  if (const auto code = finish_shard(all, compare.shard)) return *code;
  return Command{compare};
}

std::variant<Command, Exit> finish_replay(Everything& all) {
  auto& replay = all.replay;
  if (!all.until.empty()) {
    const auto parsed = parse_duration(all.until);
    if (!parsed) return wrong("--until: " + parsed.reason());
    replay.until = *parsed;
  }
  return Command{replay};
}

std::variant<Command, Exit> finish_export(Everything& all) {
  auto& exported = all.exported;
  const bool is_window = exported.to != "openmetrics" && exported.to != "csv";
  if (!is_window && (!all.export_from.empty() || !all.export_until.empty() || exported.limit))
    return wrong("--from, --until and --limit choose messages: --to perfetto, shiviz or svg");
  if (exported.to != "openmetrics" && exported.epoch) return wrong("--epoch is for openmetrics");
  if (exported.epoch && !std::isfinite(*exported.epoch))
    return wrong("--epoch wants a Unix time in seconds");
  if (!all.export_from.empty()) {
    const auto parsed = parse_duration(all.export_from);
    if (!parsed) return wrong("--from: " + parsed.reason());
    exported.from = *parsed;
  }
  if (!all.export_until.empty()) {
    const auto parsed = parse_duration(all.export_until);
    if (!parsed) return wrong("--until: " + parsed.reason());
    exported.until = *parsed;
  }
  return Command{exported};
}

std::variant<Command, Exit> chosen(const std::string& name, Everything& all) {
  if (name == "run") return finish_run(all);
  if (name == "sweep") return finish_sweep(all);
  if (name == "merge") return Command{all.merge};
  if (name == "compare") return finish_compare(all);
  if (name == "check") return Command{all.check};
  if (name == "explain") return Command{all.explain};
  if (name == "schema") return Command{SchemaArguments{}};
  if (name == "list") return Command{all.list};
  if (name == "replay") return finish_replay(all);
  if (name == "view") return Command{all.view};
  if (name == "runs") {
    if (!all.columns.empty()) all.runs.columns = scenario::split(all.columns, ',');
    return Command{all.runs};
  }
  if (name == "diff") return Command{all.diff};
  if (name == "demo") return Command{all.demo};
  if (name == "new") return Command{all.create};
  if (name == "export") return finish_export(all);
  if (name == "metrics") return Command{all.metrics};
  if (name == "grafana") return Command{all.grafana};
  if (name == "version") return Command{all.version};
  return Command{all.completion};
}

}  // namespace

std::variant<Command, Exit> parse_arguments(int argc, char** argv) {
  Everything all;
  const auto app = describe(all);
  bool version = false;
  app->add_flag("--version", version, "Which byzlab this is");
  try {
    app->parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help
    app->exit(e, std::cout, std::cerr);
    return Exit::ok;
  } catch (const CLI::ParseError& e) {
    for (const auto* command : app->get_subcommands())
      if (const auto code = leftovers(*command)) return *code;
    return wrong(e.what());
  }
  if (version) return Command{VersionArguments{}};
  const auto commands = app->get_subcommands();
  if (!app->remaining().empty()) return wrong_command(app->remaining().front(), *app);
  if (commands.empty()) {
    std::cerr << app->help();
    return Exit::usage;
  }
  if (const auto code = leftovers(*commands.front())) return *code;
  return chosen(commands.front()->get_name(), all);
}

std::vector<CommandNames> command_names() {
  Everything all;
  const auto app = describe(all);
  std::vector<CommandNames> list;
  for (const auto* command : app->get_subcommands({}))
    list.push_back({command->get_name(), command->get_description(), option_names(*command)});
  return list;
}

}  // namespace byzlab
