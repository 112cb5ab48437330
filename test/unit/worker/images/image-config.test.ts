import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { labelsOf } from "../../../../shared/objects/labels.ts";
import { parseImageConfig } from "../../../../worker/images/image-config.ts";

describe("an image's configuration", () => {
  it("is read in full", () => {
    const config = parseImageConfig(
      JSON.stringify({
        config: {
          Entrypoint: ["/run.sh"],
          Cmd: ["serve"],
          Env: ["A=1"],
          User: "web",
          WorkingDir: "/srv",
          StopSignal: "SIGQUIT",
          Volumes: { "/b": {}, "/a": {} },
          Healthcheck: { Test: ["CMD", "true"], Interval: 5_000_000_000, StartInterval: 1_000_000_000, Retries: 2 },
          Shell: ["/bin/bash", "-c"],
        },
      }),
      "nginx",
    );
    assert.deepEqual(config, {
      entrypoint: ["/run.sh"],
      cmd: ["serve"],
      env: ["A=1"],
      user: "web",
      workingDir: "/srv",
      stopSignal: "SIGQUIT",
      exposedPorts: [],
      volumes: ["/a", "/b"],
      healthcheck: {
        ...{
          test: ["CMD", "true"],
          intervalMs: 5000,
          timeoutMs: 0,
          startPeriodMs: 0,
          startIntervalMs: 1000,
          retries: 2,
        },
      },
      shell: ["/bin/bash", "-c"],
      labels: labelsOf([]),
    });
  });

  it("may lack everything, or have null where there is nothing", () => {
    const empty = {
      ...{ entrypoint: [], cmd: [], env: [], user: "", workingDir: "", stopSignal: "", exposedPorts: [], volumes: [] },
      healthcheck: null,
      shell: [],
      labels: labelsOf([]),
    };
    assert.deepEqual(parseImageConfig("{}", "x"), empty);
    assert.deepEqual(parseImageConfig('{"config":{"Entrypoint":null,"Volumes":null,"Healthcheck":null}}', "x"), empty);
  });

  it("is refused by the image's name when it is broken", () => {
    assert.throws(() => parseImageConfig("<html>", "nginx:latest"), /image nginx:latest has a broken configuration/);
  });
});

it("an image with a zero byte in what programs are told does not run; the letters of one are no zero byte", () => {
  const parts = [
    { Env: ["A=b\0c"] },
    { Cmd: ["x\0"] },
    { WorkingDir: "/\0" },
    { User: "a\0" },
    { Volumes: { "/v\0": {} } },
  ];
  for (const config of [...parts, { Healthcheck: { Test: ["CMD", "\0"] } }])
    assert.throws(() => parseImageConfig(JSON.stringify({ config }), "nginx"), /image nginx has a zero byte/);
  parseImageConfig(JSON.stringify({ config: { Env: ["A=\\u0000"] } }), "nginx");
});

it("an image with more of something than an image may have does not run", () => {
  const keys = (count: number): Record<string, object> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`/v${at}`, {}]));
  const words = (count: number): string[] => Array.from({ length: count }, (_, at) => `K${at}=x`);
  const table: readonly (readonly [object, RegExp])[] = [
    [{ Volumes: keys(20_000) }, /^image evil: VOLUME directories: 20000, but at most 100/],
    [{ ExposedPorts: keys(1_001) }, /exposed ports/],
    [{ Labels: keys(1_001) }, /labels/],
    [{ Env: words(2_001) }, /environment variables/],
    [{ Cmd: words(2_001) }, /words of ENTRYPOINT/],
    [{ Healthcheck: { Test: words(2_001) } }, /words of ENTRYPOINT/],
    [{ User: "u".repeat(1_048_577) }, /the configuration in all/],
  ];
  for (const [config, sentence] of table) {
    assert.throws(() => parseImageConfig(JSON.stringify({ config }), "evil"), {
      code: "failedPrecondition",
      message: sentence,
    });
  }
  assert.equal(parseImageConfig(JSON.stringify({ config: { Volumes: keys(100) } }), "good").volumes.length, 100);
});

it("a health check's numbers are what a spec could say, whatever the image says", () => {
  const check = (part: object) =>
    parseImageConfig(JSON.stringify({ config: { Healthcheck: { Test: ["CMD", "x"], ...part } } }), "x").healthcheck;
  assert.equal(check({ Interval: -5 })?.intervalMs, 0);
  assert.equal(check({ Interval: 1 })?.intervalMs, 1, "a nanosecond is no time between two checks");
  assert.equal(check({ Timeout: 1e300 })?.timeoutMs, 315_360_000_000);
  assert.equal(check({ Retries: 1e300 })?.retries, 10_000);
  assert.equal(check({ Retries: -1 })?.retries, 0);
});
