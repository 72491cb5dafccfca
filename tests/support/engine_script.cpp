#include "tests/support/engine_script.h"
#include "base/event_names.h"
#include "tests/support/source_dir.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace byzlab {
namespace {

std::string text_of(Duration d) {
  const auto ns = nanoseconds(d);
  if (ns % 1'000'000 == 0) return std::to_string(ns / 1'000'000) + "ms";
  return std::to_string(ns) + "ns";
}
std::string text_of(ReplicaId r) { return "r" + std::to_string(r.value); }
std::string text_of(Timer t) {
  std::string out = t.owner == 0 ? "" : std::to_string(t.owner) + "/";
  out += std::to_string(t.id);
  if (t.payload != 0) out += " payload " + std::to_string(t.payload);
  return out;
}

Committee committee_of(const EngineInfo& info, const EngineScript::Setup& setup) {
  Committee c = setup.power.empty() ? Committee(setup.n) : Committee(setup.power);
  return c.with(info.fault_bound(c.total_power()), info.quorum(c.total_power()));
}

}  // namespace

void check_golden(std::string_view path, std::string_view text) {
  const std::filesystem::path file = source_dir() / path;
  if (const char* update = std::getenv("BYZLAB_UPDATE_GOLDENS"); update && *update == '1') {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return;
  }
  std::ifstream in(file, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(in, "no golden " << path << "; BYZLAB_UPDATE_GOLDENS=1 writes it");
  std::ostringstream golden;
  golden << in.rdbuf();
  if (golden.str() == text) return;
  std::istringstream want(golden.str());
  std::istringstream got{std::string(text)};
  std::string want_line;
  std::string got_line;
  for (int line = 1;; ++line) {
    const bool more_wanted = static_cast<bool>(std::getline(want, want_line));
    const bool more_got = static_cast<bool>(std::getline(got, got_line));
    if (more_wanted && more_got && want_line == got_line) continue;
    BOOST_ERROR(path << ":" << line << "\n  golden: " << (more_wanted ? want_line : "(end)")
                     << "\n  now:    " << (more_got ? got_line : "(end)"));
    return;
  }
}

/// Everything submitted, minus what this replica committed.
class EngineScript::FakeMempool final : public Mempool {
 public:
  explicit FakeMempool(const std::vector<Request>& all) : all_(all) {}
  bool pending() override {
    return std::ranges::any_of(all_, [&](const Request& r) { return !committed_.contains(r.id); });
  }
  std::vector<Request> batch(BatchLimit limit, std::span<const BlockRef> in_flight) override {
    std::set<RequestId> taken = committed_;
    for (const BlockRef& block : in_flight) {
      for (const Request& r : block->requests) taken.insert(r.id);
    }
    std::vector<Request> batch;
    std::uint64_t bytes = 0;
    for (const Request& r : all_) {
      if (taken.contains(r.id)) continue;
      if (batch.size() >= limit.requests || bytes + r.wire_size() > limit.bytes) break;
      bytes += r.wire_size();
      batch.push_back(r);
    }
    return batch;
  }
  void committed(const Block& block) {
    for (const Request& r : block.requests) committed_.insert(r.id);
  }

 private:
  const std::vector<Request>& all_;
  std::set<RequestId> committed_;
};

EngineScript::EngineScript(const EngineInfo& info, Setup setup, Options options)
    : info_(info),
      options_(std::move(options)),
      committee_(committee_of(info, setup)),
      crypto_(std::make_unique<Crypto>(Crypto::Scheme::modelled, setup.seed, committee_.n())),
      store_(std::make_unique<MessageStore>(info.messages)),
      latency_(setup.latency),
      seed_(setup.seed),
      replicas_(committee_.n()) {
  for (std::uint32_t i = 0; i < replicas_.size(); ++i) {
    Replica& replica = replicas_[i];
    replica.mempool = std::make_unique<FakeMempool>(requests_);
    replica.rng = std::make_unique<Rng>(mix(seed_, i));
    replica.environment = Context::Environment{.self = ReplicaId(i),
                                               .committee = &committee_,
                                               .crypto = crypto_.get(),
                                               .store = store_.get(),
                                               .mempool = replica.mempool.get(),
                                               .recovered = &replica.recovered,
                                               .rng = replica.rng.get()};
  }
}

EngineScript::~EngineScript() {
  flying_.clear();
  to_self_.clear();
  replicas_.clear();  // engines may hold records of the store
}

void EngineScript::start(ReplicaId r) {
  Replica& replica = replicas_[r.value];
  const bool again = replica.starts++ > 0;
  replica.earlier.insert(replica.earlier.end(), replica.commits.begin(), replica.commits.end());
  replica.commits.clear();
  replica.timers.clear();
  replica.recovered.records = replica.durable.records;
  replica.recovered.blocks = replica.durable.blocks;
  *replica.rng = Rng(mix(seed_, r.value, replica.starts));
  replica.engine = info_.make(options_);
  step(r, again ? "restart" : "start", [&](Context& ctx) { replica.engine->start(ctx); });
}

void EngineScript::start_all() {
  for (std::uint32_t i = 0; i < replicas_.size(); ++i) start(ReplicaId(i));
}

void EngineScript::crash(ReplicaId r) {
  if (is_up(r)) replicas_[r.value].engine->save(replicas_[r.value].durable);
  replicas_[r.value].engine.reset();
  replicas_[r.value].timers.clear();
  write(text_of(now_.time_since_epoch()) + " " + text_of(r) + " crash");
}

void EngineScript::wipe(ReplicaId r) {
  crash(r);
  replicas_[r.value].durable = {};
}

void EngineScript::submit(std::uint32_t count, std::uint32_t bytes, std::uint64_t coin) {
  for (std::uint32_t i = 0; i < count; ++i) {
    Request request{
        .id = RequestId(requests_.size()), .client = ClientId(0), .bytes = bytes, .coin = coin};
    request.auth = crypto_->authenticate(request);
    requests_.push_back(request);
  }
  if (!info_.request_driven) return;
  for (std::uint32_t i = 0; i < replicas_.size(); ++i) {
    if (!replicas_[i].engine) continue;
    step(ReplicaId(i), std::to_string(count) + " requests",
         [&](Context& ctx) { replicas_[i].engine->on_request(ctx); });
  }
}

bool EngineScript::inject_bytes(ReplicaId from, ReplicaId to, std::span<const std::byte> bytes) {
  Message* m = store_->decode(from, bytes, crypto_->hash_scheme());
  if (m == nullptr) return false;
  crypto_->sign(*store_, *m);
  handle(to, HeldMessage(*store_, m));
  return true;
}

void EngineScript::run_until(Time end) {
  for (;;) {
    auto message = std::ranges::min_element(
        flying_, {}, [](const Flying& f) { return std::pair(f.arrives, f.order); });
    std::pair<Time, std::uint64_t> first(kNever, 0);
    if (message != flying_.end()) first = {message->arrives, message->order};
    std::optional<std::pair<ReplicaId, Timer>> due;
    for (std::uint32_t i = 0; i < replicas_.size(); ++i) {
      for (const ArmedTimer& t : replicas_[i].timers) {
        if (std::pair(t.at, t.order) >= first) continue;
        first = {t.at, t.order};
        due = {ReplicaId(i), t.timer};
      }
    }
    if (first.first > end || first.first == kNever) break;
    now_ = std::max(now_, first.first);
    if (due) {
      fire(due->first, due->second.owner, due->second.id);
    } else {
      Flying arrived = std::move(*message);
      flying_.erase(message);
      handle(arrived.to, std::move(arrived.message));
    }
  }
  now_ = std::max(now_, end);
}

bool EngineScript::fire(ReplicaId r, std::uint8_t owner, std::uint8_t id) {
  Replica& replica = replicas_[r.value];
  const auto live = std::ranges::find_if(replica.timers, [&](const ArmedTimer& t) {
    return t.timer.same_key(Timer{.owner = owner, .id = id});
  });
  if (live == replica.timers.end()) return false;
  const Timer timer = live->timer;
  replica.timers.erase(live);
  step(r, "timer " + text_of(timer), [&](Context& ctx) { replica.engine->on_timer(ctx, timer); });
  return true;
}

std::size_t EngineScript::in_flight(std::string_view type) const {
  return static_cast<std::size_t>(std::ranges::count_if(flying_, [&](const Flying& f) {
    return type.empty() || store_->type(f.message->kind()).name == type;
  }));
}

bool EngineScript::deliver(ReplicaId from, ReplicaId to, std::string_view type) {
  const auto found = std::ranges::find_if(flying_, [&](const Flying& f) {
    return f.from == from && f.to == to && store_->type(f.message->kind()).name == type;
  });
  if (found == flying_.end()) return false;
  Flying arrived = std::move(*found);
  flying_.erase(found);
  handle(arrived.to, std::move(arrived.message));
  return true;
}

std::size_t EngineScript::lose(
    const std::function<bool(ReplicaId from, ReplicaId to, const Message&)>& which) {
  return std::erase_if(flying_, [&](const Flying& f) { return which(f.from, f.to, *f.message); });
}

bool EngineScript::agreement() const {
  std::map<Height, Digest> log;
  const auto fits = [&](const BlockRef& block) {
    return log.emplace(block->height, block->digest).first->second == block->digest;
  };
  return std::ranges::all_of(replicas_, [&](const Replica& replica) {
    return std::ranges::all_of(replica.earlier, fits) && std::ranges::all_of(replica.commits, fits);
  });
}

Height EngineScript::committed_height(ReplicaId r) const {
  Height highest;
  for (const BlockRef& block : commits(r)) highest = std::max(highest, block->height);
  return highest;
}

std::size_t EngineScript::noted(Milestone milestone) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(notes_, [&](const Noted& n) { return n.note.milestone == milestone; }));
}

