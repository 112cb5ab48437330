import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mountCommand, mountComplaint, nameToResolve } from "../../../../worker/volumes/mount-command.ts";

const described = (options: Readonly<Record<string, string>>) => ({ options, labels: {} });
/** As `use` does it, where every name has the address 10.0.0.9. */
function command(options: Readonly<Record<string, string>>): string {
  const address = nameToResolve(described(options)) === null ? null : "10.0.0.9";
  return mountCommand(described(options), "/v/_data", address).join(" ");
}

describe("the command that mounts a volume", () => {
  for (const [options, expected] of [
    [{ type: "tmpfs", device: "tmpfs" }, "--types tmpfs -- tmpfs"],
    [{ type: "tmpfs", device: "tmpfs", o: "size=1m,uid=5" }, "--types tmpfs --options size=1m,uid=5 -- tmpfs"],
    [{ type: "none", device: "/srv", o: "bind" }, "--types none --options bind -- /srv"],
    [{ type: "ext4", device: "-x" }, "--types ext4 -- -x"],
    [{ type: "nfs", device: ":/srv", o: "addr=10.0.0.1,rw" }, "--types nfs --options addr=10.0.0.1,rw -- :/srv"],
    [{ type: "nfs", device: ":/srv", o: "rw,addr=files" }, "--types nfs --options rw,addr=10.0.0.9 -- :/srv"],
    [{ type: "nfs4", device: "files:/srv" }, "--types nfs4 --options addr=10.0.0.9 -- files:/srv"],
    [{ type: "nfs", device: "10.0.0.1:/srv" }, "--types nfs --options addr=10.0.0.1 -- 10.0.0.1:/srv"],
    [{ type: "nfs", device: "[fd00::1]:/srv" }, "--types nfs --options addr=fd00::1 -- [fd00::1]:/srv"],
    [{ type: "nfs", device: ":/srv" }, "--types nfs -- :/srv"],
    [{ type: "cifs", device: "//files/a", o: "guest" }, "--types cifs --options guest,addr=10.0.0.9 -- //files/a"],
    [{ type: "ext4", device: "files:/srv", o: "addr=files" }, "--types ext4 --options addr=files -- files:/srv"],
  ] as const) {
    it(`of ${JSON.stringify(options)}`, () => {
      assert.equal(command(options), `mount --internal-only ${expected} /v/_data`);
    });
  }

  it("is complained about without the place", () => {
    const said = "mount: /v/x/_data: special device /nosuch does not exist.\n       dmesg(1) may have more\n";
    assert.equal(mountComplaint(said), "there is no /nosuch there");
    assert.equal(mountComplaint("mount: bad usage\n"), "bad usage");
    assert.equal(mountComplaint(""), "mount gave no reason");
  });
});
