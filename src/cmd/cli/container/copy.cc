#include "cmd/cli/container/copy.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

namespace fs = std::filesystem;

namespace {

// GNU tar with one end of a pipe: its stdout when it packs, its stdin when it unpacks.
class TarProgram {
 public:
  enum class Direction { kPack, kUnpack };

  static Result<std::unique_ptr<TarProgram>> start(std::vector<std::string> words, Direction direction) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return make_error(Code::kResourceExhausted, "cannot make a pipe");
    const bool packs = direction == Direction::kPack;
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t pid = fork();
    if (pid < 0) return make_error(Code::kResourceExhausted, "cannot start tar");
    if (pid == 0) {
      dup2(ends[packs ? 1 : 0], packs ? STDOUT_FILENO : STDIN_FILENO);
      execvp(argv[0], argv.data());
      _exit(127);
    }
    close(ends[packs ? 1 : 0]);
    auto program = std::make_unique<TarProgram>();
    program->pid_ = pid;
    program->pipe_ = ends[packs ? 0 : 1];
    return program;
  }

  TarProgram() = default;
  TarProgram(const TarProgram&) = delete;
  TarProgram& operator=(const TarProgram&) = delete;
  ~TarProgram() { (void)finish(); }

  Result<std::string> read_some() {
    std::string piece(kPieceBytes, '\0');
    ssize_t count = 0;
    do count = read(pipe_, piece.data(), piece.size());
    while (count < 0 && errno == EINTR);
    piece.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return piece;
  }
  bool write_some(std::string_view bytes) { return write_all(pipe_, bytes.data(), bytes.size()); }

  Result<void> finish() {
    if (pid_ == 0) return {};
    close(pipe_);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    if (status != 0) return make_error(Code::kUnknown, "tar failed");
    return {};
  }

 private:
  pid_t pid_ = 0;
  int pipe_ = -1;
};

// What a path in a container is: {"name", "mode", …}, base64 in a header of the answer.
Result<Json> stat_in_container(Daemon& daemon, const CopyEnd& end) {
  SKEIN_TRY_ASSIGN(const std::string header, daemon.head(path_of("/containers/", end.container, "/archive"),
                                                         {{"path", end.path}}, "X-Docker-Container-Path-Stat"));
  SKEIN_TRY_ASSIGN(const std::string text, from_base64(header));
  const Json about = Json::parse(text, nullptr, false);
  if (!about.is_object()) return make_error(Code::kDataLoss, "unable to decode container path stat header");
  return about;
}

bool is_directory(const Json& about) {
  constexpr uint32_t kGoModeDirectory = 1u << 31;
  return (static_cast<uint64_t>(number_at(about, "mode")) & kGoModeDirectory) != 0;
}

// tar's expression that gives the archive's top entry another name.
std::string renaming(const std::string& from, const std::string& to) {
  const auto escaped = [](const std::string& text) {
    std::string result;
    for (const char c : text) {
      if (std::string_view("\\|.*[]^$&").find(c) != std::string_view::npos) result += '\\';
      result += c;
    }
    return result;
  };
  return "--transform=s|^" + escaped(from) + "\\(/\\|$\\)|" + escaped(to) + "\\1|S";
}

std::string last_name(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return fs::path(path).filename().string();
}

Result<int> copy_out(Daemon& daemon, const CopyEnd& source, const std::string& target) {
  const Transfer transfer{.path = path_of("/containers/", source.container, "/archive"),
                          .parameters = {{"path", source.path}}};
  if (target == "-") {
    SKEIN_TRY(daemon.transfer(
        transfer, [](std::string_view bytes) { return write_all(STDOUT_FILENO, bytes.data(), bytes.size()); }));
    return 0;
  }
  auto stat = stat_in_container(daemon, source);
  if (!stat.ok()) {  // an answer to HEAD has no message; that to GET has
    SKEIN_TRY(daemon.transfer(transfer, [](std::string_view) { return true; }));
    return stat.error();
  }
  const Json& about = *stat;
  const bool copies_content = source.path.ends_with("/.");
  const std::string name = copies_content ? "." : text_at(about, "name");
  std::error_code ignored;
  std::vector<std::string> words = {"tar", "-x", "-f", "-", "--no-same-owner", "-C"};
  if (fs::is_directory(target, ignored)) {
    words.push_back(target);
  } else {
    if (!is_directory(about) && target.ends_with('/')) {
      return make_error(Code::kNotFound, "destination directory \"" + target + "\" does not exist");
    }
    const fs::path parent = fs::absolute(target).parent_path();
    if (!fs::is_directory(parent, ignored)) {
      return make_error(Code::kNotFound, "invalid output path: directory \"" + parent.string() + "\" does not exist");
    }
    words.push_back(parent.string());
    words.push_back(renaming(name, last_name(target)));
  }
  SKEIN_TRY_ASSIGN(const auto tar, TarProgram::start(words, TarProgram::Direction::kUnpack));
  SKEIN_TRY(daemon.transfer(transfer, [&](std::string_view bytes) { return tar->write_some(bytes); }));
  SKEIN_TRY(tar->finish());
  return 0;
}