/// Writes down what an engine that save()s would now save otherwise than before.
void EngineScript::write_saved(ReplicaId r) {
  if (!recording_) return;
  Replica& replica = replicas_[r.value];
  const DurableState before = replica.durable;
  replica.engine->save(replica.durable);
  for (const BlockRef& block : replica.durable.blocks) {
    if (std::ranges::find(before.blocks, block) == before.blocks.end()) {
      write("  durable block " + block->digest.short_hex());
    }
  }
  const RecordLog& records = replica.durable.records;
  if (records.size() != before.records.size() ||
      (!records.empty() && !std::ranges::equal(records.last(), before.records.last()))) {
    write("  durable record of " + std::to_string(records.last().size()) + " bytes");
  }
}

template <class Call>
void EngineScript::step(ReplicaId r, const std::string& title, Call&& call) {
  write(text_of(now_.time_since_epoch()) + " " + text_of(r) + " " + title);
  Outbox outbox;
  Context ctx(replicas_[r.value].environment, now_, outbox);
  call(ctx);
  carry_out(r, outbox);
  while (!to_self_.empty()) {
    const HeldMessage m = std::move(to_self_.front());
    to_self_.pop_front();
    Outbox more;
    Context again(replicas_[r.value].environment, now_, more);
    write("  to self: " + name(*m));
    replicas_[r.value].engine->on_message(again, m->from(), *m);
    carry_out(r, more);
  }
  write_saved(r);
}

