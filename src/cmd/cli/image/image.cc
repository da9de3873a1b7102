// The commands of images.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include "cmd/cli/container/container_start.h"
#include "cmd/cli/image/image_format.h"
#include "cmd/cli/image/progress.h"
#include "cmd/cli/image/registry.h"
#include "cmd/cli/image/registry_logins.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

namespace {

// A file, or stdin for "" and "-", as a request's body.
Result<ByteReader> open_file(const std::string& path) {
  const bool is_stdin = path.empty() || path == "-";
  std::shared_ptr<std::FILE> file(is_stdin ? stdin : std::fopen(path.c_str(), "rb"), [is_stdin](std::FILE* open) {
    if (open != nullptr && !is_stdin) std::fclose(open);
  });
  if (!file) return make_error(Code::kNotFound, "open " + path + ": no such file or directory");
  return ByteReader([file]() -> Result<std::string> {
    std::string piece(kPieceBytes, '\0');
    piece.resize(std::fread(piece.data(), 1, piece.size(), file.get()));
    return piece;
  });
}

Result<int> pull(Invocation& call) {
  const std::string& name = call.argument(0);
  const size_t slash = name.rfind('/');
  const bool has_tag = name.find(':', slash == std::string::npos ? 0 : slash) != std::string::npos ||
                       name.find('@') != std::string::npos;
  const bool is_quiet = call.flags.is_on("quiet");
  const std::string reference = has_tag ? name : name + ":latest";
  if (!has_tag && !is_quiet) print_line("Using default tag: latest");
  SKEIN_TRY(pull_image(call.daemon, reference, call.flags.text("platform"), is_quiet, false));
  print_line(full_name(reference));
  return 0;
}

Result<int> load(Invocation& call) {
  const std::string& input = call.flags.text("input");
  if (input.empty() && is_terminal(STDIN_FILENO)) {
    return make_error(Code::kInvalidArgument, "requested load from stdin, but stdin is empty");
  }
  SKEIN_TRY_ASSIGN(const ByteReader source, open_file(input));
  ProgressReader progress(call.flags.is_on("quiet") ? nullptr : stdout);
  const Transfer transfer{.method = "POST",
                          .path = "/images/load",
                          .parameters = {{"quiet", call.flags.is_on("quiet") ? "1" : "0"}},
                          .source = source};
  SKEIN_TRY(call.daemon.transfer(transfer, [&](std::string_view bytes) { return progress.read(bytes); }));
  SKEIN_TRY(progress.finish());
  return 0;
}

Result<int> import(Invocation& call) {
  Parameters parameters = {{"message", call.flags.text("message")}};
  parameters.emplace_back("repo", call.arguments.size() > 1 ? call.argument(1) : "");
  for (const std::string& change : call.flags.list("change")) parameters.emplace_back("changes", change);
  Transfer transfer{.method = "POST", .path = "/images/create", .parameters = parameters};
  const std::string& source = call.argument(0);
  if (source.find("://") != std::string::npos) {
    transfer.parameters.emplace_back("fromSrc", source);
  } else {
    transfer.parameters.emplace_back("fromSrc", "-");
    SKEIN_TRY_ASSIGN(transfer.source, open_file(source));
  }
  ProgressReader progress(stdout);
  SKEIN_TRY(call.daemon.transfer(transfer, [&](std::string_view bytes) { return progress.read(bytes); }));
  SKEIN_TRY(progress.finish());
  return 0;
}

Result<int> save(Invocation& call) {
  const std::string& output = call.flags.text("output");
  if (output.empty() && is_terminal(STDOUT_FILENO)) {
    return make_error(Code::kInvalidArgument, "cowardly refusing to save to a terminal. Use the -o flag or redirect");
  }
  std::ofstream file;
  if (!output.empty()) {
    file.open(output, std::ios::binary);
    if (!file) return make_error(Code::kPermissionDenied, "failed to save image: cannot write " + output);
  }
  Parameters parameters;
  for (const std::string& name : call.arguments) parameters.emplace_back("names", name);
  const auto write = [&](std::string_view bytes) {
    if (output.empty()) return write_all(STDOUT_FILENO, bytes.data(), bytes.size());
    return static_cast<bool>(file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())));
  };
  SKEIN_TRY(call.daemon.transfer({.path = "/images/get", .parameters = parameters}, write));
  if (!output.empty() && !file.flush()) return make_error(Code::kResourceExhausted, "failed to save image: " + output);
  return 0;
}

Result<int> list_images(Invocation& call) {
  std::vector<std::string> filters = call.flags.list("filter");
  if (!call.arguments.empty()) filters.push_back("reference=" + call.argument(0));
  Parameters parameters = filter_parameters(filters);
  if (call.flags.is_on("all")) parameters.emplace_back("all", "1");
  SKEIN_TRY_ASSIGN(const Json images, call.daemon.get("/images/json", parameters));
  const auto rows = image_rows(images, call.flags.is_on("no-trunc"), system_clock().wall());
  return print_list(call, image_listing(call.flags.is_on("digests")), rows, "ID");
}

Result<int> remove_image(Invocation& call) {
  Parameters parameters;
  if (call.flags.is_on("force")) parameters.emplace_back("force", "1");
  if (call.flags.is_on("no-prune")) parameters.emplace_back("noprune", "1");
  int status = 0;
  for (const std::string& name : call.arguments) {
    const auto answer = call.daemon.remove(path_of("/images/", name), parameters);
    if (!answer.ok()) {
      print_error(answer.error().text());
      status = 1;
      continue;
    }
    for (const Json& entry : *answer) {
      for (const char* what : {"Untagged", "Deleted"}) {
        if (entry.contains(what)) print_line(std::string(what) + ": " + text_at(entry, what));
      }
    }
  }
  return status;
}

