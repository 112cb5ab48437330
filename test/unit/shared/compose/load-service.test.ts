// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files look like that.
/** A service's keys in each form that they can have. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ComposeService } from "../../../../shared/compose/service.ts";
import type { PortUse, VolumeUse } from "../../../../shared/compose/service-parts.ts";
import { loadTexts } from "../../../support/compose.ts";

/** The service `web` of one file, whose lines below `image: x` are given. */
async function web(lines: string, environment: Readonly<Record<string, string>> = {}): Promise<ComposeService> {
  const text = `services:\n  web:\n    image: x\n    ${lines.replaceAll("\n", "\n    ")}\nvolumes: {data: }\nsecrets: {s: {file: ./s}}\n`;
  const service = (await loadTexts({ "compose.yaml": text }, { environment })).services.get("web");
  assert.ok(service !== undefined);
  return service;
}

const NO_PORT: Omit<PortUse, "target"> = {
  name: null,
  published: null,
  hostIp: null,
  protocol: "tcp",
  mode: "ingress",
  appProtocol: null,
};
const NO_MOUNT: Omit<VolumeUse, "type" | "target"> = {
  source: null,
  isReadOnly: false,
  consistency: null,
  bind: null,
  volume: null,
  tmpfs: null,
  image: null,
};

describe("forms of a service's keys", () => {
  const forms: readonly (readonly [string, string, Partial<ComposeService>])[] = [
    ["a command line", "command: sh -c 'a b' \"\" c\\ d", { command: ["sh", "-c", "a b", "", "c d"] }],
    ["a command that clears the image's", "command: ''\nentrypoint: []", { command: [], entrypoint: [] }],
    ["no command", "command:", { command: null, entrypoint: null }],
    ["a single port", "ports: [80]", { ports: [{ ...NO_PORT, target: 80 }] }],
    [
      "a published port",
      "ports: ['8080:80/udp']",
      { ports: [{ ...NO_PORT, target: 80, published: { from: 8080, to: 8080 }, protocol: "udp" }] },
    ],
    [
      "a port of an address",
      "ports: ['[::1]:80:80']",
      { ports: [{ ...NO_PORT, target: 80, published: { from: 80, to: 80 }, hostIp: "::1" }] },
    ],
    [
      "an address without a port",
      "ports: ['127.0.0.1::80']",
      { ports: [{ ...NO_PORT, target: 80, hostIp: "127.0.0.1" }] },
    ],
    [
      "ranges of ports",
      "ports: ['81-82:91-92']",
      {
        ports: [
          { ...NO_PORT, target: 91, published: { from: 81, to: 81 } },
          { ...NO_PORT, target: 92, published: { from: 82, to: 82 } },
        ],
      },
    ],
    [
      "a choice of ports",
      "ports: ['81-82:91']",
      { ports: [{ ...NO_PORT, target: 91, published: { from: 81, to: 82 } }] },
    ],
    [
      "a long port",
      "ports: [{target: 80, published: '81-82', mode: host, name: n, app_protocol: http}]",
      {
        ports: [
          { ...NO_PORT, target: 80, published: { from: 81, to: 82 }, mode: "host", name: "n", appProtocol: "http" },
        ],
      },
    ],
    ["a volume of no name", "volumes: [/x]", { volumes: [{ ...NO_MOUNT, type: "volume", target: "/x" }] }],
    [
      "a named volume",
      "volumes: ['data:/x/:ro,nocopy']",
      {
        volumes: [
          {
            ...NO_MOUNT,
            type: "volume",
            source: "data",
            target: "/x",
            isReadOnly: true,
            volume: { labels: new Map(), noCopy: true, subpath: null },
          },
        ],
      },
    ],
    [
      "a bind below the file",
      "volumes: ['./a/../b:/x']",
      { volumes: [{ ...NO_MOUNT, type: "bind", source: "/app/b", target: "/x" }] },
    ],
    [
      "a bind below home",
      "volumes: ['~/b:/x:z,rshared']",
      {
        volumes: [
          {
            ...NO_MOUNT,
            type: "bind",
            source: "/home/me/b",
            target: "/x",
            bind: { propagation: "rshared", createHostPath: true, recursive: null, selinux: "z" },
          },
        ],
      },
    ],
    [
      "the label of a volume's files",
      "volumes: ['data:/x:Z']",
      {
        volumes: [
          {
            ...NO_MOUNT,
            type: "volume",
            source: "data",
            target: "/x",
            bind: { propagation: null, createHostPath: true, recursive: null, selinux: "Z" },
          },
        ],
      },
    ],
    [
      "a tmpfs in full",
      "volumes: [{type: tmpfs, target: /x, tmpfs: {size: 1m, mode: 01777}}]",
      { volumes: [{ ...NO_MOUNT, type: "tmpfs", target: "/x", tmpfs: { sizeBytes: 1048576, mode: 0o1777 } }] },
    ],
    [
      "an image",
      "volumes: [{type: image, source: i, target: /x, image: {subpath: s}}]",
      { volumes: [{ ...NO_MOUNT, type: "image", source: "i", target: "/x", image: { subpath: "s" } }] },
    ],
    [
      "secrets",
      "secrets: [s, {source: s, target: t, uid: '1', mode: 0440}]",
      {
        secrets: [
          { source: "s", target: "/run/secrets/s", uid: null, gid: null, mode: null },
          { source: "s", target: "t", uid: "1", gid: null, mode: 0o440 },
        ],
      },
    ],
    [
      "devices",
      "devices: [/dev/a, '/dev/a:/dev/b:r', vendor.com/class=name]",
      {
        devices: [
          { source: "/dev/a", target: "/dev/a", permissions: "rwm" },
          { source: "/dev/a", target: "/dev/b", permissions: "r" },
          { source: "vendor.com/class=name", target: "vendor.com/class=name", permissions: "rwm" },
        ],
      },
    ],
    ["gpus", "gpus: all", { gpus: [{ capabilities: [], driver: null, count: -1, deviceIds: [], options: new Map() }] }],
    [
      "limits",
      "ulimits: {nproc: 5, nofile: {soft: 1, hard: -1}}",
      {
        ulimits: new Map([
          ["nproc", { soft: 5, hard: 5 }],
          ["nofile", { soft: 1, hard: -1 }],
        ]),
      },
    ],
    [
      "hosts in a list",
      "extra_hosts: ['a=1.1.1.1', 'b:host-gateway', 'c:[::1]']",
      { extraHosts: ["a=1.1.1.1", "b=host-gateway", "c=::1"] },
    ],
    [
      "hosts in a mapping",
      "extra_hosts: {a: [1.1.1.1, 2.2.2.2], b: '::1'}",
      { extraHosts: ["a=1.1.1.1", "a=2.2.2.2", "b=::1"] },
    ],
    [
      "labels in a list",
      "labels: [a=1, b, c=d=e]",
      {
        labels: new Map([
          ["a", "1"],
          ["b", ""],
          ["c", "d=e"],
        ]),
      },
    ],
    [
      "labels in a mapping",
      "labels: {a: 1, b: , c: true}",
      {
        labels: new Map([
          ["a", "1"],
          ["b", ""],
          ["c", "true"],
        ]),
      },
    ],
    [
      "a health check by a shell",
      "healthcheck: {test: curl x, interval: 1m30s, timeout: 500ms, retries: 3}",
      {
        healthcheck: {
          isDisabled: false,
          test: ["CMD-SHELL", "curl x"],
          intervalMs: 90_000,
          timeoutMs: 500,
          startPeriodMs: null,
          startIntervalMs: null,
          retries: 3,
        },
      },
    ],
    ["no restart", "restart: no", { restart: { kind: "no" } }],
    ["restarts", "restart: on-failure:3", { restart: { kind: "on-failure", maxRetries: 3 } }],
    ["a pull policy", "pull_policy: every_1d12h", { pullPolicy: { kind: "every", periodMs: 129_600_000 } }],
    ["an old pull policy", "pull_policy: if_not_present", { pullPolicy: { kind: "missing" } }],
    [
      "sizes",
      "mem_limit: 1.5gb\nshm_size: 64m\nmemswap_limit: -1",
      { memLimitBytes: 1610612736, shmSizeBytes: 67108864, memswapLimitBytes: -1 },
    ],
  ];
  for (const [claim, lines, wanted] of forms) {
    it(`reads ${claim}`, async () => {
      const service = await web(lines);
      for (const [property, value] of Object.entries(wanted)) {
        assert.deepEqual(service[property as keyof ComposeService], value, property);
      }
    });
  }

  it("takes variables without a value from the environment, and keeps those it does not have", async () => {
    const { environment } = await web("environment: [A, B, C=1, D=]", { A: "a" });
    assert.deepEqual(
      [...environment],
      [
        ["A", "a"],
        ["B", null],
        ["C", "1"],
        ["D", ""],
      ],
    );
  });

  it("knows which keys were written", async () => {
    assert.deepEqual([...(await web("init: true")).keys], ["image", "init"]);
  });
});
