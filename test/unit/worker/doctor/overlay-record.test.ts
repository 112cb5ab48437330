import assert from "node:assert/strict";
import { test } from "node:test";
import { wrongChecksums } from "../../../../worker/doctor/checksum-count.ts";
import { OverlayRecord } from "../../../../worker/doctor/overlay-record.ts";

test("what was seen of each host is kept until it is tried anew, or has gone", () => {
  const record = new OverlayRecord();
  assert.equal(record.facts(), null);
  const all = new Set(["a", "b", "c"]);
  const arrived = new Map([
    ["c", 1230],
    ["a", 1450],
    ["b", 0],
  ]);
  record.note({ mtu: 1450, arrived, wrongChecksums: 7 }, all);
  const narrow = [{ nodeId: "c", bytes: 1230 }];
  assert.deepEqual(record.facts(), { mtu: 1450, hosts: 3, hostsFine: 1, narrow, wrongChecksums: 7 });
  // What was sent to it before was no larger than that.
  record.note({ mtu: 8950, arrived: new Map([["b", 8950]]), wrongChecksums: 0 }, all);
  assert.deepEqual(record.facts(), { mtu: 8950, hosts: 3, hostsFine: 2, narrow, wrongChecksums: 0 });
  record.note({ mtu: 1450, arrived: new Map(), wrongChecksums: 0 }, new Set(["a"]));
  assert.deepEqual(record.facts(), { mtu: 1450, hosts: 1, hostsFine: 1, narrow: [], wrongChecksums: 0 });
});

test("wrong checksums are read from the kernel's counters of both families", () => {
  const snmp = [
    "Tcp: ActiveOpens InCsumErrors",
    "Tcp: 3 9",
    "Udp: InDatagrams NoPorts InErrors InCsumErrors MemErrors",
    "Udp: 120 3 9 4 0",
    "UdpLite: InCsumErrors",
    "UdpLite: 99",
    "",
  ].join("\n");
  assert.equal(wrongChecksums(snmp, "Udp6InErrors   \t8\nUdp6InCsumErrors                 \t2\n"), 6);
  assert.equal(wrongChecksums("", ""), 0);
});
