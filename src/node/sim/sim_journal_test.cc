// The simulated disk keeps what every journal promises, also while each append takes its time.
#include "io/loop/virtual_loop.h"
#include "node/sim/sim_journal_for_test.h"
#include "store/journal_contract_for_test.h"

namespace skein::node {
namespace {

class SimPlace final : public store::JournalPlace {
 public:
  SimPlace() { disk_.slowness = std::chrono::milliseconds(200); }
  boost::asio::io_context& context() override { return loop_.context(); }
  void run() override { loop_.run_until(loop_.now() + std::chrono::seconds(1)); }
  std::unique_ptr<store::Journal> open() override {
    return std::make_unique<SimJournal>(loop_.context().get_executor(), disk_, "swarm.db", random_);
  }
  void set_failing(bool is_failing) override { disk_.is_full = is_failing; }

 private:
  io::VirtualLoop loop_;
  SeededRandom random_{1};
  SimDisk disk_;
};

using store::JournalContract;

INSTANTIATE_TEST_SUITE_P(SimDisk, JournalContract,
                         testing::Values(store::JournalForm{"slow", [] { return std::make_unique<SimPlace>(); }}),
                         [](const auto& form) { return form.param.name; });

}  // namespace
}  // namespace skein::node
