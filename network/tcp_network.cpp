#include "network/tcp_network.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cassert>
#include <chrono>
#include <deque>
#include <queue>
#include <stdexcept>
#include <variant>

#include "network/corruption.h"

namespace byzlab {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// The other end of `socket`. Both ends are ours, so that the pair of ports tells who it is: any
/// program on this machine may connect to the listening port, and whoever else did is closed.
asio::ip::tcp::socket accept_from(asio::ip::tcp::acceptor& acceptor,
                                  const asio::ip::tcp::socket& socket) {
  const auto ours = socket.local_endpoint();
  for (;;) {
    asio::ip::tcp::socket accepted = acceptor.accept();
    boost::system::error_code gone;  // a stranger that has left again
    if (accepted.remote_endpoint(gone) == ours && !gone) return accepted;
  }
}

using SharedBytes = std::shared_ptr<const Bytes>;

constexpr std::size_t kFrameHeader = 4;
constexpr std::size_t kEnvelope = 4 + 64;  // author, signature
constexpr std::size_t kLongestFrame = std::size_t{64} << 20;

/// The sending end of a connection: frames wait in one buffer while another is being written.
class Outgoing {
 public:
  explicit Outgoing(tcp::socket socket) : socket_(std::move(socket)) {
    socket_.set_option(tcp::no_delay(true));
  }
  void write(const Bytes& frame) {
    waiting_.insert(waiting_.end(), frame.begin(), frame.end());
    if (writing_.empty()) flush();
  }

 private:
  void flush() {
    writing_.swap(waiting_);
    asio::async_write(socket_, asio::buffer(writing_), [this](auto error, std::size_t) {
      writing_.clear();
      if (!error && !waiting_.empty()) flush();
    });
  }

  tcp::socket socket_;
  Bytes waiting_, writing_;
};

}  // namespace

class TcpNetwork::Mesh {
 public:
  explicit Mesh(SimNetworkParts parts);
  ~Mesh();

  Time now() const {
    return kStart +
           std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - origin_);
  }
  void send(ProcessId from, ProcessId to, Message& m, Time leave);
  void broadcast(ProcessId from, Message& m, Time leave);
  void changed(ProcessId p, ReplicaState::Now now) {
    if (now == ReplicaState::Now::crashed) empty_uplink(p);
  }
  void plan(Time when, std::variant<ProcessId, Task> what);
  void run_until(Time end, Receiver& receiver);
  void stop() { io_.stop(); }
  std::size_t pending() const { return due_.size() + uplinks_.waiting(); }
  UplinkState uplink(ProcessId p) const { return uplinks_.state(p); }

  NetworkCounters counters;
  std::uint64_t events = 0;
  PacketWatcher* watcher = nullptr;
  Transit arriving;  // the packet being delivered

 private:
  /// A frame on its way to the socket.
  struct Departure {
    ProcessId from, to;
    SharedBytes frame;
    Time sent;
  };
  struct Due {
    Time when;
    std::uint64_t order;
    std::variant<ProcessId, Task, Departure> what;
    bool operator>(const Due& other) const {
      return std::tie(when, order) > std::tie(other.when, other.order);
    }
  };
  /// The receiving end of a connection.
  struct Incoming {
    tcp::socket socket;
    ProcessId from, at;
    Bytes buffer;
    std::array<std::byte, 16384> chunk;
  };

  void count_sent(const Message& m, std::uint64_t packets);
  void transmit(ProcessId from, std::span<const ProcessId> to, Message& m, Time leave);
  void give(ProcessId from, Uplinks::Load load, Time leave);
  void leave_uplink();
  void empty_uplink(ProcessId p);
  void connect_all(std::uint32_t processes);
  void read(Incoming& in);
  bool take_frames(Incoming& in);
  void receive(const Incoming& in, std::span<const std::byte> frame);
  SharedBytes frame_of(const Message& m, std::uint64_t corruption) const;
  void leave_at(Time when, const Departure& departure);
  void write(const Departure& departure);
  void handle_due();
  void set_alarm();
  std::size_t connection(ProcessId from, ProcessId to) const {
    return from.value * overlay_.processes() + to.value;
  }

  MessageStore& store_;
  FaultInjector& injector_;
  LatencyModel latency_;
  Overlay overlay_;
  Uplinks uplinks_;
  std::uint64_t seed_;
  HashScheme scheme_;

  asio::io_context io_{1};
  std::chrono::steady_clock::time_point origin_;
  std::vector<std::unique_ptr<Outgoing>> outgoing_;  // from × to
  std::vector<std::deque<Time>> on_the_wire_;        // from × to, when somebody watches: sent
  std::vector<std::unique_ptr<Incoming>> incoming_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::uint64_t next_order_ = 0;
  asio::steady_timer alarm_{io_};
  Time end_ = kStart;
  bool reading_ = false;
  Receiver* receiver_ = nullptr;
  std::uint64_t next_id_ = 1;
  std::uint64_t loads_ = 0;
  std::vector<Time> arrivals_;
  std::vector<Fates::Copy> copies_;
};

