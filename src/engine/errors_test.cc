// Scripts match on Docker's messages and exit codes; these are the engine's, as it sent them.
#include "engine/errors.h"

#include <gtest/gtest.h>

#include "engine/values/image_names.h"

namespace skein::engine {
namespace {

const std::string kId = "c4ea46e0dd9f1fd46d721cd845bf6ab3931323880b1172d29965d467192c4a85";
// As Podman and as Docker write them.
const std::pair<std::string, std::string> kTwoIds{std::string(kId).append(",").append(kId),
                                                  std::string(kId).append(", ").append(kId)};

struct Case {
  int status;
  std::string message;
  int wanted_status;
  std::string wanted;
};

TEST(EngineErrors, are_told_in_dockers_words) {
  ErrorSubject subject{.container = "c1", .image = "nosuch"};
  for (
      const Case& c : std::vector<Case>{
          {500,
           "container create: creating container storage: the container name \"c1\" is already in use by " + kId +
               ". You have to remove that container to be able to reuse that name: that name is already in use",
           409,
           "Conflict. The container name \"/c1\" is already in use by container \"" + kId +
               "\". You have to remove (or rename) that container to be able to reuse that name."},
          {404, "no such image: docker.io/library/nosuch: image not known", 404, "No such image: nosuch:latest"},
          {404, "failed to find image nosuch: docker.io/library/nosuch: No such image", 404,
           "No such image: nosuch:latest"},
          {404, "no container with name or ID \"c1\" found: no such container", 404, "No such container: c1"},
          {404, "no volume with name \"c1\" found: no such volume", 404, "get c1: no such volume"},
          {409,
           "volume " + std::string(64, 'a') + " is being used by the following container(s): " + kTwoIds.first +
               ": volume is being used",
           409, "remove c1: volume is in use - [" + kTwoIds.second + "]"},
          {404, "no container with name or ID \"other\" found: no such container", 404, "No such container: other"},
          {500, "container create: \"CAP_NOPE\": unknown capability", 400,
           "invalid CapAdd: unknown capability: \"CAP_NOPE\""},
          {500, "container create: requested CPUs are not available - requested 99, available: 0-1", 400,
           "Requested CPUs are not available - requested 99, available: 0-1"},
          {500, "unable to find user nosuch: no matching entries in passwd file", 400,
           "unable to find user nosuch: no matching entries in passwd file"},
          {500, "looking up supplemental groups for container " + kId + ": Unable to find group nosuch: no matching",
           400, "Unable to find group nosuch: no matching"},
          {500, "can only kill running containers. " + kId + " is in state exited: container state improper", 409,
           "Cannot kill container: c1: Container " + kId + " is not running"},
          {500,
           "cannot remove container " + kId +
               " as it is running - running or paused containers cannot be removed without force: "
               "container state improper",
           409,
           "cannot remove container \"/c1\": container is running: stop the container before removing or force "
           "remove"},
          {404, "", 404, "No such container: c1"},
          {500, "decode(): json: cannot unmarshal number into Go struct field CreateContainerConfig.Cmd of type string",
           400,
           "invalid JSON: json: cannot unmarshal number into Go struct field CreateContainerConfig.Cmd of type string"},
          {500, "something else", 500, "something else"}}) {
    auto error = docker_error(c.status, c.message, subject);
    EXPECT_EQ(error.status, c.wanted_status) << c.message;
    EXPECT_EQ(error.message, c.wanted);
  }
}

TEST(EngineErrors, a_command_that_does_not_exist_makes_the_client_exit_127) {
  // The client looks for exactly these words.
  auto error = docker_error(
      500,
      "crun: executable file `nosuchcmd` not found in $PATH: No such file or directory: OCI runtime attempted "
      "to invoke a command that was not found",
      {});
  EXPECT_EQ(error.status, 400);
  EXPECT_NE(error.message.find("exec: \"nosuchcmd\": executable file not found in $PATH"), std::string::npos);
  EXPECT_NE(docker_error(500, "crun: open executable: Permission denied: OCI permission denied", {})
                .message.find("permission denied"),
            std::string::npos);
  // A host without the right to raise a limit is not the container's fault.
  EXPECT_EQ(
      docker_error(500, "crun: setrlimit `RLIMIT_NPROC`: Operation not permitted: OCI permission denied", {}).status,
      500);
}

TEST(EngineErrors, a_command_that_cannot_be_started_is_named) {
  ErrorSubject subject{.container = "c1", .image = "", .command = "/etc"};
  EXPECT_NE(docker_error(500, "crun: open executable: Operation not permitted: OCI permission denied", subject)
                .message.find("unable to start container process: exec: \"/etc\": permission denied: unknown"),
            std::string::npos);
  EXPECT_NE(docker_error(500, "crun: executable file `/nosuch/x` not found in $PATH: No such file or directory", {})
                .message.find("exec: \"/nosuch/x\": stat /nosuch/x: no such file or directory: unknown"),
            std::string::npos);
}

TEST(EngineErrors, a_container_without_a_command_is_refused_in_dockers_words) {
  auto error =
      docker_error(500, "container create: no command or entrypoint provided, and no CMD or ENTRYPOINT from image", {});
  EXPECT_EQ(error.status, 400);
  EXPECT_EQ(error.message, "No command specified");
}

TEST(ContainerErrors, a_container_that_just_ends_is_told_from_a_fault) {
  EXPECT_TRUE(is_of_ending_container(500, "read /proc/1294/cgroup: no such process"));
  EXPECT_TRUE(is_of_ending_container(500, "open /proc/1294/cgroup: no such file or directory"));
  EXPECT_FALSE(is_of_ending_container(404, "no such container"));
  EXPECT_FALSE(is_of_ending_container(500, "cannot read /proc/1294/cgroup: permission denied"));
}

TEST(ImageNames, are_shown_in_dockers_short_form) {
  EXPECT_EQ(familiar_image("docker.io/library/busybox:latest"), "busybox:latest");
  EXPECT_EQ(familiar_image("localhost/busybox:latest"), "busybox:latest");
  EXPECT_EQ(familiar_image("docker.io/a/b:1"), "a/b:1");
  EXPECT_EQ(familiar_image("quay.io/a/b"), "quay.io/a/b");
  EXPECT_EQ(familiar_image("localhost:5000/a"), "localhost:5000/a");
  EXPECT_EQ(with_tag("localhost:5000/a"), "localhost:5000/a:latest");
  EXPECT_EQ(with_tag("a:1"), "a:1");
  EXPECT_EQ(with_tag("a@sha256:0"), "a@sha256:0");
}

}  // namespace
}  // namespace skein::engine
