import assert from "node:assert/strict";
import { test } from "node:test";
import { swarmResolvConf } from "../../../../worker/runtime/container-files.ts";

const HOSTS_OWN = "nameserver 10.0.0.1\nsearch corp.example\noptions timeout:2\n";
const lines = (text: string): readonly string[] => text.trimEnd().split("\n");

test("a task with names of its own asks this host alone, short names first as they are", () => {
  assert.deepEqual(lines(swarmResolvConf("127.0.0.11", HOSTS_OWN, null)), [
    "nameserver 127.0.0.11",
    "search corp.example",
    "options timeout:2 ndots:0",
  ]);
  assert.deepEqual(lines(swarmResolvConf("127.0.0.11", "", null)), ["nameserver 127.0.0.11", "options ndots:0"]);
});

test("what the service says of search domains and options counts, and its name servers are asked by this host", () => {
  const dns = { nameservers: ["9.9.9.9"], search: ["svc.example"], options: ["ndots:2", "rotate"] };
  assert.deepEqual(lines(swarmResolvConf("127.0.0.11", HOSTS_OWN, dns)), [
    "nameserver 127.0.0.11",
    "search svc.example",
    "options ndots:2 rotate",
  ]);
});
