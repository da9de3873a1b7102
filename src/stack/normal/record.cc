#include "stack/normal/record.h"

namespace skein::stack {

void set_field(Value& record, const Shape& shape, std::string_view key, Value value) {
  Map& fields = *record.as<Map>();
  if (fields.contains(key)) return fields.set(key, std::move(value));
  fields.append(std::string(key), std::move(value));
  Map result;
  result.is_record = true;
  // The shape's order; what it does not name ("x-…") comes last.
  for (const Field& field : shape.fields) {
    if (Value* const kept = fields.find(field.key)) {
      result.append(std::string(field.key), std::move(*kept));
      fields.erase(field.key);
    }
  }
  for (auto& [name, kept] : fields) result.append(name, std::move(kept));
  record = std::move(result);
}

}  // namespace skein::stack
