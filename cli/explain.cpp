// byzlab explain and byzlab schema: the manual in the terminal, and for editors.
#include <cstdio>

#include "cli/commands.h"
#include "cli/log.h"
#include "testbed/run.h"
#include "testbed/scenario/explain.h"

namespace byzlab {

Exit execute(const ExplainArguments& arguments) {
  const auto text = scenario::explain(arguments.key, catalogue());
  if (!text) {
    const auto guess = scenario::nearest_topic(arguments.key, catalogue());
    log_error("nothing called `" + arguments.key + "` to explain" +
              (guess ? "; did you mean `" + *guess + "`?" : ""));
    return Exit::usage;
  }
  std::fputs(text->c_str(), stdout);
  return Exit::ok;
}

Exit execute(const SchemaArguments&) {
  std::fputs(scenario::json_schema(catalogue()).c_str(), stdout);
  return Exit::ok;
}

}  // namespace byzlab
