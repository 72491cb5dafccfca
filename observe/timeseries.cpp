// timeseries.csv
#include "observe/timeseries.h"

#include <fmt/format.h>

#include "observe/numbers.h"

namespace byzlab {

std::string timeseries_csv(const Report& report) {
  std::string out =
      "t,height,lowest_height,view,committed_tx,throughput,latency_p50,messages,message_rate,bytes,"
      "dropped,view_changes,mempool,replicas_up,faults_active\n";
  SeriesRow before{};
  for (const auto& row : report.series) {
    const double span = exact_seconds(row.at - before.at);
    const auto rate = [&](std::uint64_t now, std::uint64_t then) {
      return span > 0 ? static_cast<double>(now - then) / span : 0.0;
    };
    out +=
        fmt::format("{},{},{},{},{},{:.6g},{:.9g},{},{:.6g},{},{},{},{},{},{}\n",
                    exact_seconds(row.at), row.height, row.lowest_height, row.view,
                    row.committed_tx, rate(row.committed_tx, before.committed_tx), row.latency_p50,
                    row.messages, rate(row.messages, before.messages), row.bytes, row.dropped,
                    row.view_changes, row.mempool, row.up, row.faults_active);
    before = row;
  }
  return out;
}

}  // namespace byzlab
