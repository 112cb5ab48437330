import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { logDestination } from "../../../shared/objects/log-destination.ts";
import { DEFAULT_LOG_LIMITS, logLimits } from "../../../shared/objects/log-driver.ts";

const syslog = (options: Readonly<Record<string, string>>) => ({ name: "syslog", options });

describe("where a log is sent", () => {
  const servers: readonly (readonly [string, unknown])[] = [
    ["", { kind: "local" }],
    ["udp://192.168.0.9", { kind: "udp", host: "192.168.0.9", port: 514 }],
    ["tcp://log.example.com:1514", { kind: "tcp", host: "log.example.com", port: 1_514 }],
    ["tcp://[fd00::1]:601", { kind: "tcp", host: "fd00::1", port: 601 }],
    ["unixgram:///dev/log", { kind: "unixgram", path: "/dev/log" }],
  ];
  for (const [address, server] of servers)
    it(`is ${address || "this host's syslog"}`, () => {
      const destination = logDestination(syslog({ "syslog-address": address, "syslog-facility": "local1" }));
      assert.deepEqual(destination, { kind: "syslog", server, facility: 17, format: "" });
    });

  it("is the journal, or nowhere else than here", () => {
    assert.deepEqual(logDestination({ name: "journald", options: {} }), { kind: "journald" });
    for (const name of ["", "json-file", "none"]) assert.equal(logDestination({ name, options: {} }), null);
  });

  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ "syslog-address": "192.168.0.9" }, /^invalid syslog-address "192\.168\.0\.9": expected udp:\/\/, tcp:\/\//],
    [{ "syslog-address": "udp://a:70000" }, /expected udp:\/\/HOST\[:PORT\]$/],
    [{ "syslog-address": "unix://log" }, /expected unix:\/\/\/PATH$/],
    [{ "syslog-address": "tcp+tls://a" }, /send to a relay on the host/],
    [{ "syslog-facility": "24" }, /^invalid syslog-facility "24"/],
    [{ "syslog-format": "json" }, /^invalid syslog-format "json"/],
    [{ "max-size": "10m" }, /^unknown log option "max-size" for log driver syslog/],
  ];
  for (const [options, message] of wrong)
    it(`is refused: ${JSON.stringify(options)}`, () =>
      assert.throws(() => logLimits(syslog(options)), { code: "invalidArgument", message }));

  it("leaves as much here as is asked for", () => {
    const options = { "cache-max-size": "1m", "cache-max-file": "5", tag: "{{.Name}}" };
    assert.deepEqual(logLimits(syslog(options)), { bytesMax: 1_000_000, filesMax: 5 });
    assert.deepEqual(logLimits({ name: "journald", options: {} }), DEFAULT_LOG_LIMITS);
  });
});