void EngineScript::handle(ReplicaId to, HeldMessage m) {
  Engine* engine = replicas_[to.value].engine.get();
  if (engine == nullptr) return;
  step(to, "<- " + text_of(m->from()) + " " + name(*m),
       [&](Context& ctx) { engine->on_message(ctx, m->from(), *m); });
}

void EngineScript::carry_out(ReplicaId r, Outbox& outbox) {
  for (const Effect& effect : outbox.effects) carry_out(r, outbox, effect);
  outbox.discard(*store_);
}

void EngineScript::carry_out(ReplicaId r, const Outbox& outbox, const Effect& effect) {
  Replica& replica = replicas_[r.value];
  const auto describe = [&](const std::string& verb, const Message& m) {
    if (!recording_) return;
    std::string line = "  " + verb + " " + name(m) + " ";
    store_->type(m.kind()).json(m.payload(), line);
    write(line);
  };
  if (const auto* send = std::get_if<Send>(&effect)) {
    describe("send " + text_of(send->to), *send->message);
    transmit(r, send->to, send->message);
  } else if (const auto* broadcast = std::get_if<Broadcast>(&effect)) {
    describe("broadcast", *broadcast->message);
    for (std::uint32_t i = 0; i < replicas_.size(); ++i) {
      transmit(r, ReplicaId(i), broadcast->message);
    }
  } else if (const auto* set = std::get_if<SetTimer>(&effect)) {
    write("  timer " + text_of(set->timer) + " in " + text_of(set->after));
    std::erase_if(replica.timers,
                  [&](const ArmedTimer& t) { return t.timer.same_key(set->timer); });
    replica.timers.push_back({set->timer, now_ + set->after, order_++});
  } else if (const auto* cancel = std::get_if<CancelTimer>(&effect)) {
    write("  cancel timer " + text_of(cancel->timer));
    std::erase_if(replica.timers,
                  [&](const ArmedTimer& t) { return t.timer.same_key(cancel->timer); });
  } else if (const auto* commit = std::get_if<Commit>(&effect)) {
    const BlockRef block(commit->block);
    write("  commit " + std::to_string(block->height.value) + " " + block->digest.short_hex() +
          ", " + std::to_string(block->requests.size()) + " requests");
    replica.mempool->committed(*block);
    replica.commits.push_back(block);
  } else if (const auto* persist = std::get_if<Persist>(&effect)) {
    write(std::string("  persist") + (persist->replace ? " only " : " ") +
          std::to_string(persist->end - persist->begin) + " bytes");
    if (persist->replace) replica.durable.records.clear();
    replica.durable.records.append(
        std::span(outbox.bytes).subspan(persist->begin, persist->end - persist->begin));
  } else if (const auto* stored = std::get_if<PersistBlock>(&effect)) {
    write("  persist block " + stored->block->digest.short_hex());
    replica.durable.blocks.emplace_back(stored->block);
  } else if (const auto* note = std::get_if<Note>(&effect)) {
    write("  note " + std::string(name_of(note->milestone)) + " view " +
          std::to_string(note->view.value) + " value " + std::to_string(note->value) +
          (note->subject.is_zero() ? "" : " of " + note->subject.short_hex()));
    notes_.push_back({now_, r, *note});
  } else if (const auto* enter = std::get_if<EnterView>(&effect)) {
    write("  enter view " + std::to_string(enter->view.value) + " led by " +
          text_of(enter->leader) +
          (enter->height.value == 0 ? "" : " at height " + std::to_string(enter->height.value)));
  }
}

void EngineScript::transmit(ReplicaId from, ReplicaId to, Message* m) {
  if (m->from() == from) crypto_->sign(*store_, *m);
  if (to.value >= replicas_.size()) return;
  if (to == from) {
    to_self_.emplace_back(*store_, m);
    return;
  }
  const Duration takes = link ? link(from, to, *m) : latency_;
  if (takes == Duration::max()) return;
  flying_.push_back({now_ + takes, order_++, from, to, HeldMessage(*store_, m)});
}

void EngineScript::write(const std::string& line) {
  if (recording_) text_ += line + "\n";
}

std::string EngineScript::name(const Message& m) const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string tag;
  for (int i = 0; i < 6; ++i) tag += kHex[m.digest() >> (60 - 4 * i) & 15];
  return std::string(store_->type(m.kind()).name) + " #" + tag;
}

}  // namespace byzlab
