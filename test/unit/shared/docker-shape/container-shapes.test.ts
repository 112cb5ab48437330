import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toDockerContainer } from "../../../../shared/docker-shape/container.ts";
import { fromDockerCreate } from "../../../../shared/docker-shape/container-request.ts";
import { toDockerStats } from "../../../../shared/docker-shape/container-stats.ts";
import { goMode, toDockerPathStat } from "../../../../shared/docker-shape/path-stat.ts";
import type { PathStat } from "../../../../shared/rpc/gen/streams.ts";
import { createContainerDetails } from "../../../support/container-details.ts";
import { createMount, createPort } from "../../../support/objects.ts";

describe("what is at a path", () => {
  const stat = (part: Partial<PathStat>): PathStat => ({
    ...{ kind: "FILE", targetKind: "FILE", targetPath: "/x", size: 30, mode: 0o100_644, changedAtMs: 1_000 },
    ...part,
  });
  // The numbers are what a real dockerd says of the same.
  for (const [mode, go] of [
    [0o100_644, 420],
    [0o040_755, 2_147_484_141],
    [0o120_777, 134_218_239],
    [0o104_755, 8_389_101],
    [0o041_777, 2_148_532_735],
    [0o020_666, 69_206_454],
  ] as const) {
    it(`has the mode ${mode.toString(8)} in Go's bits`, () => assert.equal(goMode(mode), go));
  }

  for (const [path, name] of [
    ["/etc", "etc"],
    ["/etc/", "etc"],
    ["/etc/.", "."],
    ["/", "/"],
  ] as const) {
    it(`is called ${name} when it was asked for as ${path}`, () =>
      assert.equal(toDockerPathStat(path, stat({}))["name"], name));
  }

  it("tells where a link leads, and of nothing else", () => {
    assert.equal(toDockerPathStat("/x", stat({}))["linkTarget"], "");
    const link = stat({ kind: "LINK", targetPath: "/bin/busybox" });
    assert.equal(toDockerPathStat("/bin/sh", link)["linkTarget"], "/bin/busybox");
  });
});

it("a container shows the AppArmor profile that it has; before its start the one that it asks for", () => {
  const shown = (apparmorProfile: string, SecurityOpt: readonly string[]): unknown => {
    const config = fromDockerCreate({ Image: "busybox", HostConfig: { SecurityOpt } }, "c");
    return toDockerContainer(createContainerDetails(config, { apparmorProfile }))["AppArmorProfile"];
  };
  assert.equal(shown("swarm-default", []), "swarm-default");
  assert.equal(shown("", ["apparmor=mine"]), "mine");
  assert.equal(shown("", []), "");
});

it("a container shows what control groups of version 2 cannot do as dockerd does: not at all", () => {
  const shown = (canBeHeld: boolean): unknown => {
    const config = fromDockerCreate({ Image: "busybox", HostConfig: { OomKillDisable: false } }, "c");
    return toDockerContainer(createContainerDetails(config, { canBeHeld }))["HostConfig"];
  };
  assert.equal((shown(true) as { readonly OomKillDisable: unknown }).OomKillDisable, false);
  assert.equal((shown(false) as { readonly OomKillDisable: unknown }).OomKillDisable, null);
});

describe("what a container uses", () => {
  const who = { id: "c", name: "web" };
  const use = (at: number) =>
    ({
      ...{ id: "c", name: "web", taskId: "", atMs: at, cpuNs: at * 10, memoryBytes: 5, memoryLimitBytes: 0, pids: 2 },
      ...{ receivedBytes: 0, sentBytes: 0, readBytes: 0, writtenBytes: 0 },
      details: {
        ...{ readAtMs: at, cpuUserNs: 1, cpuKernelNs: 2, cpuEachNs: [3, 4], hostCpuNs: at * 100, hostCpus: 2 },
        ...{ periods: 0, throttledPeriods: 0, throttledNs: 0, memoryBytes: 7, memoryBytesMax: 9, pidsMax: 0 },
        ...{ hostMemoryBytes: 1_000, memory: { cache: 1 }, links: [], disks: [] },
      },
    }) as const;
  const inside = (json: unknown, ...path: string[]): unknown =>
    path.reduce((at, key) => (at as Record<string, unknown>)[key], json);

  it("stands beside what it used a moment before, from which clients compute a rate", () => {
    const json = toDockerStats(who, use(2_000), use(1_000));
    assert.equal(inside(json, "cpu_stats", "cpu_usage", "total_usage"), 20_000);
    assert.equal(inside(json, "precpu_stats", "cpu_usage", "total_usage"), 10_000);
    assert.equal(inside(json, "cpu_stats", "system_cpu_usage"), 200_000);
    assert.equal(inside(json, "preread"), "1970-01-01T00:00:01.000Z");
  });

  it("is limited by its host's memory when nothing else limits it", () =>
    assert.equal(inside(toDockerStats(who, use(1), null), "memory_stats", "limit"), 1_000));

  it("is nothing while it does not run, under the same keys but for networks and processors", () => {
    const keys = Object.keys(toDockerStats(who, use(1), null));
    assert.deepEqual(Object.keys(toDockerStats(who, null, null)), keys);
    assert.equal(inside(toDockerStats(who, null, null), "read"), "0001-01-01T00:00:00Z");
  });
});

describe("inspect shows", () => {
  it("ports that nobody published as null, published ones with the host's, while it runs", () => {
    const config = fromDockerCreate({ Image: "x" }, "");
    const running = {
      state: "RUNNING",
      ports: [createPort({ publishedPort: 8_080 })],
      exposedPorts: ["99/tcp"],
    } as const;
    const ports = (summary: object): unknown =>
      (toDockerContainer(createContainerDetails(config, { summary }))["NetworkSettings"] as { Ports: unknown }).Ports;
    assert.deepEqual(ports(running), { "99/tcp": null, "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] });
    assert.deepEqual(ports({ ...running, state: "EXITED" }), {});
  });

  it("of a container that Docker's clients did not make, mounts in the forms in which they would give them", () => {
    const config = fromDockerCreate({ Image: "x" }, "");
    const { task } = config;
    const mounts = [
      createMount({ type: "BIND", source: "/a", target: "/b", readOnly: true }),
      createMount({ type: "VOLUME", source: "data", target: "/d" }),
      createMount({ type: "VOLUME", source: "", target: "/anon" }),
      createMount({ type: "VOLUME", source: "data", target: "/n", volumeNoCopy: true }),
    ];
    const container = task?.container ?? null;
    const own = { ...config, asGiven: "", task: task && { ...task, container: container && { ...container, mounts } } };
    const shown = JSON.parse(JSON.stringify(toDockerContainer(createContainerDetails(own)))) as {
      Config: { Volumes: unknown };
      HostConfig: { Binds: unknown; Mounts: unknown };
    };
    assert.deepEqual(shown.HostConfig.Binds, ["/a:/b:ro", "data:/d"]);
    assert.deepEqual(shown.Config.Volumes, { "/anon": {} });
    assert.deepEqual(shown.HostConfig.Mounts, [
      { Type: "volume", Source: "data", Target: "/n", VolumeOptions: { NoCopy: true } },
    ]);
  });
});
