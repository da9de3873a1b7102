#include "engine/podman/logs/logs.h"

#include "base/log.h"

namespace skein::engine {

Logs::Logs(io::TaskScope& tasks, std::function<std::string(const std::string& id)> folder_of)
    : tasks_(tasks), folder_of_(std::move(folder_of)), watch_(tasks), readers_(std::make_shared<Readers>()) {}

void Logs::on_container(const std::string& id, LogLimit limit) {
  if (limit.bytes <= 0 || limited_.contains(id)) return;
  const std::string folder = folder_of_(id);
  auto& limited =
      limited_.emplace(id, Limited{LogRotation(folder, limit, [this, id] { hold(id); }), nullptr}).first->second;
  limited.watching = watch_.watch(folder, [&limited] { limited.rotation.look(); });
  if (!limited.watching) log_warning("log-not-watched", {{"container", id}});
  limited.rotation.look();
}

void Logs::on_container_exit(const std::string& id) {
  for (auto noting = noting_.begin(); noting != noting_.end();) {
    const auto ends = noting->lock();
    if (ends) ends->insert(id);
    noting = ends ? std::next(noting) : noting_.erase(noting);
  }
  if (const auto found = limited_.find(id); found != limited_.end()) found->second.rotation.on_container_exit();
  if (const auto found = readers_->by_container.find(id); found != readers_->by_container.end())
    for (LogStream* reader : found->second) reader->on_exit();
}

std::shared_ptr<const Logs::Ends> Logs::note_ends() {
  auto ends = std::make_shared<Ends>();
  noting_.push_back(ends);
  return ends;
}

void Logs::hold(const std::string& id) {
  if (const auto found = readers_->by_container.find(id); found != readers_->by_container.end())
    for (LogStream* reader : found->second) reader->hold();
}

std::unique_ptr<io::http::BodySource> Logs::open(const std::string& id, LogReading reading) {
  // Tells the reader, and is told of its end.
  struct Reader {
    std::shared_ptr<Readers> readers;
    std::string id;
    LogStream* stream;
    std::shared_ptr<LogWatch::Watching> watching;
    ~Reader() {
      auto& all = readers->by_container[id];
      all.erase(stream);
      if (all.empty()) readers->by_container.erase(id);
    }
  };
  reading.folder = folder_of_(id);
  const std::string folder = reading.folder;
  auto stream = std::make_unique<LogStream>(tasks_.executor(), std::move(reading));
  auto watching = watch_.watch(folder, [told = stream.get()] { told->on_written(); });
  std::shared_ptr<Reader> reader(new Reader{readers_, id, stream.get(), std::move(watching)});
  readers_->by_container[id].insert(stream.get());
  const bool is_told = reader->watching != nullptr;
  stream->keep(is_told, std::move(reader));
  return stream;
}

}  // namespace skein::engine
