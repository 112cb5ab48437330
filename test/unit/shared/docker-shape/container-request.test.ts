import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { DockerJson } from "../../../../shared/docker-shape/common.ts";
import { toDockerContainer } from "../../../../shared/docker-shape/container.ts";
import { fromDockerCreate, fromDockerUpdate } from "../../../../shared/docker-shape/container-request.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import type { ContainerConfig } from "../../../../shared/rpc/gen/containers.ts";
import type { ContainerSpec, TaskSpec } from "../../../../shared/rpc/gen/objects.ts";
import { createContainerDetails } from "../../../support/container-details.ts";

/** What docker 28.5 posted for a command with none, and with nearly all, of its flags. */
const posted = (name: string): DockerJson =>
  JSON.parse(readFileSync(join(import.meta.dirname, "posted", `${name}.json`), "utf8")) as DockerJson;

const made = (body: DockerJson): ContainerConfig => fromDockerCreate({ Image: "x", ...body }, "");
const taskOf = (body: DockerJson): TaskSpec => mustHave(made(body).task, "a task");
const containerOf = (body: DockerJson): ContainerSpec => mustHave(taskOf(body).container, "a container");
const inspected = (body: DockerJson): { Config: DockerJson; HostConfig: DockerJson } =>
  JSON.parse(JSON.stringify(toDockerContainer(createContainerDetails(fromDockerCreate(body, ""))))) as never;

describe("what docker posts", () => {
  it("asks for nothing when no flag was given", () => {
    const { task, ...rest } = fromDockerCreate(posted("create-plain"), "");
    assert.deepEqual(rest, {
      ...{ name: "", ports: [], publishAll: false, exposedPorts: [], autoRemove: false, network: "" },
      ...{ openStdin: false, stdinOnce: false, restart: { policy: "NO", retries: 0 }, endpoints: [] },
      asGiven: '{"Config":{"AttachStdout":true,"AttachStderr":true},"HostConfig":{"ConsoleSize":[0,0]}}',
      volumesFrom: [],
      links: [],
    });
    const { container, ...aside } = mustHave(task, "a task");
    assert.deepEqual(
      Object.entries(aside).filter(([, value]) => value !== null && value !== 0 && JSON.stringify(value) !== "[]"),
      [],
    );
    const said = Object.entries(mustHave(container, "a container")).filter(
      ([, value]) => value !== null && value !== "" && value !== 0 && value !== false && JSON.stringify(value) !== "[]",
    );
    assert.deepEqual(
      said.filter(([, value]) => JSON.stringify(value) !== "{}"),
      [["image", "busybox"]],
    );
  });

  it("comes back from inspect as it was posted", () => {
    const body = posted("create-full");
    const { HostConfig: host, NetworkingConfig: _, ...config } = body;
    const { Config, HostConfig } = inspected(body);
    for (const [key, value] of Object.entries(config)) assert.deepEqual(Config[key], value, key);
    for (const [key, value] of Object.entries(host as DockerJson)) {
      // Hides nothing because it is privileged, which dockerd shows so, too.
      if (key === "MaskedPaths" || key === "ReadonlyPaths") assert.equal(HostConfig[key], null);
      // A link on a network of its own stands there, as in dockerd.
      else if (key === "Links") assert.equal(HostConfig[key], null);
      else assert.deepEqual(HostConfig[key], value, key);
    }
  });

  it("has its links of the predefined bridge as they are, not as they were posted", () => {
    const config = { ...made({ HostConfig: { Links: ["store:db", "/mail"] } }), name: "shop" };
    const shown = (links: readonly string[]): unknown =>
      (toDockerContainer(createContainerDetails({ ...config, links })) as { HostConfig: DockerJson }).HostConfig[
        "Links"
      ];
    assert.deepEqual(shown(config.links), ["/store:/shop/db", "/mail:/shop/mail"]);
    assert.equal(shown([]), null);
  });

  it("names the networks it is to be on, with names and addresses there", () => {
    assert.deepEqual(structuredClone(fromDockerCreate(posted("create-full"), "").endpoints), [
      {
        network: "net1",
        aliases: ["al1"],
        address: "10.0.0.3",
        address6: "",
        links: ["o:al"],
        driverOptions: {},
        swarmNetwork: "",
      },
    ]);
    const odd = (settings: DockerJson): unknown => made({ NetworkingConfig: { EndpointsConfig: { n: settings } } });
    assert.throws(() => odd({ MacAddress: "01:42:ac:11:00:99" }), /^SwarmError: invalid MAC address: 01:42/);
    assert.throws(() => odd({ Aliases: "one" }), /^SwarmError: Aliases must be a list of words$/);
  });

  it("has the hardware address that people chose on its main network, or on its link to the host", () => {
    const mac = "02:42:AC:11:00:02";
    const on = (NetworkMode: string, of: DockerJson): unknown[] => {
      const { macAddress, endpoints } = made({ ...of, HostConfig: { NetworkMode } });
      return [macAddress, ...endpoints.map((endpoint) => `${endpoint.network} ${endpoint.macAddress}`)];
    };
    const settings = (name: string): DockerJson => ({
      NetworkingConfig: { EndpointsConfig: { [name]: { MacAddress: mac } } },
    });
    const plain = mac.toLowerCase();
    assert.deepEqual(on("default", { MacAddress: mac }), [plain]);
    assert.deepEqual(on("bridge", settings("bridge")), [plain]);
    assert.deepEqual(on("mine", { MacAddress: mac }), [undefined, `mine ${plain}`]);
    assert.deepEqual(on("mine", settings("mine")), [undefined, `mine ${plain}`]);
    assert.throws(() => on("host", { MacAddress: mac }), /conflicting options: mac-address and the network mode/);
  });

  it("has every key of dockerd's inspect, and no other", () => {
    const { Config, HostConfig } = inspected(posted("create-plain"));
    const { HostConfig: host, NetworkingConfig: _, ...config } = posted("create-plain");
    assert.deepEqual(Object.keys(Config), Object.keys(config));
    const wanted = Object.keys(host as object).flatMap((key) => (key === "ShmSize" ? [key, "Runtime"] : [key]));
    assert.deepEqual(Object.keys(HostConfig), wanted);
  });

  it("changes by update only what is not zero", () => {
    assert.deepEqual(fromDockerUpdate(posted("update"), "c1"), {
      ref: "c1",
      restart: { policy: "ALWAYS", retries: 0 },
      nanoCpus: 2_000_000_000,
      memoryBytes: 5_242_880,
      controls: null,
    });
  });
});

