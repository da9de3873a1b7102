#include "cmd/cli/service/spec/service_image.h"

#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

std::string unresolved(const std::string& image) {
  return "image " + image + " could not be accessed on a registry to record\nits digest. Each node will access " +
         image + " independently,\npossibly leading to different nodes running different\nversions of the image.\n";
}

Json platforms_of(const Json& answer) {
  Json platforms = Json::array();
  for (const Json& platform : at(answer, "Platforms")) {
    // The variants of ARM are not told apart here: any of them may do.
    const std::string architecture = text_at(platform, "architecture");
    Json entry = Json::object();
    if (lower_case(architecture) != "arm") entry["Architecture"] = architecture;
    entry["OS"] = text_at(platform, "os");
    platforms.push_back(entry);
  }
  return platforms;
}

}  // namespace

std::string with_tag(const std::string& image) {
  const size_t slash = image.rfind('/');
  const std::string last = slash == std::string::npos ? image : image.substr(slash);
  return image.empty() || last.find_first_of(":@") != std::string::npos ? image : image + ":latest";
}

std::string resolve_image(Daemon& daemon, Json& spec, const std::string& registry_auth) {
  Json& task = spec["TaskTemplate"];
  const std::string image = text_at(at(task, "ContainerSpec"), "Image");
  const auto answer = daemon.get(path_of("/distribution/", image, "/json"), {}, registry_auth);
  const std::string digest = answer.ok() ? text_at(at(*answer, "Descriptor"), "digest") : "";
  if (digest.empty()) return unresolved(image);
  if (image.find('@') == std::string::npos) task["ContainerSpec"]["Image"] = image + "@" + digest;
  Json platforms = platforms_of(*answer);
  if (!platforms.empty()) task["Placement"]["Platforms"] = std::move(platforms);
  return "";
}

}  // namespace skein::cli