TcpNetwork::Mesh::Mesh(SimNetworkParts parts)
    : store_(*parts.store),
      injector_(*parts.injector),
      latency_(std::move(parts.latency)),
      overlay_(std::move(parts.overlay)),
      uplinks_(std::move(parts.uplinks)),
      seed_(parts.seed),
      scheme_(parts.scheme),
      arrivals_(overlay_.processes()) {
  if (!overlay_.is_full()) {
    throw std::runtime_error("over TCP the topology is `full`: no other overlay is available yet");
  }
  try {
    connect_all(overlay_.processes());
  } catch (const boost::system::system_error& e) {
    throw std::runtime_error(std::string("cannot connect the replicas over loopback: ") + e.what());
  }
  origin_ = std::chrono::steady_clock::now();
}

TcpNetwork::Mesh::~Mesh() {
  for (std::uint32_t p = 0; p < overlay_.processes(); ++p) {
    uplinks_.empty(ProcessId(p), overlay_, now(), [&](const Uplinks::Packet& packet) {
      if (packet.last) store_.release(packet.message);
    });
  }
}

void TcpNetwork::Mesh::connect_all(std::uint32_t processes) {
  const auto loopback = asio::ip::address_v4::loopback();
  outgoing_.resize(std::size_t{processes} * processes);
  on_the_wire_.resize(outgoing_.size());
  for (std::uint32_t to = 0; to < processes; ++to) {
    tcp::acceptor acceptor(io_, tcp::endpoint(loopback, 0));
    for (std::uint32_t from = 0; from < processes; ++from) {
      if (from == to) continue;
      tcp::socket socket(io_);
      socket.connect(acceptor.local_endpoint());
      incoming_.push_back(std::make_unique<Incoming>(
          Incoming{accept_from(acceptor, socket), ProcessId(from), ProcessId(to), {}, {}}));
      outgoing_[from * processes + to] = std::make_unique<Outgoing>(std::move(socket));
    }
  }
}

void TcpNetwork::Mesh::run_until(Time end, Receiver& receiver) {
  receiver_ = &receiver;
  end_ = end;
  if (!std::exchange(reading_, true)) {
    for (auto& in : incoming_) read(*in);
  }
  set_alarm();
  io_.restart();
  io_.run();
}

// What waits for its time: wake-ups, tasks, frames, packets in uplinks; and the end of the run.
void TcpNetwork::Mesh::set_alarm() {
  const Time next = std::min({end_, uplinks_.next(), due_.empty() ? end_ : due_.top().when});
  alarm_.expires_at(origin_ + (next - kStart));
  alarm_.async_wait([this](auto error) {
    if (!error) handle_due();
  });
}

void TcpNetwork::Mesh::handle_due() {
  while (!io_.stopped()) {
    const Time next = due_.empty() ? kNever : due_.top().when;
    if (std::min(next, uplinks_.next()) > now()) break;
    if (uplinks_.next() < next) {
      leave_uplink();
      continue;
    }
    // top() is const only to protect the order, which the entry's content is no part of.
    auto what = std::move(const_cast<Due&>(due_.top()).what);
    due_.pop();
    ++events;
    if (auto* process = std::get_if<ProcessId>(&what)) {
      receiver_->woken(now(), *process);
    } else if (auto* task = std::get_if<Task>(&what)) {
      (*task)();
    } else {
      write(std::get<Departure>(what));
    }
  }
  if (now() >= end_) {
    io_.stop();
  } else if (!io_.stopped()) {
    set_alarm();
  }
}

