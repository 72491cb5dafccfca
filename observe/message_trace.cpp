// trace/messages.jsonl
#include "observe/message_trace.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/event_names.h"
#include "observe/numbers.h"

namespace byzlab {
namespace {}  // namespace

MessageTrace::MessageTrace(const std::filesystem::path& file, std::uint64_t limit)
    : out_(file, std::ios::binary), limit_(limit) {
  if (!out_) throw std::runtime_error("cannot write " + file.string());
}

void MessageTrace::on(Time now, const Event& event) {
  if (const auto* e = std::get_if<Delivered>(&event)) {
    if (!has_room()) return;
    const auto& m = *e->message;
    line_ =
        fmt::format(R"({{"t":{},"sent":{},"from":"r{}","to":"p{}","kind":"{}","bytes":{},"body":)",
                    exact_seconds(now), exact_seconds(e->sent), m.from().value, e->to.value,
                    name_of(m.kind()), m.bytes());
    const auto* type = messages_ == nullptr ? nullptr : (*messages_)[m.kind().value];
    if (type != nullptr) {
      type->json(m.payload(), line_);
    } else {
      line_ += "null";
    }
    out_ << line_ << "}\n";
  } else if (const auto* d = std::get_if<Dropped>(&event)) {
    if (!has_room()) return;
    out_ << fmt::format(R"({{"t":{},"from":"p{}","to":"p{}","kind":"{}","dropped":"{}"}})",
                        exact_seconds(now), d->from.value, d->to.value, name_of(d->kind),
                        byzlab::name_of(d->reason))
         << '\n';
  }
}

void MessageTrace::end(Time now, const Report&) {
  if (dropped_ > 0) {
    out_ << fmt::format(R"({{"t":{},"truncated":true,"lines_dropped":{}}})", exact_seconds(now),
                        dropped_)
         << '\n';
  }
  out_.flush();
}

bool MessageTrace::has_room() {
  if (lines_ < limit_) {
    ++lines_;
    return true;
  }
  ++dropped_;
  return false;
}

std::string_view MessageTrace::name_of(MessageKind kind) const {
  const auto* type =
      messages_ == nullptr || kind.value >= kKindLimit ? nullptr : (*messages_)[kind.value];
  return type == nullptr ? "?" : type->name;
}

}  // namespace byzlab