/** What is posted beside the image, and what the container gets of it. */
const ROWS: readonly (readonly [string, DockerJson, (body: DockerJson) => unknown, unknown])[] = [
  ["a command of one word", { Cmd: "a b" }, (b) => containerOf(b).args, ["a b"]],
  [
    "an entry point",
    { Entrypoint: ["a"], Cmd: ["b"] },
    (b) => [containerOf(b).command, containerOf(b).args],
    [["a"], ["b"]],
  ],
  ["a stop timeout of 0", { StopTimeout: 0 }, (b) => containerOf(b).stopGracePeriodMs, 0],
  ["no health check", { Healthcheck: { Test: ["NONE"] } }, (b) => containerOf(b).healthcheck?.test, ["NONE"]],
  [
    "a port of the host's choice",
    { HostConfig: { PortBindings: { "80/tcp": [{}], 53: [{ HostPort: "5353", HostIp: "0.0.0.0" }] } } },
    (b) => made(b).ports.map((p) => [p.targetPort, p.protocol, p.publishedPort, p.hostIp]),
    [
      [53, "TCP", 5_353, ""],
      [80, "TCP", 0, ""],
    ],
  ],
  [
    "a bind, whose directory is made",
    { HostConfig: { Binds: ["/a:/b:ro"] } },
    (b) => containerOf(b).mounts.map((m) => [m.type, m.source, m.target, m.readOnly, m.bindCreate]),
    [["BIND", "/a", "/b", true, true]],
  ],
  [
    "a mount of the long form, whose directory is not made",
    { HostConfig: { Mounts: [{ Type: "bind", Source: "/a", Target: "/b" }] } },
    (b) => containerOf(b).mounts.map((m) => [m.type, m.source, m.target, m.bindCreate]),
    [["BIND", "/a", "/b", false]],
  ],
  [
    "an anonymous volume, unless something is mounted there",
    { Volumes: { "/v": {}, "/b": {} }, HostConfig: { Binds: ["data:/b"] } },
    (b) => containerOf(b).mounts.map((m) => [m.type, m.source, m.target]),
    [
      ["VOLUME", "data", "/b"],
      ["VOLUME", "", "/v"],
    ],
  ],
  [
    "memory as a file system",
    { HostConfig: { Tmpfs: { "/t": "size=1m,exec", "/u": "" } } },
    (b) => containerOf(b).mounts.map((m) => [m.type, m.target, m.tmpfsSizeBytes, m.tmpfsOptions]),
    [
      ["TMPFS", "/t", 1_048_576, ["exec"]],
      ["TMPFS", "/u", 0, []],
    ],
  ],
  [
    "names of hosts",
    { HostConfig: { ExtraHosts: ["a:1.2.3.4", "b=::1", "c:[::2]"] } },
    (b) => containerOf(b).hosts,
    ["1.2.3.4 a", "::1 b", "::2 c"],
  ],
  [
    "security options",
    { HostConfig: { SecurityOpt: ["no-new-privileges:true", "seccomp=unconfined", "label=disable"] } },
    (b) => [containerOf(b).noNewPrivileges, containerOf(b).seccomp?.mode],
    [true, "UNCONFINED"],
  ],
  [
    "a profile of seccomp, which comes as JSON",
    { HostConfig: { SecurityOpt: ['seccomp={ "defaultAction": "SCMP_ACT_ALLOW" }'] } },
    (b) => containerOf(b).seccomp,
    { mode: "CUSTOM", profile: '{"defaultAction":"SCMP_ACT_ALLOW"}' },
  ],
  ["open paths", { HostConfig: { MaskedPaths: [], ReadonlyPaths: [] } }, (b) => containerOf(b).unconfinedPaths, true],
  ["the default network", { HostConfig: { NetworkMode: "default" } }, (b) => made(b).network, ""],
  ["no network", { NetworkDisabled: true }, (b) => made(b).network, "none"],
  ["swap on top", { HostConfig: { Memory: 8e6, MemorySwap: 9e6 } }, (b) => taskOf(b).swapBytes, 1e6],
  ["unlimited swap", { HostConfig: { Memory: 8e6, MemorySwap: -1 } }, (b) => taskOf(b).swapBytes, -1],
  ["unlimited processes", { HostConfig: { PidsLimit: -1 } }, (b) => taskOf(b).limits, null],
  ["a field that there is not", { Bogus: 1, HostConfig: { KernelMemory: 5 } }, (b) => containerOf(b).image, "x"],
];