void TcpNetwork::Mesh::plan(Time when, std::variant<ProcessId, Task> what) {
  const bool sooner = due_.empty() || when < due_.top().when;
  std::visit([&](auto& w) { due_.push(Due{when, next_order_++, std::move(w)}); }, what);
  if (sooner && receiver_ != nullptr) set_alarm();
}

void TcpNetwork::Mesh::count_sent(const Message& m, std::uint64_t packets) {
  auto& kind = counters.kind[m.kind().value];
  kind.sent += packets;
  kind.sent_bytes += packets * m.bytes();
}

void TcpNetwork::Mesh::send(ProcessId from, ProcessId to, Message& m, Time leave) {
  count_sent(m, 1);
  const ProcessId target[1] = {to};
  if (uplinks_.unlimited()) {
    transmit(from, target, m, leave);
  } else {
    give(from, {.message = &m, .to = to}, leave);
  }
}

void TcpNetwork::Mesh::broadcast(ProcessId from, Message& m, Time leave) {
  const std::uint32_t packets = overlay_.degree(from);
  count_sent(m, packets);
  if (uplinks_.unlimited()) {
    transmit(from, overlay_.neighbors(from), m, leave);
  } else {
    give(from, {.message = &m, .packets = packets}, leave);
  }
}

void TcpNetwork::Mesh::give(ProcessId from, Uplinks::Load load, Time leave) {
  if (load.packets == 0) return;
  store_.hold(load.message);
  const Time next = uplinks_.next();
  uplinks_.give(from, load, overlay_, mix(seed_, 0x10AD, ++loads_), leave);
  if (uplinks_.next() < next && receiver_ != nullptr) set_alarm();
}

// Late or not, a packet has left when its last bit was due.
void TcpNetwork::Mesh::leave_uplink() {
  const Time left = uplinks_.next();
  const Uplinks::Packet packet = uplinks_.take(overlay_);
  const ProcessId to[1] = {packet.to};
  transmit(packet.from, to, *packet.message, left);
  if (packet.last) store_.release(packet.message);
}

void TcpNetwork::Mesh::empty_uplink(ProcessId p) {
  uplinks_.empty(p, overlay_, now(), [&](const Uplinks::Packet& packet) {
    ++counters.dropped[static_cast<std::size_t>(DropReason::sender_down)];
    if (watcher != nullptr) {
      watcher->lost(p, packet.to, now(), *packet.message, DropReason::sender_down);
    }
    if (packet.last) store_.release(packet.message);
  });
}

void TcpNetwork::Mesh::transmit(ProcessId from, std::span<const ProcessId> to, Message& m,
                                Time leave) {
  const std::uint64_t id = next_id_++;
  const std::span<Time> arrivals(arrivals_.data(), to.size());
  latency_.sample(from, to, leave, mix(seed_ ^ id), arrivals);
  copies_.clear();
  Fates fates{.from = from,
              .sent = leave,
              .to = to,
              .arrival = arrivals,
              .copies = copies_,
              .dropped = counters.dropped};
  const std::uint64_t dropped_before = counters.total_dropped();
  if (watcher == nullptr) {
    injector_.shape(m, id, fates);
  } else {
    injector_.shape(m, id, fates, *watcher);
  }
  const auto pending = to.size() - static_cast<std::size_t>(std::ranges::count(arrivals, kNever));
  counters.balance(to.size(), pending + copies_.size() + counters.total_dropped() - dropped_before);

  const SharedBytes frame = frame_of(m, 0);
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (arrivals[i] != kNever) leave_at(arrivals[i], {from, to[i], frame, leave});
  }
  for (const Fates::Copy& copy : copies_) {
    leave_at(copy.arrival,
             {from, copy.to, copy.corruption == 0 ? frame : frame_of(m, copy.corruption), leave});
  }
}

void TcpNetwork::Mesh::write(const Departure& departure) {
  const std::size_t c = connection(departure.from, departure.to);
  if (watcher != nullptr) on_the_wire_[c].push_back(departure.sent);
  outgoing_[c]->write(*departure.frame);
}

void TcpNetwork::Mesh::leave_at(Time when, const Departure& departure) {
  if (when <= now()) {
    write(departure);
    return;
  }
  const bool sooner = due_.empty() || when < due_.top().when;
  due_.push(Due{when, next_order_++, departure});
  if (sooner && receiver_ != nullptr) set_alarm();
}

