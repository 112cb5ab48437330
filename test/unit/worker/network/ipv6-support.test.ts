import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObservedLink, ObservedState } from "../../../../worker/netlink/state.ts";
import { keepHeedingRouters } from "../../../../worker/network/ipv6-support.ts";

const link = (name: string, kind = ""): ObservedLink => ({ name, kind, up: true, mtu: 1500, mac: "", vxlan: null });
const route = (device: string, protocol: number): ObservedState["routes"][number] => ({
  ...{ kind: "unicast", destination: "::/0", device, via: "fe80::1", source: null, protocol },
});

/** A kernel's settings, and what is written to them. */
function kernelOf(settings: Readonly<Record<string, string>>) {
  const written: string[] = [];
  const kernel = {
    readSetting: (path: string): string | null => settings[path] ?? null,
    writeSetting: (path: string, value: string): void => void written.push(`${path}=${value}`),
  };
  return { kernel, written };
}

const heeding = (...devices: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    devices.flatMap((device) => [
      [`net/ipv6/conf/${device}/accept_ra`, "1"],
      [`net/ipv6/conf/${device}/forwarding`, "0"],
    ]),
  );

test("hardware that heeds routers goes on doing so, and so does a device with a route by one", () => {
  const links = [link("eth0"), link("wg0", "wireguard"), link("docker0", "bridge"), link("veth1", "veth")];
  const { kernel, written } = kernelOf(heeding("eth0", "wg0", "docker0", "veth1"));
  const said = keepHeedingRouters(kernel, { links, routes: [route("wg0", 9), route("docker0", 2)] });
  assert.deepEqual(written, ["net/ipv6/conf/eth0/accept_ra=2", "net/ipv6/conf/wg0/accept_ra=2"]);
  assert.deepEqual(
    said.map((sentence) => /^device (\S+) goes on heeding/.exec(sentence)?.[1]),
    ["eth0", "wg0"],
  );
});

test("nothing is changed where routers are not heeded, where the host forwards already, and on loopback and our own", () => {
  const settings = {
    ...heeding("lo", "sw-vx4096", "swe-6666xxxxxxx"),
    ...{ "net/ipv6/conf/eth0/accept_ra": "0", "net/ipv6/conf/eth0/forwarding": "0" },
    ...{ "net/ipv6/conf/eth1/accept_ra": "1", "net/ipv6/conf/eth1/forwarding": "1" },
  };
  const links = ["lo", "sw-vx4096", "swe-6666xxxxxxx", "eth0", "eth1", "eth2"].map((name) => link(name));
  const { kernel, written } = kernelOf(settings);
  assert.deepEqual(keepHeedingRouters(kernel, { links, routes: [route("sw-vx4096", 9)] }), []);
  assert.deepEqual(written, []);
});
