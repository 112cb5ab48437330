import assert from "node:assert/strict";
import { test } from "node:test";
import { HostServers, serversOf } from "../../../../worker/dns/host-servers.ts";
import { RESOLV_CONF_FRESH_MS } from "../../../../worker/dns/limits.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

test("the host's servers are asked, those on its loopback too, but not this one and none that is no address", () => {
  const text =
    "# x\nnameserver 127.0.0.53\n nameserver\tfe80::1%eth0\nnameserver own\nnameserver 172.31.240.1\nsearch a.b\n";
  assert.deepEqual(serversOf(text, "172.31.240.1"), ["127.0.0.53", "fe80::1%eth0"]);
});

test("at most three, and each once", () => {
  const text = ["1.1.1.1", "1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"]
    .map((address) => `nameserver ${address}`)
    .join("\n");
  assert.deepEqual(serversOf(text, null), ["1.1.1.1", "2.2.2.2", "3.3.3.3"]);
});

test("a host that names none asks public ones, as Docker does", () => {
  assert.deepEqual(serversOf("search example.com\n", null), ["8.8.8.8", "8.8.4.4"]);
});

test("the list is read when somebody asks, once for all who do, and kept when it cannot be read", async () => {
  const clock = new VirtualClock();
  let reads = 0;
  let text: string | null = "nameserver 1.1.1.1\n";
  const servers = new HostServers(async () => {
    reads++;
    if (text === null) throw new Error("too many open files");
    return text;
  }, clock);
  assert.deepEqual(await Promise.all([servers.servers(null), servers.servers(null)]), [["1.1.1.1"], ["1.1.1.1"]]);
  assert.equal(reads, 1);
  await clock.run(RESOLV_CONF_FRESH_MS);
  text = null;
  assert.deepEqual(await servers.servers(null), ["1.1.1.1"]);
  text = "nameserver 2.2.2.2\n";
  assert.deepEqual(await servers.servers(null), ["1.1.1.1"]);
  await clock.run(RESOLV_CONF_FRESH_MS);
  assert.deepEqual(await servers.servers(null), ["2.2.2.2"]);
});
