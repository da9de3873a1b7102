// Docker's words for the enumerations in services and tasks.
#pragma once

#include "api/replies/words.h"
#include "wire/proto/objects.pb.h"

namespace skein::api {

namespace swarm = docker::swarmkit::v1;

inline constexpr Words<swarm::Mount::T, 4> kMountTypes{"invalid MountType: \"%\"",
                                                       {{{swarm::Mount::BIND, "bind"},
                                                         {swarm::Mount::VOLUME, "volume"},
                                                         {swarm::Mount::TMPFS, "tmpfs"},
                                                         {swarm::Mount::NPIPE, "npipe"}}}};

inline constexpr Words<swarm::Mount::C, 4> kMountConsistencies{"invalid MountConsistency: \"%\"",
                                                               {{{swarm::Mount::DEFAULT, "default"},
                                                                 {swarm::Mount::CONSISTENT, "consistent"},
                                                                 {swarm::Mount::CACHED, "cached"},
                                                                 {swarm::Mount::DELEGATED, "delegated"}}}};

inline constexpr Words<swarm::Mount::BindOptions::P, 6> kPropagations{
    "invalid MountPropagation: \"%\"",
    {{{swarm::Mount::BindOptions::RPRIVATE, "rprivate"},
      {swarm::Mount::BindOptions::PRIVATE, "private"},
      {swarm::Mount::BindOptions::RSHARED, "rshared"},
      {swarm::Mount::BindOptions::SHARED, "shared"},
      {swarm::Mount::BindOptions::RSLAVE, "rslave"},
      {swarm::Mount::BindOptions::SLAVE, "slave"}}}};

inline constexpr Words<swarm::ContainerSpec::Isolation, 3> kIsolations{
    "invalid Isolation: \"%\"",
    {{{swarm::ContainerSpec::ISOLATION_DEFAULT, "default"},
      {swarm::ContainerSpec::ISOLATION_PROCESS, "process"},
      {swarm::ContainerSpec::ISOLATION_HYPERV, "hyperv"}}}};

inline constexpr Words<swarm::Privileges::SeccompOpts::Mode, 3> kSeccompModes{
    "invalid Seccomp mode: \"%\"",
    {{{swarm::Privileges::SeccompOpts::DEFAULT, "default"},
      {swarm::Privileges::SeccompOpts::UNCONFINED, "unconfined"},
      {swarm::Privileges::SeccompOpts::CUSTOM, "custom"}}}};

inline constexpr Words<swarm::Privileges::AppArmorOpts::Mode, 2> kAppArmorModes{
    "invalid AppArmor mode: \"%\"",
    {{{swarm::Privileges::AppArmorOpts::DEFAULT, "default"}, {swarm::Privileges::AppArmorOpts::DISABLED, "disabled"}}}};

inline constexpr Words<swarm::RestartPolicy::C, 3> kRestartConditions{
    "invalid RestartCondition: \"%\"",
    {{{swarm::RestartPolicy::NONE, "none"},
      {swarm::RestartPolicy::ON_FAILURE, "on-failure"},
      {swarm::RestartPolicy::ANY, "any"}}}};

inline constexpr Words<swarm::UpdateConfig::FailureAction, 3> kFailureActions{
    "unrecognized update failure action %",
    {{{swarm::UpdateConfig::PAUSE, "pause"},
      {swarm::UpdateConfig::CONTINUE, "continue"},
      {swarm::UpdateConfig::ROLLBACK, "rollback"}}}};

inline constexpr Words<swarm::UpdateConfig::Order, 2> kUpdateOrders{
    "unrecognized update order %",
    {{{swarm::UpdateConfig::STOP_FIRST, "stop-first"}, {swarm::UpdateConfig::START_FIRST, "start-first"}}}};

inline constexpr Words<swarm::UpdateStatus::State, 6> kUpdateStates{
    "unrecognized update state %",
    {{{swarm::UpdateStatus::UPDATING, "updating"},
      {swarm::UpdateStatus::PAUSED, "paused"},
      {swarm::UpdateStatus::COMPLETED, "completed"},
      {swarm::UpdateStatus::ROLLBACK_STARTED, "rollback_started"},
      {swarm::UpdateStatus::ROLLBACK_PAUSED, "rollback_paused"},
      {swarm::UpdateStatus::ROLLBACK_COMPLETED, "rollback_completed"}}}};

inline constexpr Words<swarm::EndpointSpec::Mode, 2> kResolutionModes{
    "invalid resolution mode: \"%\"", {{{swarm::EndpointSpec::VIP, "vip"}, {swarm::EndpointSpec::DNSRR, "dnsrr"}}}};

inline constexpr Words<swarm::PortConfig::Protocol, 3> kPortProtocols{
    "invalid protocol: \"%\"",
    {{{swarm::PortConfig::TCP, "tcp"}, {swarm::PortConfig::UDP, "udp"}, {swarm::PortConfig::SCTP, "sctp"}}}};

inline constexpr Words<swarm::PortConfig::Mode, 2> kPublishModes{
    "invalid publish mode: \"%\"", {{{swarm::PortConfig::INGRESS, "ingress"}, {swarm::PortConfig::HOST, "host"}}}};

inline constexpr Words<swarm::TaskState, 14> kTaskStates{"invalid task state: \"%\"",
                                                         {{{swarm::NEW, "new"},
                                                           {swarm::PENDING, "pending"},
                                                           {swarm::ASSIGNED, "assigned"},
                                                           {swarm::ACCEPTED_, "accepted"},
                                                           {swarm::PREPARING, "preparing"},
                                                           {swarm::READY_, "ready"},
                                                           {swarm::STARTING, "starting"},
                                                           {swarm::RUNNING, "running"},
                                                           {swarm::COMPLETE_, "complete"},
                                                           {swarm::SHUTDOWN, "shutdown"},
                                                           {swarm::FAILED_, "failed"},
                                                           {swarm::REJECTED, "rejected"},
                                                           {swarm::REMOVE_, "remove"},
                                                           {swarm::ORPHANED, "orphaned"}}}};

}  // namespace skein::api
