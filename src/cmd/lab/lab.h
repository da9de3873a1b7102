// `skein lab`: simulated hosts on one machine, for demos, workshops and integration tests.
//
// A host is a set of namespaces (net, mount, pid, uts, ipc, cgroup) held by a small init, joined to the other hosts by
// a switch, with one skeind in it. docs/guide/lab.md is the user's view, docs/design/lab.md the builder's.
#pragma once

namespace skein::lab {

// `argv` begins with "lab". Returns the exit status of the program: 0, 1 for an error (told on stderr), 2 for wrong
// usage; for `exec` that of the command run.
int lab_main(int argc, char** argv);

// The inside of one host: pid 1 of its pid namespace. `argv` begins with "lab-init". Started by `skein lab up` only.
int lab_init_main(int argc, char** argv);

}  // namespace skein::lab