Result<int> copy_in(Daemon& daemon, const std::string& source, const CopyEnd& target, bool follows_link) {
  Transfer transfer{.method = "PUT",
                    .path = path_of("/containers/", target.container, "/archive"),
                    .parameters = {{"path", target.path}, {"noOverwriteDirNonDir", "true"}}};
  const auto discard = [](std::string_view) { return true; };
  if (source == "-") {
    transfer.source = []() -> Result<std::string> {
      std::string piece(kPieceBytes, '\0');
      const ssize_t count = read(STDIN_FILENO, piece.data(), piece.size());
      piece.resize(count > 0 ? static_cast<size_t>(count) : 0);
      return piece;
    };
    SKEIN_TRY(daemon.transfer(transfer, discard));
    return 0;
  }
  std::error_code ec;
  const bool is_source_directory = fs::is_directory(source, ec);
  if (!fs::exists(fs::symlink_status(source, ec))) {
    return make_error(Code::kNotFound, "lstat " + source + ": no such file or directory");
  }
  const bool copies_content = source.ends_with("/.") || source == ".";
  const fs::path whole = fs::absolute(source).lexically_normal();
  const std::string name = copies_content ? "." : last_name(whole.string());
  std::vector<std::string> words = {"tar", "-c", "-f", "-"};
  if (follows_link) words.push_back("-h");
  words.insert(words.end(), {"-C", copies_content ? source
                                   : last_name(whole.string()) == name && whole.has_filename()
                                       ? whole.parent_path().string()
                                       : whole.parent_path().parent_path().string()});
  const auto about = stat_in_container(daemon, target);
  if (!about.ok() && about.error().code != Code::kNotFound) return about.error();
  if (!about.ok() || !is_directory(*about)) {
    // The target is a new name (or a file to replace): unpack in its directory, under that name.
    if (about.ok() && is_source_directory) {
      return make_error(Code::kInvalidArgument, "cannot copy a directory to a file");
    }
    std::string path = target.path;
    if (path.ends_with('/') && !is_source_directory) {
      return make_error(Code::kNotFound, "Error response from daemon: no such directory: " + path);
    }
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    transfer.parameters[0].second = fs::path(path).parent_path().string();
    if (transfer.parameters[0].second.empty()) transfer.parameters[0].second = "/";
    words.push_back(renaming(name, last_name(target.path)));
  }
  words.push_back(name);
  SKEIN_TRY_ASSIGN(const auto tar, TarProgram::start(words, TarProgram::Direction::kPack));
  transfer.source = [&tar] { return tar->read_some(); };
  SKEIN_TRY(daemon.transfer(transfer, discard));
  SKEIN_TRY(tar->finish());
  return 0;
}

}  // namespace

CopyEnd parse_copy_end(const std::string& text) {
  const size_t colon = text.find(':');
  if (text.empty() || text[0] == '/' || text[0] == '.' || colon == std::string::npos || colon == 0) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Result<int> copy_files(Invocation& call) {
  const CopyEnd source = parse_copy_end(call.argument(0));
  const CopyEnd target = parse_copy_end(call.argument(1));
  if (!source.container.empty() && !target.container.empty()) {
    return make_error(Code::kUnimplemented, "copying between containers is not supported");
  }
  if (!source.container.empty()) return copy_out(call.daemon, source, target.path);
  if (!target.container.empty()) return copy_in(call.daemon, source.path, target, call.flags.is_on("follow-link"));
  return make_error(Code::kInvalidArgument, "must specify at least one container source");
}

}  // namespace skein::cli
