// byzlab completion: scripts for shells, from the same description as the command line itself.
#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/log.h"

namespace byzlab {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Names of scenarios, for `run`, `sweep` and `check`.
constexpr std::string_view kNames = "$(byzlab list scenarios --names 2>/dev/null)";

std::string bash() {
  std::string names, cases;
  for (const auto& command : command_names()) {
    names += command.name + " ";
    const bool files = command.name == "run" || command.name == "sweep" || command.name == "check";
    std::string words = files ? " " + std::string(kNames) : "";
    if (command.name == "metrics") words = " lint";
    if (command.name == "grafana") words = " export";
    cases +=
        fmt::format("    {}) words=\"{}{}\" ;;\n", command.name, joined(command.options), words);
  }
  return fmt::format(R"(# byzlab completion for bash: source <(byzlab completion bash)
_byzlab() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words
  if [ "$COMP_CWORD" -eq 1 ]; then words="{}"; else case ${{COMP_WORDS[1]}} in
{}    *) words= ;;
  esac; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"; compgen -f -- "$current")
}}
complete -o filenames -F _byzlab byzlab
)",
                     names, cases);
}

std::string zsh() {
  return "#compdef byzlab\n# byzlab completion for zsh: source <(byzlab completion zsh)\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash();
}

std::string fish() {
  std::string text = "# byzlab completion for fish: byzlab completion fish | source\n";
  for (const auto& command : command_names()) {
    text += fmt::format("complete -c byzlab -n __fish_use_subcommand -a {} -d '{}'\n", command.name,
                        command.summary);
    for (const auto& option : command.options) {
      const bool is_long = option.starts_with("--");
      text += fmt::format("complete -c byzlab -n '__fish_seen_subcommand_from {}' -{} {}\n",
                          command.name, is_long ? "l" : "s", option.substr(is_long ? 2 : 1));
    }
  }
  return text +
         "complete -c byzlab -n '__fish_seen_subcommand_from run sweep check' -a "
         "'(byzlab list scenarios --names 2>/dev/null)'\n"
         "complete -c byzlab -n '__fish_seen_subcommand_from metrics' -a lint\n"
         "complete -c byzlab -n '__fish_seen_subcommand_from grafana' -a export\n";
}

}  // namespace

Exit execute(const CompletionArguments& arguments) {
  std::string text;
  if (arguments.shell == "bash") text = bash();
  if (arguments.shell == "zsh") text = zsh();
  if (arguments.shell == "fish") text = fish();
  if (text.empty()) {
    log_error("no completion for `" + arguments.shell + "`; there is bash, zsh and fish");
    return Exit::usage;
  }
  std::fputs(text.c_str(), stdout);
  return Exit::ok;
}

}  // namespace byzlab
