import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { toDockerContainer } from "../../shared/docker-shape/container.ts";
import { fromDockerCreate, fromDockerUpdate } from "../../shared/docker-shape/container-request.ts";
import { SwarmError } from "../../shared/errors.ts";
import { createContainerDetails } from "../support/container-details.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const words = fc.uniqueArray(word, { minLength: 1, maxLength: 3 });
const path = word.map((name) => `/${name}`);
const size = fc.integer({ min: 6 << 20, max: 1 << 30 });
const port = fc.integer({ min: 1, max: 65_535 });
const labels = fc.dictionary(word, word, { minKeys: 1, maxKeys: 3, noNullPrototype: true });

/** What clients may post, each field alone; a set of these is a container, whichever they are. */
const config = fc.record(
  {
    Hostname: word,
    Domainname: word,
    User: fc.constantFrom("33", "33:44", "daemon"),
    AttachStdout: fc.constant(true),
    Tty: fc.constant(true),
    OpenStdin: fc.constant(true),
    StdinOnce: fc.constant(true),
    Env: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map((names) => names.map((name) => `${name}=1`)),
    Cmd: words,
    Entrypoint: words,
    WorkingDir: path,
    Labels: labels,
    StopSignal: fc.constantFrom("INT", "SIGTERM", "9"),
    StopTimeout: fc.integer({ min: 0, max: 1_000 }),
    OnBuild: words,
    Shell: words,
    ExposedPorts: port.map((number) => ({ [`${number}/udp`]: {} })),
    Healthcheck: fc.record(
      { Test: fc.constant(["CMD", "x"]), Interval: fc.integer({ min: 1, max: 99 }).map((s) => s * 1e9) },
      { noNullPrototype: true },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const hostConfig = fc.record(
  {
    Binds: fc.uniqueArray(path, { minLength: 1, maxLength: 2 }).map((all) => all.map((one) => `/host:${one}/b:ro`)),
    Mounts: path.map((target) => [{ Type: "volume", Source: "data", Target: `${target}/m` }]),
    Tmpfs: path.map((target) => ({ [`${target}/t`]: "size=1m" })),
    NetworkMode: fc.constantFrom("host", "none", "bridge"),
    AutoRemove: fc.constant(true),
    PublishAllPorts: fc.constant(true),
    RestartPolicy: fc.constantFrom(
      { Name: "always", MaximumRetryCount: 0 },
      { Name: "on-failure", MaximumRetryCount: 3 },
    ),
    PortBindings: port.map((number) => ({ "80/tcp": [{ HostIp: "127.0.0.1", HostPort: String(number) }] })),
    CapAdd: fc.constant(["CAP_NET_ADMIN"]),
    CapDrop: fc.constant(["ALL"]),
    Dns: fc.constant(["1.1.1.1"]),
    DnsOptions: fc.constant(["ndots:2"]),
    DnsSearch: words,
    ExtraHosts: word.map((name) => [`${name}:1.2.3.4`]),
    GroupAdd: words,
    OomScoreAdj: fc.integer({ min: 1, max: 1_000 }),
    Privileged: fc.constant(true),
    ReadonlyRootfs: fc.constant(true),
    SecurityOpt: fc.constant(["no-new-privileges", "seccomp=unconfined"]),
    ShmSize: size,
    Sysctls: labels,
    Annotations: labels,
    Init: fc.constant(true),
    Memory: size,
    MemoryReservation: size,
    NanoCpus: fc.integer({ min: 1e7, max: 4e9 }),
    CpuShares: fc.integer({ min: 2, max: 1_000 }),
    CpusetCpus: fc.constantFrom("0", "0-1"),
    BlkioWeight: fc.integer({ min: 10, max: 1_000 }),
    PidsLimit: fc.integer({ min: 1, max: 1_000 }),
    Ulimits: fc.constant([{ Name: "nofile", Hard: 20, Soft: 10 }]),
    Devices: fc.constant([{ PathOnHost: "/dev/x", PathInContainer: "/dev/y", CgroupPermissions: "r" }]),
    LogConfig: fc.constant({ Type: "local", Config: { "max-size": "1m" } }),
    ContainerIDFile: path,
    ConsoleSize: fc.constant([25, 80]),
  },
  { requiredKeys: [], noNullPrototype: true },
);

it("whatever is posted to make a container comes back from inspect as it was", () => {
  fc.assert(
    fc.property(config, hostConfig, (own, host) => {
      const made = fromDockerCreate({ Image: "x", ...own, HostConfig: host }, "");
      const shown = JSON.parse(JSON.stringify(toDockerContainer(createContainerDetails(made)))) as {
        Config: DockerJson;
        HostConfig: DockerJson;
      };
      for (const [key, value] of Object.entries(own)) {
        // What is published is exposed, too.
        if (key === "ExposedPorts")
          assert.ok(Object.keys(value).every((name) => name in (shown.Config[key] as object)));
        else assert.deepEqual(shown.Config[key], value, key);
      }
      for (const [key, value] of Object.entries(host)) assert.deepEqual(shown.HostConfig[key], value, key);
    }),
  );
});

/** JSON of any kind below names that the API knows. */
const anything = fc.dictionary(
  fc.constantFrom(
    ...["Image", "Cmd", "Env", "Labels", "Volumes", "ExposedPorts", "Healthcheck", "HostConfig", "StopTimeout"],
    ...["Binds", "Mounts", "Tmpfs", "PortBindings", "RestartPolicy", "Devices", "Ulimits", "LogConfig", "Memory"],
    ...["SecurityOpt", "ExtraHosts", "MemorySwap", "MaskedPaths", "DeviceRequests", "Test", "Name", "80/tcp"],
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

it("any other JSON makes a container or is refused in a sentence, and is never a fault", () => {
  const isSane = (read: () => unknown): boolean => {
    try {
      read();
      return true;
    } catch (error) {
      return error instanceof SwarmError && error.code === "invalidArgument";
    }
  };
  fc.assert(
    fc.property(anything, anything, (own, host) => {
      assert.ok(
        isSane(() => fromDockerCreate({ Image: "x", ...own, HostConfig: host }, "")),
        "create",
      );
      assert.ok(
        isSane(() => fromDockerUpdate({ ...own, ...host }, "c")),
        "update",
      );
    }),
    { numRuns: 1_000 },
  );
});
