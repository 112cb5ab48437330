import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseImageConfig } from "../../../../worker/images/image-config.ts";
import { processArgs, processEnv } from "../../../../worker/runtime/process-spec.ts";
import { createContainerSpec } from "../../../support/objects.ts";

const image = parseImageConfig('{"config":{"Entrypoint":["/entry"],"Cmd":["serve","-v"]}}', "x");
const bare = parseImageConfig("{}", "x");

describe("what a container runs", () => {
  const table = [
    ["the image's entry point and arguments", [], [], ["/entry", "serve", "-v"]],
    ["arguments replace the image's arguments", [], ["test"], ["/entry", "test"]],
    ["a command replaces both", ["/other"], [], ["/other"]],
    ["a command with arguments", ["/other"], ["a", "b"], ["/other", "a", "b"]],
  ] as const;
  for (const [title, command, args, expected] of table) {
    it(title, () => assert.deepEqual(processArgs(createContainerSpec({ command, args }), image), expected));
  }

  it("must be said by someone", () => {
    assert.throws(() => processArgs(createContainerSpec({ image: "empty" }), bare), /image empty has no command/);
    assert.deepEqual(processArgs(createContainerSpec({ args: ["sh"] }), bare), ["sh"]);
  });
});

describe("a container's environment", () => {
  const env = (own: readonly string[], ofImage: readonly string[], tty = false): readonly string[] =>
    processEnv({ env: own, tty }, { env: ofImage }, "box", "/root");

  it("has a path, the host name and a home even where nobody says so", () => {
    const [path, ...rest] = env([], []);
    assert.match(path ?? "", /^PATH=\/usr\/local\/sbin:.*:\/bin$/);
    assert.deepEqual(rest, ["HOSTNAME=box", "HOME=/root"]);
  });

  it("says which generic resources the task was given, whatever the service says of them", () => {
    const given = [
      { kind: "gpu", value: 2, names: ["UUID-1", "UUID-2"] },
      { kind: "fpga", value: 3, names: [] },
    ];
    const variables = processEnv({ env: ["DOCKER_RESOURCE_GPU=all"], tty: false }, { env: [] }, "box", "/root", given);
    assert.deepEqual(variables.slice(2), ["DOCKER_RESOURCE_GPU=UUID-1,UUID-2", "DOCKER_RESOURCE_FPGA=3", "HOME=/root"]);
  });

  it("takes the image's values, then the service's, in their first place; a bare key takes one away", () => {
    const variables = env(["A=2", "GONE", "E=a=b", "HOME=/srv"], ["PATH=/bin", "A=1", "GONE=x", "B=1"], true);
    assert.deepEqual(variables, ["PATH=/bin", "HOSTNAME=box", "TERM=xterm", "A=2", "B=1", "E=a=b", "HOME=/srv"]);
  });
});
