// byzlab demo: one attack, no file needed.
#include <cstdio>

#include "cli/appearance.h"
#include "cli/commands.h"
#include "cli/embedded.h"
#include "cli/log.h"
#include "cli/run_one.h"

namespace byzlab {

Exit execute(const DemoArguments& arguments) {
  for (const auto& demo : demos()) {
    if (demo.name != arguments.protocol) continue;
    const auto name = "demo-" + std::string(demo.name) + ".yaml";
    const auto prepared = prepare_text(demo.yaml, name, {.sets = {}, .seed = arguments.seed});
    if (!prepared) return Exit::internal;  // it is ours: it must load
    RunArguments how;
    how.look = arguments.look;
    const auto outcome = run_one(*prepared, prepared->first().seed.value_or(1), how,
                                 {.write_results = false, .seeds = {}});
    std::fputs((prepared->first().description + "\n" + outcome.text).c_str(), stdout);
    std::fputs("  next     byzlab new my-attack   then   byzlab run my-attack.yaml\n", stdout);
    return outcome.report.interrupted ? Exit::interrupted : exit_of(outcome.report.verdict);
  }
  std::string list;
  for (const auto& demo : demos())
    list += "\n  " + std::string(demo.name) + "  " + std::string(demo.summary);
  log_error("no demo `" + arguments.protocol + "`; there are" + list);
  return Exit::usage;
}

}  // namespace byzlab
