// One function a command: plain options in, exit code out. Results go to stdout, all else to
// stderr.
#pragma once

#include "cli/arguments.h"
#include "cli/exit_codes.h"

namespace byzlab {

Exit execute(const RunArguments& arguments);
Exit execute(const SweepArguments& arguments);
Exit execute(const MergeArguments& arguments);
Exit execute(const CompareArguments& arguments);
Exit execute(const CheckArguments& arguments);
Exit execute(const ExplainArguments& arguments);
Exit execute(const SchemaArguments& arguments);
Exit execute(const ListArguments& arguments);
Exit execute(const ReplayArguments& arguments);
Exit execute(const RunsArguments& arguments);
Exit execute(const DiffArguments& arguments);
Exit execute(const ViewArguments& arguments);
Exit execute(const DemoArguments& arguments);
Exit execute(const NewArguments& arguments);
Exit execute(const ExportArguments& arguments);
Exit execute(const MetricsArguments& arguments);
Exit execute(const GrafanaArguments& arguments);
Exit execute(const VersionArguments& arguments);
Exit execute(const CompletionArguments& arguments);

}  // namespace byzlab
