import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LogDestination } from "../../../../shared/objects/log-destination.ts";
import { MESSAGE_BYTES_MAX, messagesOf, type SentLog } from "../../../../worker/logs/log-messages.ts";
import type { LogEntry } from "../../../../worker/ports/task-executor.ts";

const AT_MS = Date.UTC(2026, 10, 30, 8, 5, 7, 42);
const entry = (text: string, part: Partial<LogEntry> = {}): LogEntry => ({
  ...{ timestampMs: AT_MS, nanos: 123_456, stream: "STDOUT", text: Buffer.from(text), partial: false },
  ...{ generation: 1, offset: 10, ...part },
});
const log = (destination: LogDestination): SentLog => ({
  ...{ destination, tag: "web one", containerId: "c".repeat(64), name: "web.1.x", imageName: "nginx" },
  attributes: [
    ["com.example/tier", "front\nback"],
    ["_9", "x"],
  ],
});
const syslog = (part: Partial<Extract<LogDestination, { kind: "syslog" }>>): LogDestination => ({
  ...{ kind: "syslog", server: { kind: "udp", host: "log", port: 514 }, facility: 3, format: "rfc5424", ...part },
});
const said = (line: LogEntry, destination: LogDestination): readonly string[] =>
  messagesOf(line, log(destination), { hostname: "host1", pid: 7 }).map((bytes) => Buffer.from(bytes).toString());

describe("a line of a log that is sent", () => {
  it("says who, when and how bad it is, in the format that is asked for", () => {
    assert.deepEqual(said(entry("hello"), syslog({})), ["<30>1 2026-11-30T08:05:07Z host1 web_one 7 web_one - hello"]);
    assert.deepEqual(said(entry("no", { stream: "STDERR" }), syslog({ format: "rfc5424micro", facility: 16 })), [
      "<131>1 2026-11-30T08:05:07.042123Z host1 web_one 7 web_one - no",
    ]);
    assert.match(
      said(entry("hi"), syslog({ format: "rfc3164" })).join(),
      /^<30>Nov 30 \d\d:05:07 host1 web_one\[7\]: hi$/,
    );
    const local = syslog({ format: "", server: { kind: "local" } });
    assert.match(
      said(entry("hi"), local).join(),
      /^<30>Nov 30 \d\d:05:07 web_one\[7\]: hi$/,
      "who it is goes without saying",
    );
  });

  it("ends where the next one begins, on a stream, and is one line whatever it holds", () => {
    const stream = syslog({ server: { kind: "tcp", host: "log", port: 514 } });
    assert.match(said(entry("a\nb"), stream).join(), / - a b\n$/);
  });

  it("goes in parts where it is longer than a datagram", () => {
    const parts = said(entry("x".repeat(MESSAGE_BYTES_MAX + 1)), { kind: "journald" });
    assert.equal(parts.length, 2);
    assert.ok(parts[0]?.includes("CONTAINER_PARTIAL_MESSAGE") && !parts[1]?.includes("CONTAINER_PARTIAL_MESSAGE"));
  });

  it("is to the journal a number of fields, whose values may hold anything", () => {
    const [bytes] = messagesOf(entry("hello"), log({ kind: "journald" }), { hostname: "host1", pid: 7 });
    const fields = new Map<string, string>();
    for (let at = 0, all = Buffer.from(bytes ?? []); at < all.length; ) {
      const line = all.indexOf(0x0a, at);
      const length = Number(all.readBigUInt64LE(line + 1));
      fields.set(all.subarray(at, line).toString(), all.subarray(line + 9, line + 9 + length).toString());
      at = line + 9 + length + 1;
    }
    assert.deepEqual(Object.fromEntries(fields), {
      ...{ PRIORITY: "6", CONTAINER_ID: "c".repeat(12), CONTAINER_ID_FULL: "c".repeat(64), CONTAINER_NAME: "web.1.x" },
      ...{ CONTAINER_TAG: "web one", SYSLOG_IDENTIFIER: "web one", IMAGE_NAME: "nginx", MESSAGE: "hello" },
      ...{ SYSLOG_TIMESTAMP: "2026-11-30T08:05:07.042123Z", COM_EXAMPLE_TIER: "front\nback" },
    });
  });
});
