import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ContainerUser, type Lines, resolveUser as resolve } from "../../../../worker/runtime/users.ts";

const PASSWD = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n# comment\n1000:x:7:7::/odd:\nbroken\n";
const GROUP = "root:x:0:\nweb:x:33:\nlogs:x:44:web,other\nssl:x:55:web\n";

/** In batches, as they come from a file. */
async function* linesOf(text: string | null): Lines {
  if (text === null) return;
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at += 2) yield lines.slice(at, at + 2);
}
function resolveUser(
  spec: string,
  passwd: string | null,
  group: string | null,
  further: readonly string[] = [],
): Promise<ContainerUser> {
  return resolve(spec, further, linesOf(passwd), () => linesOf(group));
}

const CASES: readonly (readonly [spec: string, uid: number, gids: readonly number[], home: string])[] = [
  ["", 0, [0, 0], "/root"],
  ["root", 0, [0, 0], "/root"],
  ["web", 33, [33, 33, 44, 55], "/srv"],
  ["33", 33, [33, 33, 44, 55], "/srv"],
  ["web:logs", 33, [44, 44], "/srv"],
  ["web:4711", 33, [4711, 4711], "/srv"],
  ["4711", 4711, [0, 0], "/"],
  ["4711:99", 4711, [99, 99], "/"],
  // A name of digits is a name first.
  ["1000", 7, [7, 7], "/odd"],
];

describe("a user against the image's own files", () => {
  it("gains the groups that the service names, each once", async () => {
    const further = ["logs", "4711", "33", "ssl"];
    assert.deepEqual((await resolveUser("web:web", PASSWD, GROUP, further)).additionalGids, [33, 44, 4711, 55]);
    await assert.rejects(resolveUser("web", PASSWD, GROUP, ["nope"]), /group "nope" is not in the image's/);
  });

  for (const [spec, uid, [gid = -1, ...additionalGids], home] of CASES) {
    it(`${JSON.stringify(spec)} is ${uid}`, async () => {
      assert.deepEqual(await resolveUser(spec, PASSWD, GROUP), { uid, gid, additionalGids, home });
    });
  }

  it("is root in an image without such files, and a number needs none", async () => {
    assert.deepEqual(await resolveUser("", null, null), { uid: 0, gid: 0, additionalGids: [0], home: "/" });
    assert.deepEqual(await resolveUser("5:6", null, null), { uid: 5, gid: 6, additionalGids: [6], home: "/" });
  });

  it("is refused when a name is not there", async () => {
    await assert.rejects(
      () => resolveUser("nobody", PASSWD, GROUP),
      /user "nobody" is not in the image's \/etc\/passwd/,
    );
    await assert.rejects(
      () => resolveUser("web:nogroup", PASSWD, GROUP),
      /group "nogroup" is not in the image's \/etc\/group/,
    );
    await assert.rejects(() => resolveUser("99999999999", PASSWD, GROUP), /is not in the image/);
  });
});
