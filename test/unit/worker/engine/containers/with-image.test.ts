import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromDockerCreate } from "../../../../../shared/docker-shape/container-request.ts";
import { mustHave } from "../../../../../shared/invariant.ts";
import type { ContainerSpec } from "../../../../../shared/rpc/gen/objects.ts";
import { withImage } from "../../../../../worker/engine/containers/with-image.ts";
import { parseImageConfig } from "../../../../../worker/images/image-config.ts";
import { processArgs } from "../../../../../worker/runtime/process-spec.ts";

const IMAGE = {
  Entrypoint: ["/entry"],
  Cmd: ["a"],
  Env: ["PATH=/bin", "A=image"],
  User: "33",
  WorkingDir: "srv",
  StopSignal: "INT",
  Labels: { kind: "image", both: "image" },
  Volumes: { "/data": {}, "/given/": {}, "/": {} },
  ExposedPorts: { "80/tcp": {} },
  Healthcheck: { Test: ["CMD", "check"], Interval: 5_000_000_000 },
};
const image = parseImageConfig(JSON.stringify({ config: IMAGE }), "x");
const made = (body: object): ContainerSpec =>
  mustHave(withImage(fromDockerCreate({ Image: "x", ...body }, ""), image).task?.container, "a container");

describe("a container has what its image says", () => {
  const plain = made({});
  for (const [what, got, want] of [
    ["its command", [plain.command, plain.args], [["/entry"], ["a"]]],
    ["its variables", plain.env, ["PATH=/bin", "A=image"]],
    ["its user", plain.user, "33"],
    ["its working directory, from the root on", plain.dir, "/srv"],
    ["its stop signal", plain.stopSignal, "INT"],
    ["its labels", { ...plain.labels }, { kind: "image", both: "image" }],
    ["its volumes, where they can be made", plain.mounts.map(({ target }) => target), ["/data", "/given"]],
    ["its health check", [plain.healthcheck?.test, plain.healthcheck?.intervalMs], [["CMD", "check"], 5_000]],
  ] as const) {
    it(what, () => assert.deepEqual(got, want));
  }

  it("its ports, beside its own", () => {
    const own = fromDockerCreate({ Image: "x", ExposedPorts: { "53/udp": {} } }, "");
    assert.deepEqual(withImage(own, image).exposedPorts, ["53/udp", "80/tcp"]);
  });
});

describe("a container has what people say", () => {
  for (const [what, body, got, want] of [
    ["arguments alone", { Cmd: ["b"] }, (c: ContainerSpec) => [c.command, c.args], [["/entry"], ["b"]]],
    [
      "a command, without the image's arguments",
      { Entrypoint: ["/own"] },
      (c: ContainerSpec) => [c.command, c.args],
      [["/own"], []],
    ],
    ["a variable", { Env: ["A=own"] }, (c: ContainerSpec) => c.env, ["A=own", "PATH=/bin"]],
    ["a label", { Labels: { both: "own" } }, (c: ContainerSpec) => ({ ...c.labels }), { kind: "image", both: "own" }],
    [
      "a mount at a place of the image's volumes",
      { HostConfig: { Binds: ["v1:/given"] } },
      (c: ContainerSpec) => c.mounts.map((m) => `${m.source}:${m.target}`),
      ["v1:/given", ":/data"],
    ],
    ["no health check", { Healthcheck: { Test: ["NONE"] } }, (c: ContainerSpec) => c.healthcheck?.test, ["NONE"]],
    [
      "an interval, for the image's check",
      { Healthcheck: { Interval: 1e9 } },
      (c: ContainerSpec) => [c.healthcheck?.test, c.healthcheck?.intervalMs],
      [["CMD", "check"], 1_000],
    ],
  ] as const) {
    it(what, () => assert.deepEqual(got(made(body)), want));
  }

  // What is stored is merged with the image once more whenever the container starts.
  for (const body of [{}, { Cmd: ["b"] }, { Entrypoint: ["/own"] }, { Entrypoint: [""], Cmd: ["b"] }]) {
    it(`and runs the same, whether or not it was stored: ${JSON.stringify(body)}`, () => {
      const given = mustHave(fromDockerCreate({ Image: "x", ...body }, "").task?.container, "a container");
      assert.deepEqual(processArgs(made(body), image), processArgs(given, image));
    });
  }
});
