#include "testbed/latency_of.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/overloaded.h"
#include "network/regions.h"
#include "testbed/scenario/text.h"

namespace byzlab {

namespace sc = scenario;

namespace {

DelayMatrix load_matrix(const sc::Scenario& scenario, const sc::MatrixLatency& latency) {
  if (!latency.preset.empty()) return cloud_region_delays();
  std::filesystem::path path = latency.file;
  if (path.is_relative()) path = std::filesystem::path(scenario.file).parent_path() / path;
  // A device or a pipe might never end.
  constexpr std::uintmax_t kMostBytes = 1'000'000;
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw std::runtime_error("the latency matrix " + path.string() + " is not a regular file");
  }
  if (std::filesystem::file_size(path, error) > kMostBytes) {
    throw std::runtime_error("the latency matrix " + path.string() + " is larger than 1 MB");
  }
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read the latency matrix " + path.string());
  std::string text(kMostBytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto parsed = parse_delay_matrix(text, MatrixUnit::one_way_ms);
  if (!parsed) throw std::runtime_error(path.string() + ": " + sc::visible(parsed.reason()));
  return *parsed;
}

std::size_t index_of(const DelayMatrix& matrix, const std::string& name) {
  if (const auto preset = find_cloud_region(name)) {
    const auto full = cloud_regions()[*preset].name;
    for (std::size_t i = 0; i < matrix.names.size(); ++i) {
      if (matrix.names[i] == full || matrix.names[i] == name) return i;
    }
  }
  for (std::size_t i = 0; i < matrix.names.size(); ++i) {
    if (matrix.names[i] == name) return i;
  }
  throw std::runtime_error("region " + name + " is not in the latency matrix");
}

LatencyModel matrix_model(const sc::Scenario& scenario, const sc::MatrixLatency& latency,
                          const std::vector<ReplicaId>& replica_of) {
  const DelayMatrix matrix = load_matrix(scenario, latency);
  // Without a map of regions replica i stands in region i, round and round.
  std::vector<std::uint16_t> by_replica;
  for (const auto& region : scenario.network.regions) {
    const auto index = static_cast<std::uint16_t>(index_of(matrix, region.name));
    by_replica.insert(by_replica.end(), region.replicas, index);
  }
  for (std::size_t i = by_replica.size(); i < scenario.protocol.replicas; ++i) {
    by_replica.push_back(static_cast<std::uint16_t>(i % matrix.names.size()));
  }
  std::vector<std::uint16_t> by_process;
  for (const ReplicaId r : replica_of) by_process.push_back(by_replica[r.value]);
  return LatencyModel(matrix, by_process);
}

double ms(Duration d) { return static_cast<double>(d.count()) * 1e-6; }

}  // namespace

LatencyModel latency_of(const sc::Scenario& scenario, const std::vector<ReplicaId>& replica_of) {
  using D = DelayDistribution;
  return std::visit(
      Overloaded{
          [](const sc::ConstantLatency& l) { return LatencyModel(D::constant(l.delay)); },
          [](const sc::UniformLatency& l) { return LatencyModel(D::uniform(l.min, l.max)); },
          [](const sc::NormalLatency& l) {
            return LatencyModel(D::normal(l.mean, l.stddev, l.min));
          },
          [](const sc::LognormalLatency& l) {
            return LatencyModel(D::lognormal(l.median, l.sigma, l.min));
          },
          [](const sc::ExponentialLatency& l) {
            return LatencyModel(D::exponential(l.mean, l.min));
          },
          [&](const sc::MatrixLatency& l) { return matrix_model(scenario, l, replica_of); },
      },
      scenario.network.latency);
}

std::string latency_text(const sc::Latency& latency) {
  return std::visit(
      Overloaded{
          [](const sc::ConstantLatency& l) { return fmt::format("constant {:g} ms", ms(l.delay)); },
          [](const sc::UniformLatency& l) {
            return fmt::format("uniform {:g} to {:g} ms", ms(l.min), ms(l.max));
          },
          [](const sc::NormalLatency& l) {
            return fmt::format("normal {:g} ± {:g} ms", ms(l.mean), ms(l.stddev));
          },
          [](const sc::LognormalLatency& l) {
            return fmt::format("lognormal, median {:g} ms, sigma {:g}", ms(l.median), l.sigma);
          },
          [](const sc::ExponentialLatency& l) {
            return fmt::format("exponential, mean {:g} ms", ms(l.mean));
          },
          [](const sc::MatrixLatency& l) {
            return "matrix " + (l.preset.empty() ? l.file : l.preset);
          },
      },
      latency);
}

}  // namespace byzlab
