import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BuildHeader } from "../../../../../shared/rpc/gen/images.ts";
import { buildOptions } from "../../../../../worker/engine/images/build-options.ts";

const BLANK: Omit<BuildHeader, "logins"> = {
  ...{ names: [], dockerfile: "", buildArgs: [], target: "", noCache: false, pull: false, platform: "", labels: [] },
  ...{ secretFiles: [], network: "", hosts: [], squash: false, step: null },
};
const FILES = { runtime: "/w/runtime", idFile: "/w/iid", secretFile: (at: number) => `/w/secret${at}` };
const options = (part: Partial<BuildHeader>): readonly string[] => buildOptions({ ...BLANK, ...part }, FILES);

describe("what the builder is told", () => {
  const usual = options({});

  it("has steps run by an OCI runtime of ours, in a network of ours, in any case", () => {
    const text = usual.join(" ");
    for (const part of ["--isolation oci", "--runtime /w/runtime", "--network ns:/proc/self/ns/net"])
      assert.ok(text.includes(part), part);
    for (const network of ["none", "host", "mine"]) assert.deepEqual(options({ network }), usual);
  });

  for (const [part, added] of [
    [{ names: ["a", "b:2"] }, ["--tag", "docker.io/library/a:latest", "--tag", "docker.io/library/b:2"]],
    [{ buildArgs: ["A=--b"], labels: ["c=d"] }, ["--build-arg", "A=--b", "--label", "c=d"]],
    [{ target: "--x" }, ["--target", "--x"]],
    [{ noCache: true, pull: true, squash: true }, ["--no-cache", "--pull-always", "--squash"]],
    [{ platform: "linux/arm64" }, ["--platform", "linux/arm64"]],
    [{ secretFiles: [{ id: "pw", data: Buffer.of() }] }, ["--secret", "id=pw,src=/w/secret0"]],
  ] as const) {
    it(`has, of ${JSON.stringify(Object.keys(part))}, ${added.join(" ")}`, () => {
      assert.deepEqual(options(part as Partial<BuildHeader>).slice(usual.length), added);
    });
  }

  it("has no secret by an id that could be read as more than that", () => {
    assert.throws(() => options({ secretFiles: [{ id: "a,src=/etc/shadow", data: Buffer.of() }] }), {
      code: "invalidArgument",
    });
  });
});
