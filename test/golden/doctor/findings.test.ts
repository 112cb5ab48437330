/** What people read, fault by fault; UPDATE_GOLDEN=1 rewrites the file, whose difference is then reviewed. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { diagnose } from "../../../shared/doctor/diagnose.ts";
import type { SwarmFacts } from "../../../shared/doctor/swarm-facts.ts";
import type { WayFacts } from "../../../shared/rpc/gen/doctor.ts";
import { GIB, hostFacts, NOW_MS, portSeen, published, swarmOf } from "../../support/doctor-facts.ts";

const FILE = join(import.meta.dirname, "findings.txt");
const HOSTS = ["host1", "host2", "host3"];
const DAY_MS = 86_400_000;

const dataPath = (part: object) => {
  const healthy = hostFacts().dataPath;
  assert.ok(healthy !== null);
  return { dataPath: { ...healthy, ...part } };
};
const only =
  <Part extends object>(host: string, part: Part) =>
  (name: string): Part | Record<string, never> =>
    name === host ? part : {};
const wayFrom = (from: string, to: string, part: Partial<WayFacts>) => (a: string, b: string) =>
  a === from && b === to ? part : {};
const between = (one: string, other: string, part: Partial<WayFacts>) => (a: string, b: string) =>
  [a, b].sort().join() === [one, other].sort().join() ? part : {};

const CASES: Readonly<Record<string, SwarmFacts>> = {
  "nothing is wrong": swarmOf(HOSTS, {
    ports: [published()],
    facts: () => ({ ports: [portSeen(80)] }),
  }),
  "a swarm of one host": swarmOf(["host1"]),
  "UDP 4789 is blocked between two hosts, both ways": swarmOf(HOSTS, {
    way: between("host1", "host2", { overlay: "SILENT", overlayBytes: 0 }),
  }),
  "UDP 4789 from host2 does not reach host1": swarmOf(HOSTS, {
    way: wayFrom("host1", "host2", { overlay: "SILENT", overlayBytes: 0 }),
  }),
  "large packets are lost between two hosts": swarmOf(HOSTS, {
    way: between("host1", "host3", { overlayBytes: 1350 }),
  }),
  "gossip by UDP is blocked between two hosts": swarmOf(HOSTS, {
    way: between("host2", "host3", { gossipUdp: "SILENT" }),
  }),
  "a manager's port is not reached from one host": swarmOf(HOSTS, {
    way: wayFrom("host3", "host1", { manager: "SILENT" }),
  }),
  "nobody listens for gossip on one host": swarmOf(HOSTS, {
    way: (_, to) => (to === "host2" ? { gossipTcp: "REFUSED", gossipUdp: "SILENT" } : {}),
  }),
  "a host is down: said once": swarmOf(HOSTS, {
    way: (_, to) =>
      to === "host3" ? { gossipTcp: "SILENT", gossipUdp: "SILENT", manager: "SILENT", overlay: "UNTRIED" } : {},
    node: only("host3", {
      state: "DOWN",
      message: "gossip dead for 4 s; session silent for 5 s; seen by 2 of 2; its host does not answer",
      facts: null,
      clock: null,
      manager: { isReachable: false },
    }),
  }),
  "a host does not answer the examination": swarmOf(HOSTS, { node: only("host2", { facts: null }) }),
  "a host is cut off from the leader, but not from the others": swarmOf(HOSTS, {
    way: wayFrom("host1", "host3", { gossipTcp: "SILENT", gossipUdp: "SILENT", manager: "SILENT", overlay: "UNTRIED" }),
    node: only("host3", { state: "DISCONNECTED", message: "session silent for 40 s", facts: null, clock: null }),
  }),
  "a host sends nothing through the overlay, since its own device is down": swarmOf(HOSTS, {
    way: (from, to) =>
      from === "host2" ? { overlay: "UNTRIED", overlayBytes: 0 } : to === "host2" ? { overlay: "SILENT" } : {},
    facts: only("host2", dataPath({ overlayUp: false })),
  }),
  "two managers": swarmOf(["host1", "host2"]),
  "one manager of three hosts": swarmOf(HOSTS, { node: (name) => (name === "host1" ? {} : { manager: null }) }),
  "no task is ready": swarmOf(HOSTS, {
    ports: [published({ ready: 0 })],
    facts: () => ({ ports: [portSeen(80, { reach: "REFUSED" })] }),
  }),
  "a service without tasks": swarmOf(HOSTS, { ports: [published({ ready: 0, wanted: 0 })] }),
  "the program in the container does not listen": swarmOf(HOSTS, {
    ports: [published()],
    facts: () => ({ ports: [portSeen(80, { reach: "REFUSED" })] }),
  }),
  "a published port works on all hosts but one": swarmOf(HOSTS, {
    ports: [published()],
    facts: (name) => ({ ports: [portSeen(80, { reach: name === "host2" ? "SILENT" : "ACCEPTED" })] }),
  }),
  "a published port answers over IPv4 alone": swarmOf(HOSTS, {
    ports: [published()],
    facts: () => ({ ports: [portSeen(80, { reach6: "REFUSED" })] }),
  }),
  "a published port works over IPv6 on all hosts but one, and one has no IPv6": swarmOf(HOSTS, {
    ports: [published()],
    facts: (name) => ({
      ports: [portSeen(80, { reach6: name === "host1" ? "UNTRIED" : name === "host2" ? "SILENT" : "ACCEPTED" })],
    }),
  }),
  "a firewall of a host blocks a published port": swarmOf(HOSTS, {
    ports: [published()],
    facts: (name) => ({
      ports: [portSeen(80)],
      otherPorts: [portSeen(80, { reach: name === "host1" ? "SILENT" : "ACCEPTED" })],
    }),
    node: (name) => ({ triedPortsOf: name === "host1" ? "host2" : "host1" }),
  }),
  "other programs listen on a published port, before and after it was published": swarmOf(HOSTS, {
    ports: [published()],
    facts: (name) => ({
      ports: [
        portSeen(80, {
          listener:
            name === "host1"
              ? null
              : {
                  ...{ protocol: "TCP", port: 80, address: "0.0.0.0" },
                  ...(name === "host2" ? { program: "nginx", clash: "LEFT" } : { program: "", clash: "TAKEN" }),
                },
        }),
      ],
    }),
  }),
  "clocks differ, a little and a lot": swarmOf(HOSTS, {
    node: (name) =>
      name === "host1" ? {} : { clock: { offsetMs: name === "host2" ? -2_500 : 7_200_000, uncertaintyMs: 100 } },
  }),
  "no name server of a host answers": swarmOf(HOSTS, {
    facts: only("host2", {
      names: { address: "172.30.0.1", fault: "", upstreams: [{ address: "192.0.2.53", answered: false }] },
    }),
  }),
  "one of two does, and the tasks' own server is not there": swarmOf(HOSTS, {
    facts: only("host2", {
      names: {
        ...{ address: "", fault: "" },
        upstreams: ["192.0.2.53", "192.0.2.54"].map((address, at) => ({ address, answered: at === 1 })),
      },
    }),
  }),
  "a kernel without VXLAN": swarmOf(HOSTS, {
    facts: only("host1", dataPath({ overlayUp: false, failures: ["device sw-vx4096: Operation not supported"] })),
  }),
  "foreign rules, forwarding off, and damage that was repaired": swarmOf(HOSTS, {
    facts: only(
      "host1",
      dataPath({
        forwards: false,
        foreignDrops: ["ip filter FORWARD"],
        inputDrops: ["ip filter INPUT"],
        repaired: ["our table of packet rules was missing"],
      }),
    ),
  }),
  "certificates and disks": swarmOf(HOSTS, {
    facts: (name) =>
      name === "host1"
        ? { certificate: { notBeforeMs: NOW_MS - 87 * DAY_MS, notAfterMs: NOW_MS + 3 * DAY_MS } }
        : {
            certificate: {
              notBeforeMs: NOW_MS - 90 * DAY_MS,
              notAfterMs: NOW_MS - (name === "host2" ? 1 : -80 * DAY_MS),
            },
            disk: { path: "/var/lib/swarm", totalBytes: 20 * GIB, freeBytes: name === "host2" ? 2 * GIB : GIB / 10 },
          },
  }),
};

test("findings read as in findings.txt", () => {
  const text = Object.entries(CASES)
    .map(([title, facts]) => `# ${title}\n${shown(facts).map(line).join("\n")}\n`)
    .join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(FILE, text);
  assert.equal(text, readFileSync(FILE, "utf8"));
});

/** What is not fine, or else everything. */
function shown(facts: SwarmFacts): ReturnType<typeof diagnose> {
  const findings = diagnose(facts);
  const faults = findings.filter(({ severity }) => severity !== "FINE");
  return faults.length > 0 ? faults : findings;
}

function line({ severity, what, where, result, mend }: ReturnType<typeof diagnose>[number]): string {
  return `${severity} | ${what} | ${where} | ${result}${mend === "" ? "" : `\n    ${mend}`}`;
}
