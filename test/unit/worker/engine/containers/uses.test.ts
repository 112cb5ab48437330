import assert from "node:assert/strict";
import { test } from "node:test";
import type { OwnContainer } from "../../../../../shared/rpc/gen/containers.ts";
import { imageUsersAmong, volumeUsersAmong, withUnrecorded } from "../../../../../worker/engine/containers/uses.ts";

const ID = "a".repeat(64);
const own = (id: string, name: string, mounts: readonly { readonly type: string; readonly source: string }[] = []) =>
  ({ id, imageId: `image-of-${name}`, config: { name, task: { container: { mounts } } } }) as unknown as OwnContainer;

const CASES: readonly (readonly [what: string, volume: string, users: readonly string[]])[] = [
  ["a volume that a stopped container names is its", "data", ["db"]],
  ["a volume that was made for a container is its", `${ID}-0`, ["db"]],
  ["a volume that was made for another container is not", `${"b".repeat(64)}-0`, []],
  ["a host's directory of the same name is no volume", "/srv", []],
  ["a volume that nobody names is nobody's", "other", []],
];

for (const [what, volume, users] of CASES) {
  test(what, () => {
    const mounts = [
      { type: "VOLUME", source: "data" },
      { type: "BIND", source: "/srv" },
    ];
    const found = volumeUsersAmong([own(ID, "db", mounts), own("c".repeat(64), "web")], volume);
    assert.deepEqual(
      found.map(({ name }) => name),
      users,
    );
  });
}

test("a container's image is its while it is stopped, and who runs stays known as running", () => {
  const running = { imageId: "image-of-db", name: "db", isRunning: true };
  assert.deepEqual(withUnrecorded([running], imageUsersAmong([own(ID, "db"), own("c".repeat(64), "web")])), [
    running,
    { imageId: "image-of-web", name: "web", isRunning: false },
  ]);
});
