// The control socket of a machine's init: one line in, one line out, one connection per request.
//
// Requests: "start", "kill", "status". Answers: "running", "stopped" (never started, killed or ended), "none" (a
// machine without a daemon), or "error TEXT". An answer is given when the deed is done.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "cmd/lab/files/files.h"

namespace skein::lab {

std::filesystem::path control_path(const std::string& lab, const std::string& machine);

// Listens; the socket's file must not exist.
Result<Descriptor> listen_control(const std::filesystem::path& path);

// Answers one waiting connection with `answer(request)`. A silent or broken caller is given up after a second.
void serve_control(const Descriptor& listener, const std::function<std::string(const std::string&)>& answer);

// Asks a machine's init and waits for the answer, at most 10 s. "error …" comes back as an Error.
Result<std::string> ask_control(const std::string& lab, const std::string& machine, const std::string& request);

}  // namespace skein::lab
