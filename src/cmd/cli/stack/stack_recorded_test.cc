// Compose files that users have must mean the same, and be refused with the same words: what Docker's client did in
// many cases, each replayed here.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include "cmd/cli/cli.h"
#include "cmd/cli/recording_daemon_for_test.h"

namespace skein::cli {
namespace {

// Where we differ, by the line of the recording.
const std::map<size_t, std::string> kDifferent = {
    {590, "of several complaints of one depth Docker's client tells a random one, ours the first"},
    {667, "groups of commands of ours take no options"},
};

// Cases equal to the recording. Only to be raised.
constexpr size_t kEqualMin = 732;

struct Shown {
  int status = 0;
  std::string out;
  std::string err;
  std::string folder;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t i = 0; (i = text.find(from, i)) != std::string::npos; i += to.size()) text.replace(i, from.size(), to);
  return text;
}

std::string in_our_words(const std::string& text) {
  return replaced(replaced(text, "docker ", "skein "), "docker: ", "skein: ");
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

// Polls while waiting for services are as many as there was time for.
bool is_poll(const Json& request) {
  const std::string target = request[1].get<std::string>();
  return target.find("insertDefaults") != std::string::npos || target.find("_up-to-date") != std::string::npos ||
         target == "/nodes";
}

std::vector<std::string> dumped(const std::vector<Json>& requests, const std::string& folder) {
  std::vector<std::string> result;
  for (const Json& request : requests) {
    if (!is_poll(request)) result.push_back(replaced(nlohmann::json(request).dump(), folder, "/w"));
  }
  return result;
}

// Networks, then secrets, then configs, then services.
bool is_in_order(const std::vector<Json>& requests) {
  size_t before = 0;
  for (const Json& request : requests) {
    if (request[0] != "POST") continue;
    const std::string target = request[1].get<std::string>();
    size_t phase = 0;
    for (size_t i = 0; const char* const kind : {"/networks/", "/secrets/", "/configs/", "/services/"}) {
      if (target.starts_with(kind)) phase = i;
      ++i;
    }
    if (phase < before) return false;
    before = phase;
  }
  return true;
}

// A folder with the case's files, as the current one, and the case's environment; all as before at the end.
class Setting {
 public:
  explicit Setting(const Json& recorded) : before_(std::filesystem::current_path()) {
    std::string pattern = std::filesystem::temp_directory_path() / "skein-stack-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    for (const auto& [name, content] : at(recorded, "files").items()) {
      std::filesystem::create_directories(std::filesystem::path(folder_ + "/" + name).parent_path());
      std::ofstream(folder_ + "/" + name) << content.get<std::string>();
    }
    std::ofstream(folder_ + "-stdin") << text_at(recorded, "stdin");
    for (const auto& [name, value] : at(recorded, "env").items()) set(name, value.get<std::string>());
    set("HOME", "/home/u");
    stdin_ = ::dup(STDIN_FILENO);
    const int file = ::open((folder_ + "-stdin").c_str(), O_RDONLY | O_CLOEXEC);
    ::dup2(file, STDIN_FILENO);
    ::close(file);
    std::filesystem::current_path(folder_);
  }
  ~Setting() {
    std::filesystem::current_path(before_);
    ::dup2(stdin_, STDIN_FILENO);
    ::close(stdin_);
    for (const auto& [name, value] : variables_) {
      if (value.empty())
        ::unsetenv(name.c_str());
      else
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    std::filesystem::remove_all(folder_);
    std::filesystem::remove(folder_ + "-stdin");
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

  const std::string& folder() const { return folder_; }

 private:
  void set(const std::string& name, const std::string& value) {
    const char* const old = std::getenv(name.c_str());
    variables_.emplace(name, old == nullptr ? "" : old);
    ::setenv(name.c_str(), value.c_str(), 1);
  }

  std::filesystem::path before_;
  std::string folder_;
  int stdin_ = -1;
  std::map<std::string, std::string> variables_;
};

Shown run(const RecordingDaemon& daemon, const Json& recorded) {
  const Setting setting(recorded);
  std::vector<std::string> words = {"-H", daemon.host(), "stack"};
  for (const Json& word : recorded["args"]) words.push_back(word.get<std::string>());
  // What Docker refuses may still be a file of today's Compose.
  const std::string& verb = words[3];
  if (number_at(recorded, "rc") != 0 && (verb == "config" || verb == "deploy" || verb == "up"))
    words.insert(words.begin() + 4, {"--schema", "docker"});
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Shown shown;
  shown.folder = setting.folder();
  shown.status = run_words(words);
  shown.out = replaced(testing::internal::GetCapturedStdout(), setting.folder(), "/w");
  shown.err = replaced(testing::internal::GetCapturedStderr(), setting.folder(), "/w");
  shown.err = std::regex_replace(shown.err, std::regex("time=\"[^\"]*\""), "time=\"<time>\"");
  return shown;
}

// What differs; empty if nothing does. Objects of one kind are created in any order.
std::string difference(const Json& recorded, const Shown& shown, const std::vector<Json>& requests,
                       const std::string& folder) {
  std::string text;
  const auto note = [&](const std::string& what, const std::string& wanted, const std::string& got) {
    if (wanted != got) text += what + " wanted:\n" + wanted + "\n" + what + " got:\n" + got + "\n";
  };
  note("status", std::to_string(number_at(recorded, "rc")), std::to_string(shown.status));
  note("stderr", in_our_words(text_at(recorded, "stderr")), shown.err);
  const std::string out = in_our_words(text_at(recorded, "stdout"));
  if (sorted_lines(out) != sorted_lines(shown.out) || recorded["args"].dump().starts_with("[\"config\""))
    note("stdout", out, shown.out);
  std::vector<Json> wanted;
  for (const Json& request : at(recorded, "requests")) wanted.push_back(request);
  auto wanted_lines = dumped(wanted, folder);
  auto got_lines = dumped(requests, folder);
  std::sort(wanted_lines.begin(), wanted_lines.end());
  std::sort(got_lines.begin(), got_lines.end());
  const auto joined = [](const std::vector<std::string>& lines) {
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
  };
  note("requests", joined(wanted_lines), joined(got_lines));
  if (!is_in_order(requests)) text += "requests in another order of kinds\n";
  return text;
}

TEST(StackRecorded, compose_files_do_what_they_do_with_docker) {
  RecordingDaemon daemon;
  std::ifstream file(SKEIN_TEST_DATA "/stack/cases.jsonl");
  size_t number = 0;
  size_t equal = 0;
  size_t failures = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const Json recorded = Json::parse(line);
    daemon.begin(at(recorded, "overrides"), at(recorded, "continues") == true);
    Shown shown = run(daemon, recorded);
    if (at(recorded, "again") == true) {  // what is recorded is the second time
      daemon.begin(at(recorded, "overrides"), true);
      shown = run(daemon, recorded);
    }
    const std::string what = difference(recorded, shown, daemon.requests(), shown.folder);
    const auto known = kDifferent.find(number);
    if (what.empty()) {
      ++equal;
      EXPECT_EQ(known, kDifferent.end()) << "case " << number << " is equal now";
    } else if (known == kDifferent.end()) {
      ADD_FAILURE() << "case " << number << ": " << recorded["args"] << " " << at(recorded, "files").dump() << "\n"
                    << what;
      ++failures;
    }
  }
  std::cout << equal << " of " << number << " recorded cases are equal, " << kDifferent.size()
            << " differ for a reason, " << failures << " fail\n";
  EXPECT_GE(equal, kEqualMin);
}

}  // namespace
}  // namespace skein::cli
