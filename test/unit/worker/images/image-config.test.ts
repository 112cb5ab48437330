import assert from "node:assert/strict";
import { describe, it } from "node:test";
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
    });
  });

  it("may lack everything, or have null where there is nothing", () => {
    const empty = {
      ...{ entrypoint: [], cmd: [], env: [], user: "", workingDir: "", stopSignal: "", volumes: [] },
      healthcheck: null,
      shell: [],
    };
    assert.deepEqual(parseImageConfig("{}", "x"), empty);
    assert.deepEqual(parseImageConfig('{"config":{"Entrypoint":null,"Volumes":null,"Healthcheck":null}}', "x"), empty);
  });

  it("is refused by the image's name when it is broken", () => {
    assert.throws(() => parseImageConfig("<html>", "nginx:latest"), /image nginx:latest has a broken configuration/);
  });
});
