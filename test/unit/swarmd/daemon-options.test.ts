import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDirectory } from "../../../swarmd/daemon-options.ts";

test("a directory of the daemon is absolute, and holds nothing that means something in the commands it is part of", () => {
  assert.equal(parseDirectory("/srv/swarm-1/daten_ü@x"), "/srv/swarm-1/daten_ü@x");
  assert.equal(parseDirectory("/srv/./swarm/"), "/srv/swarm");
  assert.equal(parseDirectory("data"), `${process.cwd()}/data`);
  for (const text of [
    "",
    "/a b",
    "/a,upperdir=b",
    "/a:b",
    "/a+b",
    "/a]b",
    "/a\\b",
    '/a"b',
    "/a'b",
    "/a\nb",
    "/a\u001bb",
  ])
    assert.throws(() => parseDirectory(text), /invalid directory/, text);
});
