import assert from "node:assert/strict";
import { test } from "node:test";
import { type Destination, meansContent, parseCopyEnd, placeOfCopy } from "../../../../swarmctl/stream/cp-words.ts";
import { parseForward } from "../../../../swarmctl/stream/port-forward.ts";

test("the ends of a copy are a container's path, a path of this host, and an archive", () => {
  assert.deepEqual(parseCopyEnd("web.2:/etc"), { kind: "container", container: "web.2", path: "/etc" });
  assert.deepEqual(parseCopyEnd("web:a:b"), { kind: "container", container: "web", path: "a:b" });
  assert.deepEqual(parseCopyEnd("./a:b"), { kind: "local", path: "./a:b" });
  assert.deepEqual(parseCopyEnd("/a:b"), { kind: "local", path: "/a:b" });
  assert.deepEqual(parseCopyEnd("file"), { kind: "local", path: "file" });
  assert.deepEqual(parseCopyEnd("-"), { kind: "archive" });
  assert.deepEqual(["a/.", ".", "a/", "a/.."].map(meansContent), [true, true, false, false]);
});

const FILE = { isDirectory: false, name: "f" };
const DIRECTORY = { isDirectory: true, name: "d" };
const CONTENT = { isDirectory: true, name: "." };
const there = (path: string): Destination => ({ kind: "directory", path });
const none = (path: string): Destination => ({ kind: "none", path });
const other = (path: string): Destination => ({ kind: "other", path });

const PLACES = [
  [FILE, none("/x"), "/x"],
  [FILE, other("/x"), "/x"],
  [FILE, there("/x"), "/x/f"],
  [FILE, there("/x/"), "/x/f"],
  [FILE, there("/"), "/f"],
  [DIRECTORY, none("/x"), "/x"],
  [DIRECTORY, none("/x/"), "/x"],
  [DIRECTORY, there("/x"), "/x/d"],
  [CONTENT, none("/x"), "/x"],
  [CONTENT, there("/x"), "/x"],
  [FILE, none("/x/"), null],
  [FILE, other("/x/"), null],
  [DIRECTORY, other("/x"), null],
] as const;
for (const [source, destination, place] of PLACES) {
  test(`a copy of ${JSON.stringify(source)} to ${JSON.stringify(destination)} is put at ${place}`, () => {
    if (place === null) assert.throws(() => placeOfCopy(source, destination), { code: "invalidArgument" });
    else assert.equal(placeOfCopy(source, destination), place);
  });
}

test("ports are forwarded from an address, or from 127.0.0.1", () => {
  assert.deepEqual(parseForward("80"), { address: "127.0.0.1", local: 80, remote: 80 });
  assert.deepEqual(parseForward("8080:80"), { address: "127.0.0.1", local: 8080, remote: 80 });
  assert.deepEqual(parseForward(":80"), { address: "127.0.0.1", local: 0, remote: 80 });
  assert.deepEqual(parseForward("0.0.0.0:8080:80"), { address: "0.0.0.0", local: 8080, remote: 80 });
  assert.deepEqual(parseForward("[::1]:8080:80"), { address: "::1", local: 8080, remote: 80 });
  for (const wrong of ["", "x", "80:", "70000", "1:0", "a:b:c", "::1:80:80", "-1"]) {
    assert.throws(() => parseForward(wrong), { code: "invalidArgument", message: /invalid port/ });
  }
});
