import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromDockerCreate } from "../../../../../shared/docker-shape/container-request.ts";
import { SwarmError } from "../../../../../shared/errors.ts";
import type { ContainerLife } from "../../../../../worker/engine/containers/container-life.ts";
import { withVolumesFrom } from "../../../../../worker/engine/containers/volumes-from.ts";

const ID = "a".repeat(64);
const lender = {
  id: ID,
  config: fromDockerCreate(
    {
      Image: "x",
      Volumes: { "/anon": {} },
      HostConfig: { Binds: ["/host:/bound:ro", "data:/data"], Tmpfs: { "/t": "" } },
    },
    "lender",
  ),
} as unknown as ContainerLife;
const lifeOf = (ref: string): ContainerLife => {
  if (ref === "lender") return lender;
  throw new SwarmError("notFound", `No such container: ${ref}`);
};
const mountsOf = (host: object): readonly string[] => {
  const config = withVolumesFrom(fromDockerCreate({ Image: "x", HostConfig: host }, ""), lifeOf);
  const mounts = config.task?.container?.mounts ?? [];
  return mounts.map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ":ro" : ""}`);
};

describe("the volumes of another container", () => {
  for (const [host, want] of [
    [{}, []],
    [{ VolumesFrom: ["lender"] }, ["/host:/bound:ro", "data:/data", `${ID}-3:/anon`]],
    [{ VolumesFrom: ["lender:ro"] }, ["/host:/bound:ro", "data:/data:ro", `${ID}-3:/anon:ro`]],
    [{ VolumesFrom: ["lender"], Binds: ["own:/data"] }, ["own:/data", "/host:/bound:ro", `${ID}-3:/anon`]],
  ] as const) {
    it(`${JSON.stringify(host)}: all but memory, where it has nothing itself`, () =>
      assert.deepEqual(mountsOf(host), want));
  }

  it("are those of one that is there, with a mode that is one", () => {
    assert.throws(() => mountsOf({ VolumesFrom: ["gone"] }), { code: "notFound" });
    assert.throws(() => mountsOf({ VolumesFrom: ["lender:rx"] }), { code: "invalidArgument" });
  });
});
