/** What a task is told, question by question; UPDATE_GOLDEN=1 rewrites the file, whose difference is then reviewed. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Answer, decode, type RecordType } from "dns-packet";
import type { TaskId } from "../../../shared/ids.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { answer } from "../../../worker/dns/answer.ts";
import { HostNames } from "../../../worker/dns/host-names.ts";
import { readQuery } from "../../../worker/dns/query.ts";
import { writeReply } from "../../../worker/dns/reply.ts";
import { idOf, namedEndpoint, namedService, namedTable, queryBytes, tasksOn } from "../../support/dns-objects.ts";
import { ingressTable, port } from "../../support/network-objects.ts";
import { parseTranscript, renderTranscript } from "../transcript.ts";

const FILE = join(import.meta.dirname, "answers.txt");

const backend = namedTable("backend", {
  subnets: ["10.1.0.0/24", "fd00:1::/64"],
  services: [
    namedService("shop_db", { serviceId: idOf("db"), aliases: ["db"], virtualIp: "10.1.0.2", virtualIp6: "fd00:1::2" }),
    namedService("web", { virtualIp: "10.1.0.3", aliases: ["www"] }),
    namedService("ring"),
    namedService("starting"),
  ],
  endpoints: [
    namedEndpoint("db1", "10.1.0.11/24", { address6: "fd00:1::11/64" }),
    namedEndpoint("db2", "10.1.0.12/24", { address6: "fd00:1::12/64", state: "DRAINING" }),
    namedEndpoint("web1", "10.1.0.21/24"),
    namedEndpoint("web2", "10.1.0.22/24", { state: "PENDING", names: ["web.2.x", "web.2", "own-host"] }),
    namedEndpoint("ring1", "10.1.0.31/24"),
    namedEndpoint("ring2", "10.1.0.32/24"),
    namedEndpoint("ring3", "10.1.0.33/24", { state: "PENDING" }),
    namedEndpoint("ring4", "10.1.0.34/24", { state: "DRAINING" }),
    namedEndpoint("starting1", "10.1.0.41/24", { state: "PENDING" }),
  ],
});
const frontend = namedTable("front.end", {
  subnets: ["10.2.0.0/24"],
  services: [namedService("web", { virtualIp: "10.2.0.3" }), namedService("only")],
  endpoints: [namedEndpoint("only1", "10.2.0.51/24")],
});
const ingress = {
  ...ingressTable([]),
  services: [
    namedService("db", { ports: [port("TCP", 15432, 5432)] }),
    namedService("ring", { ports: [port("UDP", 7000, 7000)] }),
  ],
};

const names = new HostNames();
names.setTables([ingress, backend, frontend]);
names.setTasks(
  tasksOn({ one: ["backend"], both: ["backend", "front.end"], turned: ["front.end", "backend"], none: ["ingress"] }),
);

function ask(task: string, name: string, type: string): string {
  const incoming = readQuery(queryBytes(name, type as RecordType, { payloadBytes: 1_232 }));
  assert.ok(incoming.kind === "query");
  const verdict = answer(names.viewOf(idOf(task) as TaskId), incoming.query, seededRandom(7), 100);
  if (verdict.kind === "forward") return "forward\n";
  const message = decode(Buffer.from(writeReply(incoming.query, verdict.reply, "udp"))) as ReturnType<typeof decode> & {
    readonly rcode: string;
  };
  const section = (title: string, records: readonly Answer[] | undefined): readonly string[] =>
    (records ?? [])
      .filter(({ type: kind }) => kind !== "OPT")
      .map((record) => {
        const {
          name: owner,
          type: kind,
          ttl,
          data,
        } = record as { name: string; type: string; ttl: number; data: object };
        return `${title} ${owner} ${ttl} ${kind} ${typeof data === "string" ? data : JSON.stringify(data)}`;
      });
  const lines = [
    message.rcode,
    ...section("answer", message.answers),
    ...section("authority", message.authorities),
    ...section("additional", message.additionals),
  ];
  return `${lines.join("\n")}\n`;
}

test("tasks are told what was reviewed", () => {
  const parts = parseTranscript(readFileSync(FILE, "utf8"));
  const cases = parts.flatMap((part) => (part.kind === "case" ? [part.value] : []));
  const outputs = cases.map(({ directive: { command, args } }) => {
    const [name = "", type = "A"] = args.map(({ key }) => key);
    return ask(command, name, type);
  });
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(FILE, renderTranscript(parts, outputs));
  cases.forEach(({ expected, line }, at) => {
    assert.equal(outputs[at], expected, `answers.txt:${line}`);
  });
  assert.ok(cases.length > 40);
});