describe("a container gets", () => {
  for (const [what, body, got, want] of ROWS) it(what, () => assert.deepEqual(got(body), want));
});

const REFUSED: readonly (readonly [unknown, RegExp])[] = [
  [{}, /config cannot be empty/],
  [[], /the body must be an object/],
  [{ Image: 5 }, /invalid JSON: Image must be text/],
  [{ Image: "x", Cmd: [5] }, /Cmd must be a list of words/],
  [{ Image: "x", Labels: { a: 1 } }, /Labels must be an object of words/],
  [{ Image: "x", Healthcheck: { Interval: "1s" } }, /Healthcheck.Interval must be a whole number/],
  [{ Image: "x", HostConfig: { PortBindings: { "80/tcp": "x" } } }, /PortBindings must be an object of lists/],
  [
    { Image: "x", HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "abc" }] } } },
    /invalid port specification: "abc"/,
  ],
  [{ Image: "x", ExposedPorts: { "0/tcp": {} } }, /invalid port specification/],
  [{ Image: "x", HostConfig: { RestartPolicy: { Name: "bogus" } } }, /unknown policy 'bogus'/],
  [{ Image: "x", HostConfig: { MemorySwap: 50 } }, /always set the Memory limit/],
  [{ Image: "x", HostConfig: { Memory: 9e6, MemorySwap: 8e6 } }, /larger than memory limit/],
  [{ Image: "x", HostConfig: { Binds: ["./a:/b"] } }, /must be an absolute path/],
  [{ Image: "x", HostConfig: { Binds: ["a:/x:zz"] } }, /invalid option "zz"/],
  [{ Image: "x", HostConfig: { Mounts: [{ Type: "npipe" }] } }, /mount type "npipe" is not possible/],
  [{ Image: "x", HostConfig: { Isolation: "hyperv" } }, /Isolation is for containers of Windows/],
  [{ Image: "x", HostConfig: { MaskedPaths: ["/proc/kcore"] } }, /MaskedPaths must be left out/],
  [{ Image: "x", MacAddress: "02:42:ac:11:00" }, /invalid MAC address: 02:42:ac:11:00 is not that of one device/],
];

describe("what is wrong or cannot be had is refused in one sentence", () => {
  for (const [body, sentence] of REFUSED)
    it(JSON.stringify(body), () =>
      assert.throws(() => fromDockerCreate(body, ""), { code: "invalidArgument", message: sentence }),
    );
  it("but shares, sets and weights change while a container lives, and zeros change nothing", () => {
    const { controls } = fromDockerUpdate({ CpuShares: 512, CpusetCpus: "0", CpuQuota: 0, BlkioWeight: 0 }, "c");
    assert.partialDeepStrictEqual(controls, { cpuShares: 512, cpusetCpus: "0", cpuQuotaUs: 0, blkioWeight: 0 });
    assert.equal(fromDockerUpdate({ CpuShares: 0, Memory: 9e6 }, "c").controls, null);
  });
  it("an update of what is fixed", () =>
    assert.throws(() => fromDockerUpdate({ Devices: [{ PathOnHost: "/dev/x" }] }, "c"), {
      message: /Devices cannot be changed/,
    }));
});

describe("what docker posts and no container here can be", () => {
  for (const [claim, body, code, sentence] of [
    [
      "a time of a health check that is none",
      { Healthcheck: { Test: ["CMD", "true"], Interval: 1_000 } },
      "invalidArgument",
      /^Interval in Healthcheck cannot be less than 1ms$/,
    ],
    [
      "another container's shared memory",
      { HostConfig: { IpcMode: "container:web" } },
      "unimplemented",
      /shared memory/,
    ],
  ] as const) {
    it(`is refused: ${claim}`, () => {
      assert.throws(() => made(body), { code, message: sentence });
    });
  }

  it("does not contain a link on a network of people's own, where the host looks for the container", () => {
    assert.equal(made({ HostConfig: { Links: ["web:w"], NetworkMode: "mine" } }).network, "mine");
  });
});
