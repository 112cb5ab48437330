import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { capabilitiesOf } from "../../../../worker/runtime/capabilities.ts";
import { type SeccompProfile, seccompProfile } from "../../../../worker/runtime/seccomp.ts";

/** What the profile answers to a call whatever its arguments: allow, EPERM, ENOSYS, or that it depends on them. */
function answer(profile: SeccompProfile, name: string): string {
  const rules = profile.syscalls.filter(({ names }) => names.includes(name));
  if (rules.length === 0) return profile.defaultErrnoRet === 38 ? "ENOSYS" : "?";
  if (rules.some(({ args }) => args !== undefined)) return "depends";
  assert.equal(rules.length, 1, `${name} has one rule`);
  return rules[0]?.action === "SCMP_ACT_ALLOW" ? "allow" : "EPERM";
}

describe("the default system call filter", () => {
  const profile = seccompProfile(capabilitiesOf([], []), "x64");

  it("allows what programs need", () => {
    for (const name of ["read", "openat", "execve", "futex", "epoll_wait", "connect", "statx", "rseq", "chroot"]) {
      assert.equal(answer(profile, name), "allow", name);
    }
  });

  it("refuses what leads out of a container", () => {
    const refused =
      "mount unshare setns bpf keyctl ptrace reboot init_module open_by_handle_at io_uring_setup userfaultfd";
    for (const name of refused.split(" ")) assert.equal(answer(profile, name), "EPERM", name);
  });

  it("does not know what is newer than itself, nor clone3, so that libraries take their older way", () => {
    assert.equal(answer(profile, "a_call_of_the_future"), "ENOSYS");
    assert.equal(answer(profile, "clone3"), "ENOSYS");
  });

  it("looks at the arguments of clone, personality and socket", () => {
    for (const name of ["clone", "personality", "socket"]) assert.equal(answer(profile, name), "depends", name);
  });

  it("grows with capabilities, and shrinks without them", () => {
    const admin = seccompProfile(["CAP_SYS_ADMIN"], "arm64");
    for (const name of ["mount", "clone", "clone3", "setns"]) assert.equal(answer(admin, name), "allow", name);
    assert.equal(answer(admin, "chroot"), "EPERM");
    assert.deepEqual(admin.architectures, ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]);
  });

  it("names no call twice", () => {
    for (const { names } of profile.syscalls) assert.equal(new Set(names).size, names.length);
  });
});
