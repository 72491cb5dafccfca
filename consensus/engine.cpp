#include "consensus/engine.h"

namespace byzlab {

void DurableState::write_out() {
  if (!value) return;
  Bytes bytes;
  ByteWriter writer(bytes);
  value.encode(writer);
  RecordLog all;
  all.append(bytes);
  for (const auto record : records) all.append(record);
  records = std::move(all);
  value.reset();
}

}  // namespace byzlab
