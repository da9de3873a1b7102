// A label that is misread puts tasks on the wrong node.
#include "model/engine_settings.h"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

using Texts = std::vector<std::string>;

std::string label_refusal(const Texts& texts) {
  const auto labels = parse_engine_labels(texts);
  return labels.ok() ? "" : labels.error().text();
}

TEST(EngineSettings, a_label_is_told_once) {
  EXPECT_EQ(*parse_engine_labels({"zone=north", "a=", "zone=north", "b=x=y"}), (Texts{"a=", "b=x=y", "zone=north"}));
  EXPECT_EQ(*parse_engine_labels({}), Texts());
  EXPECT_EQ(label_refusal({"zone"}), "bad attribute format: zone");
  EXPECT_EQ(label_refusal({"zone=a", "zone=b"}), "conflict labels for zone=b and zone=a");
  EXPECT_EQ(
      label_refusal({"Com.Docker.x=1"}),
      "label Com.Docker.x=1 is not allowed: the namespaces com.docker.*, io.docker.*, and org.dockerproject.* are "
      "reserved for internal use");
}

std::string shown(const Texts& texts) {
  const auto parsed = parse_generic_resources(texts);
  if (!parsed.ok()) return parsed.error().text();
  std::string out;
  for (const auto& one : *parsed)
    out += one.has_named_resource_spec()
               ? one.named_resource_spec().kind() + ":" + one.named_resource_spec().value() + " "
               : one.discrete_resource_spec().kind() + "*" + std::to_string(one.discrete_resource_spec().value()) + " ";
  return out;
}

TEST(EngineSettings, things_are_named_or_counted) {
  EXPECT_EQ(shown({"gpu=UUID1", "ssd=3", " gpu = UUID2 "}), "gpu:UUID1 gpu:UUID2 ssd*3 ");
  EXPECT_EQ(shown({}), "");
  EXPECT_EQ(shown({"gpu"}), "could not parse GenericResource: incorrect term gpu, missing '=' or malformed expression");
  EXPECT_EQ(shown({"a=b=c"}),
            "could not parse GenericResource: incorrect term a=b=c, missing '=' or malformed expression");
  EXPECT_EQ(shown({"ssd=-1"}), "could not parse GenericResource: cannot ask for negative resource ssd");
  EXPECT_EQ(shown({"gpu=UUID1", "gpu=2"}),
            "could not parse GenericResource: mixed discrete and named resources in expression 'gpu=[UUID1 2]'");
}

}  // namespace
}  // namespace skein::model
