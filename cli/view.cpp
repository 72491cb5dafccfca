// byzlab view: the built-in page for finished runs; and the page of `run --serve`.
#include "cli/view.h"

#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/live_session.h"
#include "cli/log.h"
#include "observe/find_run.h"
#include "observe/json_document.h"
#include "observe/web_assets.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"

extern char** environ;

namespace byzlab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

void wait_for_interrupt() {
  while (!interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds{50});
}

/// In the user's browser, if there is a screen to show it on.
void open_browser(const std::string& url) {
  const auto is_set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  if (::isatty(STDOUT_FILENO) == 0 || (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY"))) return;
  std::string command = "xdg-open", argument = url;
  char* const words[] = {command.data(), argument.data(), nullptr};
  pid_t child = 0;
  ::posix_spawnp(&child, command.c_str(), nullptr, nullptr, words, environ);
}

void say_where(const std::string& url) {
  if (!web_built()) log_warning(std::string(no_web_text()));
  std::fputs((url + "\n").c_str(), stdout);
  std::fflush(stdout);
}

/// A run again with the same seed and one more fault.
class Forks {
 public:
  Forks(const Pages& pages, fs::path results) : pages_(pages), results_(std::move(results)) {}

  PageAnswer operator()(const PageRequest& request) {
    try {
      const auto parsed = json::parse(request.body);
      const auto& command = parsed.as_object();
      const auto& id = command.at("id").as_string();
      const auto folder = pages_.folder_of({id.data(), id.size()});
      if (!folder) return PageAnswer::refusal(404, "There is no such run.\n");
      const auto at = std::chrono::floor<std::chrono::microseconds>(
          std::chrono::duration<double>(command.at("at").to_number<double>()));
      return fork(*folder, kStart + at, fault_command(command));
    } catch (const std::invalid_argument& e) {
      return PageAnswer::refusal(400, std::string(e.what()) + "\n");
    } catch (const boost::system::system_error&) {
      return PageAnswer::refusal(400, "A fork is {\"id\":RUN,\"at\":SECONDS,\"command\":…}\n");
    } catch (const std::out_of_range&) {
      return PageAnswer::refusal(400, "A fork is {\"id\":RUN,\"at\":SECONDS,\"command\":…}\n");
    }
  }

 private:
  PageAnswer fork(const fs::path& folder, Time at, const FaultCommand& command) {
    const std::lock_guard lock(mutex_);  // one at a time
    std::ifstream in(folder / "summary.json", std::ios::binary);
    const auto summary = json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
    if (summary.at("transport").as_string() != "sim") {
      throw std::invalid_argument("A run over TCP happened once; it cannot be forked.");
    }
    const auto seed = summary.at("seed").to_number<std::uint64_t>();
    const auto lock_file = folder / "scenario.lock.yaml";
    const auto loaded = scenario::load_file(lock_file, catalogue(), {.sets = {}, .seed = seed});
    if (!loaded.scenario) throw std::invalid_argument("This byzlab cannot run that run again.");
    const auto forked = with_fault(*loaded.scenario, seed, at, command);
    const auto prepared = prepare_text(scenario::lock_text(forked.scenario), lock_file.string(),
                                       {.sets = {}, .seed = seed});
    if (!prepared) throw std::invalid_argument("This byzlab cannot run that run again.");
    RunArguments how;
    how.out = results_;
    how.progress = ProgressMode::none;
    const auto outcome = run_one(*prepared, seed, how, {});
    const auto id = outcome.folder->lexically_relative(results_).generic_string();
    return {.body = compact(json::object{{"ok", true}, {"id", id}, {"yaml", forked.yaml}}) + "\n"};
  }

  const Pages& pages_;
  fs::path results_;
  std::mutex mutex_;
};

}  // namespace

Exit execute(const ViewArguments& arguments) {
  const auto found = find_run(arguments.run, arguments.out);
  fs::path results = arguments.out;
  std::string address, shown;
  if (found) {
    // NAME/ID below some results folder, not always the one of this place.
    const auto folder = fs::canonical(found.folder);
    results = folder.parent_path().parent_path();
    shown = folder.lexically_relative(results).generic_string();
    address = "#id=" + shown;
  } else if (arguments.run != "latest" || !fs::is_directory(results)) {
    log_error(found.error);
    return Exit::usage;
  }
  Pages pages(results);
  if (arguments.interactive) {
    pages.serve_forks([forks = std::make_shared<Forks>(pages, results)](const PageRequest& r) {
      return (*forks)(r);
    });
  }
  try {
    const PageServer server(
        {.port = arguments.port.value_or(7070), .exactly_this = arguments.port.has_value()},
        [&](const PageRequest& request) { return pages.answer(request); });
    if (!shown.empty()) pages.prepare(shown);  // while the browser opens
    say_where(server.url() + address);
    if (arguments.open && web_built()) open_browser(server.url() + address);
    wait_for_interrupt();
    pages.give_up();
  } catch (const std::runtime_error& e) {
    log_error(e.what());
    return Exit::usage;
  }
  return Exit::ok;
}

std::optional<RunOutcome> run_on_page(const Prepared& prepared, std::uint64_t seed,
                                      const RunArguments& arguments, RunOneOptions options,
                                      const std::function<void(const RunOutcome&)>& done) {
  LiveSession session({.speed = arguments.pace,
                       .interactive = arguments.interactive,
                       .real_time = arguments.world == World::tcp,
                       .interrupt = &interrupted()});
  Pages pages(arguments.out, &session);
  pages.serve_metrics([&] { return session.metrics_text(); });
  if (arguments.interactive) {
    pages.serve_forks([forks = std::make_shared<Forks>(pages, arguments.out)](
                          const PageRequest& r) { return (*forks)(r); });
  }
  std::optional<PageServer> server;
  try {
    server.emplace(
        PageServer::Options{.port = *arguments.serve, .exactly_this = true},
        [&](const PageRequest& request) { return pages.answer(request); }, &session.feed);
  } catch (const std::runtime_error& e) {
    log_error(e.what());
    return std::nullopt;
  }
  log_info("live page  " + server->url() + "#id=live");
  options.live = &session;
  auto outcome = run_one(prepared, seed, arguments, options);
  const bool was_interrupted = interrupted();
  session.feed.finish(
      outcome.folder ? outcome.folder->lexically_relative(arguments.out).generic_string() : "");
  done(outcome);
  if (!was_interrupted) {
    log_info("The page stays until Ctrl-C.");
    wait_for_interrupt();
  }
  pages.give_up();
  return outcome;
}

}  // namespace byzlab