SharedBytes TcpNetwork::Mesh::frame_of(const Message& m, std::uint64_t corruption) const {
  Bytes content;
  store_.encode(m, content);
  if (corruption != 0) flip_bits(content, corruption);
  auto frame = std::make_shared<Bytes>();
  frame->reserve(kFrameHeader + kEnvelope + content.size());
  ByteWriter writer(*frame);
  writer.integer(static_cast<std::uint32_t>(kEnvelope + content.size()));
  writer.integer(m.from().value);
  for (const std::uint64_t word : m.signature().words) writer.raw(&word, sizeof(word));
  writer.raw(content.data(), content.size());
  return frame;
}

void TcpNetwork::Mesh::read(Incoming& in) {
  in.socket.async_read_some(asio::buffer(in.chunk), [this, &in](auto error, std::size_t size) {
    if (error) return;
    in.buffer.insert(in.buffer.end(), in.chunk.begin(), in.chunk.begin() + size);
    if (take_frames(in)) read(in);
  });
}

// False when what comes in can't be framed: such a connection is given up.
bool TcpNetwork::Mesh::take_frames(Incoming& in) {
  std::span<const std::byte> rest(in.buffer);
  while (rest.size() >= kFrameHeader && !io_.stopped()) {
    std::uint32_t length = 0;
    ByteReader(rest.first(kFrameHeader)).integer(length);
    if (length < kEnvelope || length > kLongestFrame) return false;
    if (rest.size() < kFrameHeader + length) break;
    receive(in, rest.subspan(kFrameHeader, length));
    rest = rest.subspan(kFrameHeader + length);
  }
  in.buffer.erase(in.buffer.begin(), in.buffer.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return true;
}

void TcpNetwork::Mesh::receive(const Incoming& in, std::span<const std::byte> frame) {
  ++events;
  if (watcher != nullptr) {  // a connection keeps the order
    auto& sent = on_the_wire_[connection(in.from, in.at)];
    assert(!sent.empty());
    arriving = {.from = in.from, .sent = sent.front()};
    sent.pop_front();
  }
  std::uint32_t author = 0;
  Signature signature;
  ByteReader(frame.first(4)).integer(author);
  std::memcpy(signature.words.data(), frame.data() + 4, sizeof(signature.words));
  Message* m = store_.decode(ReplicaId(author), frame.subspan(kEnvelope), scheme_);
  if (m == nullptr) {
    ++counters.dropped[static_cast<std::size_t>(DropReason::malformed)];
    return;
  }
  const HeldMessage held(store_, m);
  store_.set_signature(*m, signature);
  if (receiver_->deliver(now(), in.at, *m)) ++counters.kind[m->kind().value].delivered;
}

TcpNetwork::TcpNetwork(SimNetworkParts parts) : mesh_(std::make_unique<Mesh>(std::move(parts))) {}
TcpNetwork::~TcpNetwork() = default;

Time TcpNetwork::now() const { return mesh_->now(); }
void TcpNetwork::send(ProcessId from, ProcessId to, Message& m, Time leave) {
  mesh_->send(from, to, m, leave);
}
void TcpNetwork::broadcast(ProcessId from, Message& m, Time leave) {
  mesh_->broadcast(from, m, leave);
}
void TcpNetwork::changed(ProcessId p, ReplicaState::Now now) { mesh_->changed(p, now); }
void TcpNetwork::wake(ProcessId process, Time when) { mesh_->plan(when, process); }
void TcpNetwork::at(Time when, Task task) { mesh_->plan(when, std::move(task)); }
void TcpNetwork::run_until(Time end, Receiver& receiver) { mesh_->run_until(end, receiver); }
void TcpNetwork::stop() { mesh_->stop(); }
const NetworkCounters& TcpNetwork::counters() const { return mesh_->counters; }
std::uint64_t TcpNetwork::events() const { return mesh_->events; }
std::size_t TcpNetwork::pending() const { return mesh_->pending(); }
UplinkState TcpNetwork::uplink(ProcessId p) const { return mesh_->uplink(p); }
void TcpNetwork::watch(PacketWatcher& watcher) { mesh_->watcher = &watcher; }
Transit TcpNetwork::transit() const { return mesh_->arriving; }

}  // namespace byzlab
