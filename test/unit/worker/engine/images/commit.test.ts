import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import type { ContainerSpec } from "../../../../../shared/rpc/gen/objects.ts";
import { sumOfBlocks } from "../../../../../worker/engine/containers/file-bytes.ts";
import { changedFilesAmong, opaqueDirectories } from "../../../../../worker/engine/images/changed-files.ts";
import { configOfCommit } from "../../../../../worker/engine/images/commit-config.ts";
import { tarComplaint } from "../../../../../worker/engine/images/tar-complaint.ts";
import { whiteoutEntry } from "../../../../../worker/engine/images/whiteout-entry.ts";

const UNCHANGED = {
  command: [],
  args: [],
  env: [],
  user: "",
  dir: "",
  stopSignal: "",
  labels: {},
  healthcheck: null,
  mounts: [],
} as unknown as ContainerSpec;
const IMAGE = {
  Env: ["PATH=/bin", "A=1", "B=2"],
  Entrypoint: ["/entry"],
  Cmd: ["serve"],
  Labels: { of: "image" },
  ExposedPorts: { "80/tcp": {} },
};
const committed = (spec: Partial<ContainerSpec>, changes: readonly string[] = [], exposedPorts: string[] = []) =>
  configOfCommit(IMAGE, { spec: { ...UNCHANGED, ...spec }, exposedPorts }, changes);

describe("the configuration of an image that is made of a container", () => {
  it("is the image's where the container was given nothing", () => {
    assert.deepEqual(committed({}), IMAGE);
  });
  it("has the container's variables in the place of the image's, and without those it took away", () => {
    assert.deepEqual(committed({ env: ["A=one", "B", "C=3"] })["Env"], ["PATH=/bin", "A=one", "C=3"]);
  });
  it("has no arguments of the image behind an entry point of the container", () => {
    const { Entrypoint, Cmd } = committed({ command: ["/own"] });
    assert.deepEqual([Entrypoint, Cmd], [["/own"], []]);
  });
  it("has the container's arguments behind the image's entry point", () => {
    const { Entrypoint, Cmd } = committed({ args: ["once"] });
    assert.deepEqual([Entrypoint, Cmd], [["/entry"], ["once"]]);
  });
  it("is changed by instructions last", () => {
    const config = committed({ user: "7", labels: { of: "container" } }, [
      "USER 8",
      "LABEL of=change",
      'HEALTHCHECK --interval=1m30s --retries=2 CMD ["/ok"]',
      "ONBUILD RUN x",
    ]);
    assert.equal(config["User"], "8");
    assert.deepEqual(config["Labels"], { of: "change" });
    assert.deepEqual(config["Healthcheck"], { Test: ["CMD", "/ok"], Interval: 90e9, Retries: 2 });
    assert.deepEqual(config["OnBuild"], ["RUN x"]);
  });
  it("exposes what the container did, too", () => {
    assert.deepEqual(committed({}, [], ["9/udp"])["ExposedPorts"], { "80/tcp": {}, "9/udp": {} });
  });
  for (const change of ["HEALTHCHECK CMD", "HEALTHCHECK --interval=soon CMD x", "RUN x"]) {
    it(`refuses ${change}`, () => {
      assert.throws(() => committed({}, [change]), /invalid change/);
    });
  }
});

describe("the files of a layer that is made of a container", () => {
  it("are all but the places of mounts, and those only where nothing else is in them", () => {
    const all = ["etc", "etc/hosts", "dev", "data", "data/inside", "data/inside/file"];
    const { kept } = changedFilesAmong(all, {
      gone: [],
      opaque: [],
      places: new Set(["etc", "etc/hosts", "dev", "data", "data/inside"]),
    });
    assert.deepEqual(kept, ["data", "data/inside", "data/inside/file"]);
  });
  it("are named as gone by whiteouts", () => {
    const { kept, whiteouts } = changedFilesAmong(["a", "a/b", "c", "d"], {
      gone: ["a/b", "c"],
      opaque: ["d"],
      places: new Set(),
    });
    assert.deepEqual(kept, ["a", "d"]);
    assert.deepEqual(whiteouts, ["d/.wh..wh..opq", "a/.wh.b", ".wh.c"]);
  });
  it("are read from getfattr's listing byte by byte", () => {
    const listing = "# file: /up/a\\040b\ntrusted.overlay.opaque\n\n# file: /up/\\303\\244\ntrusted.overlay.opaque\n";
    assert.deepEqual(opaqueDirectories(listing), ["/up/a b", "/up/\u00c3\u00a4"]);
  });
  for (const name of ["dir/.wh.x", `${"long/".repeat(40)}.wh.\u00c3\u00a4`]) {
    it(`have a whiteout that tar reads, of ${name.length} bytes`, () => {
      const tar = Buffer.concat([whiteoutEntry(name), Buffer.alloc(1024)]);
      const { stdout, stderr } = spawnSync("tar", ["--list", "--quoting-style=literal"], { input: tar });
      assert.equal(stderr.toString(), "");
      assert.equal(stdout.toString("latin1"), `${name}\n`);
    });
  }
});

describe("what tar says", () => {
  it("is the line about what is wrong", () => {
    const said = "tar: Removing leading `../' from member names\ntar: ../x: Member name contains '..'\ntar: Exiting";
    assert.equal(tarComplaint(said), "../x: Member name contains '..'");
    assert.equal(tarComplaint("tar: This is no archive\n"), "This is no archive");
    assert.equal(tarComplaint(""), "");
  });
});

describe("what files take on the disk", () => {
  it("counts a file with several names once", () => {
    assert.equal(sumOfBlocks("1 10 8\n2 11 16\n2 11 16\n"), 24);
  });
});
