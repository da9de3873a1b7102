// Words with which the table of shapes is written.
#pragma once

#include "stack/shape/shape.h"

namespace skein::stack::forms {

inline ShapePtr make(Shape shape) { return std::make_shared<const Shape>(std::move(shape)); }

inline ShapePtr text() { return make({.types = {"string"}, .form = Form::kText}); }
inline ShapePtr integer() { return make({.types = {"integer"}, .form = Form::kInteger}); }
inline ShapePtr unsigned_integer() { return make({.types = {"integer"}, .form = Form::kUnsigned}); }
inline ShapePtr whole_number() { return make({.types = {"number"}, .form = Form::kUnsigned}); }
// In the Compose Specification.
inline ShapePtr loose_integer() { return make({.types = {"integer", "string"}, .form = Form::kLooseInteger}); }
inline ShapePtr loose_bytes() { return make({.types = {"number", "string"}, .form = Form::kLooseBytes}); }
inline ShapePtr nothing() { return make({.form = Form::kNothing}); }
inline ShapePtr real() { return make({.types = {"number"}, .form = Form::kReal}); }
inline ShapePtr truth() { return make({.types = {"boolean"}, .form = Form::kTruth}); }
inline ShapePtr duration() { return make({.types = {"string"}, .form = Form::kDuration, .format = "duration"}); }
// Before durations were checked.
inline ShapePtr free_duration() { return make({.types = {"string"}, .form = Form::kDuration}); }
inline ShapePtr bytes() { return make({.types = {"string"}, .form = Form::kBytes}); }

inline ShapePtr list(ShapePtr items, Form form = Form::kList) {
  return make({.types = {"array"}, .form = form, .items = std::move(items)});
}
inline ShapePtr set(ShapePtr items, Form form = Form::kList) {
  return make({.types = {"array"}, .form = form, .items = std::move(items), .is_unique = true});
}
inline ShapePtr texts() { return list(text()); }
inline ShapePtr text_set() { return set(text()); }

inline ShapePtr either(Form form, std::vector<ShapePtr> shapes) {
  return make({.form = form, .one_of = std::move(shapes)});
}
inline ShapePtr text_or_set() { return either(Form::kTexts, {text(), text_set()}); }
inline ShapePtr command(Form form = Form::kCommand) { return either(form, {text(), texts()}); }

inline ShapePtr pairs(Form form) {
  const auto value = make({.types = {"string", "number", "null"}});
  return either(form,
                {make({.types = {"object"}, .keys = Keys::kAny, .member = value, .others_since = kNever}), text_set()});
}
inline ShapePtr mapping() { return pairs(Form::kMapping); }

inline ShapePtr options(std::vector<std::string_view> types = {"string", "number"}) {
  return make(
      {.types = {"object"}, .form = Form::kOptions, .keys = Keys::kAny, .member = make({.types = std::move(types)})});
}

inline ShapePtr object(std::vector<Field> fields) {
  return make({.types = {"object"}, .form = Form::kObject, .fields = std::move(fields), .others_since = kNever});
}
// Unknown keys are dropped.
inline ShapePtr open_object(std::vector<Field> fields) {
  return make({.types = {"object"}, .form = Form::kObject, .fields = std::move(fields)});
}

}  // namespace skein::stack::forms