Result<int> tag(Invocation& call) {
  const std::string& target = call.argument(1);
  const size_t slash = target.rfind('/');
  const size_t colon = target.find(':', slash == std::string::npos ? 0 : slash);
  Parameters parameters = {{"repo", target.substr(0, colon)}};
  if (colon != std::string::npos) parameters.emplace_back("tag", target.substr(colon + 1));
  SKEIN_TRY(call.daemon.post(path_of("/images/", call.argument(0), "/tag"), parameters));
  return 0;
}

Result<int> inspect_image(Invocation& call) {
  return inspect_each(call,
                      [&](const std::string& name) { return call.daemon.get(path_of("/images/", name, "/json")); });
}

Result<int> prune_images(Invocation& call) {
  const bool takes_named = call.flags.is_on("all");
  if (!is_confirmed(
          call, takes_named ? "WARNING! This will remove all images without at least one container associated to them."
                            : "WARNING! This will remove all dangling images.")) {
    return make_error(Code::kCanceled, "image prune has been cancelled");
  }
  std::vector<std::string> filters = call.flags.list("filter");
  if (takes_named) filters.emplace_back("dangling=false");
  const Parameters parameters = filter_parameters(filters);
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post("/images/prune", parameters));
  if (const Json& deleted = at(answer, "ImagesDeleted"); deleted.is_array() && !deleted.empty()) {
    print_line("Deleted Images:");
    for (const Json& entry : deleted) {
      const std::string name = text_at(entry, "Untagged");
      print_line(name.empty() ? "deleted: " + text_at(entry, "Deleted") : "untagged: " + name);
    }
    print_line("");
  }
  print_line("Total reclaimed space: " + show_size(static_cast<double>(number_at(answer, "SpaceReclaimed"))));
  return 0;
}

}  // namespace

Result<void> pull_image(Daemon& daemon, const std::string& reference, const std::string& platform, bool is_quiet,
                        bool on_stderr) {
  const size_t slash = reference.rfind('/');
  const size_t colon = reference.find(':', slash == std::string::npos ? 0 : slash);
  Parameters parameters;
  if (reference.find('@') != std::string::npos || colon == std::string::npos) {
    parameters.emplace_back("fromImage", reference);
  } else {
    parameters.emplace_back("fromImage", reference.substr(0, colon));
    parameters.emplace_back("tag", reference.substr(colon + 1));
  }
  if (!platform.empty()) parameters.emplace_back("platform", platform);
  SKEIN_TRY_ASSIGN(const std::string auth, registry_auth_of_image(reference));
  const Transfer transfer{
      .method = "POST", .path = "/images/create", .parameters = parameters, .header = {"X-Registry-Auth", auth}};
  ProgressReader progress(is_quiet ? nullptr : on_stderr ? stderr : stdout);
  SKEIN_TRY(daemon.transfer(transfer, [&](std::string_view bytes) { return progress.read(bytes); }));
  return progress.finish();
}

std::vector<Command> image_commands() {
  return {
      {"import",
       "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
       "Import the contents from a tarball to create a filesystem image",
       {1, 2},
       {{"change", 'c', "list", "Apply a Dockerfile instruction to the image"},
        {"message", 'm', "string", "Message for the imported image"}},
       import},
      {"inspect",
       "[OPTIONS] IMAGE [IMAGE...]",
       "Display detailed information on one or more images",
       {1, kAnyNumber},
       {format_flag('f')},
       inspect_image},
      {"load",
       "[OPTIONS]",
       "Load an image from a tar archive or STDIN",
       {0, 0},
       {{"input", 'i', "string", "Read from tar archive file, instead of STDIN"},
        {"quiet", 'q', "", "Suppress the load output"}},
       load},
      {"ls",
       "[OPTIONS] [REPOSITORY[:TAG]]",
       "List images",
       {0, 1},
       {{"all", 'a', "", "Show all images (default hides intermediate images)"},
        {"digests", 0, "", "Show digests"},
        filter_flag(),
        format_flag(),
        {"no-trunc", 0, "", "Don't truncate output"},
        quiet_flag()},
       list_images,
       {"list"}},
      {"prune",
       "[OPTIONS]",
       "Remove unused images",
       {0, 0},
       {{"all", 'a', "", "Remove all unused images, not just dangling ones"},
        prune_filter_flag(),
        {"force", 'f', "", "Do not prompt for confirmation"}},
       prune_images},
      {"pull",
       "[OPTIONS] NAME[:TAG|@DIGEST]",
       "Download an image from a registry",
       {1, 1},
       {{"platform", 0, "string", "Platform of the image"}, {"quiet", 'q', "", "Suppress verbose output"}},
       pull},
      {"push",
       "[OPTIONS] NAME[:TAG]",
       "Upload an image to a registry",
       {1, 1},
       {{"quiet", 'q', "", "Suppress verbose output"}},
       push_image},
      {"rm",
       "[OPTIONS] IMAGE [IMAGE...]",
       "Remove one or more images",
       {1, kAnyNumber},
       {{"force", 'f', "", "Force removal of the image"}, {"no-prune", 0, "", "Do not delete untagged parents"}},
       remove_image,
       {"remove"}},
      {"save",
       "[OPTIONS] IMAGE [IMAGE...]",
       "Save one or more images to a tar archive (on STDOUT by default)",
       {1, kAnyNumber},
       {{"output", 'o', "string", "Write to a file, instead of STDOUT"}},
       save},
      {"tag",
       "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
       "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
       {2, 2},
       {},
       tag},
  };
}

}  // namespace skein::cli
