import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SERVICE_SUPPORT } from "../../../../shared/compose/support.ts";
import { translated } from "./stack-world.ts";

/**
 * Every key of a service that takes effect, with a value that asks for something. `beside`: what it needs to mean
 * anything. Left out: keys that the loader uses up (`extends`, `profiles`, `env_file`, `label_file` are tested there).
 */
const EFFECTS: Readonly<Record<string, { readonly value: string; readonly beside?: string }>> = {
  annotations: { value: "{ a: b }" },
  blkio_config: { value: "{ weight: 300, device_read_bps: [{ path: /dev/sda, rate: 10m }] }" },
  build: { value: "{ context: . }" },
  cap_add: { value: "[NET_ADMIN]" },
  cap_drop: { value: "[ALL]" },
  cgroup: { value: "host" },
  cgroup_parent: { value: "/a" },
  command: { value: "[a, b]" },
  configs: { value: "[c]" },
  container_name: { value: "other" },
  cpu_period: { value: "5000" },
  cpu_quota: { value: "5000" },
  cpu_rt_period: { value: "5000" },
  cpu_rt_runtime: { value: "5000" },
  cpu_shares: { value: "10" },
  cpus: { value: "0.5" },
  cpuset: { value: '"0-2"' },
  depends_on: { value: "[db]" },
  deploy: { value: "{ replicas: 3 }" },
  device_cgroup_rules: { value: '["c 1:3 rwm"]' },
  devices: { value: "[/dev/null]" },
  dns: { value: "10.0.0.1" },
  dns_opt: { value: '["ndots:2"]' },
  dns_search: { value: "example.org" },
  domainname: { value: "example.org" },
  entrypoint: { value: "[a]" },
  environment: { value: "{ A: b }" },
  extra_hosts: { value: '["a=10.0.0.1"]' },
  gpus: { value: "all" },
  group_add: { value: "[mail]" },
  healthcheck: { value: '{ test: ["CMD", "true"], interval: 3s }' },
  hostname: { value: "a" },
  image: { value: "nginx:1.27" },
  init: { value: "true" },
  ipc: { value: "host" },
  labels: { value: "{ a: b }" },
  links: { value: '["db:store"]' },
  logging: { value: "{ driver: none }" },
  mem_limit: { value: "64m" },
  mem_reservation: { value: "64m" },
  mem_swappiness: { value: "10" },
  memswap_limit: { value: "128m", beside: "mem_limit: 64m" },
  network_mode: { value: "host" },
  networks: { value: "[n]" },
  oom_kill_disable: { value: "true" },
  oom_score_adj: { value: "10" },
  pid: { value: "host" },
  pids_limit: { value: "10" },
  platform: { value: "linux/arm64" },
  ports: { value: '["80:80"]' },
  privileged: { value: "true" },
  pull_policy: { value: "always" },
  pull_refresh_after: { value: "24h" },
  read_only: { value: "true" },
  restart: { value: "on-failure:3" },
  runtime: { value: "crun" },
  scale: { value: "3" },
  secrets: { value: "[s]" },
  security_opt: { value: '["no-new-privileges:true"]' },
  shm_size: { value: "64m" },
  stop_grace_period: { value: "3s" },
  stop_signal: { value: "SIGINT" },
  storage_opt: { value: "{ size: 1g }" },
  sysctls: { value: '{ net.core.somaxconn: "1024" }' },
  tmpfs: { value: '["/run:size=1m,mode=755,exec"]' },
  tty: { value: "true" },
  ulimits: { value: "{ nofile: { soft: 10, hard: 20 } }" },
  use_api_socket: { value: "true" },
  user: { value: '"1000:1000"' },
  userns_mode: { value: "host" },
  uts: { value: "host" },
  volumes: { value: '["data:/data"]' },
  volumes_from: { value: '["db:ro"]' },
  post_start: { value: "[{ command: a }]" },
  pre_start: { value: "[{ command: a, per_replica: true }]" },
  pre_stop: { value: "[{ command: a }]" },
  stdin_open: { value: "true" },
  working_dir: { value: "/a" },
};

/** Keys that are refused, each with a value that asks for something. */
const REFUSED: Readonly<Record<string, string>> = {
  cpu_count: "2",
  cpu_percent: "50",
  credential_spec: "{ file: a.json }",
  external_links: "[other]",
  isolation: "hyperv",
  mac_address: "02:42:ac:11:65:43",
  models: "[m]",
};

const REST = `
  db: { image: nginx, volumes: ["kept:/kept"], networks: [default, n] }
networks: { n: {}, default: {} }
volumes: { data: {}, kept: {} }
configs: { c: { content: a } }
secrets: { s: { environment: S } }
models: { m: { model: a } }
`;

function fileWith(lines: readonly string[]): string {
  const image = lines.some((line) => line.startsWith("image:")) ? [] : ["image: nginx"];
  return `services:\n  web:\n${[...image, ...lines].map((line) => `    ${line}\n`).join("")}${REST.slice(1)}`;
}

async function wantedOf(lines: readonly string[]) {
  const { wanted, faults } = await translated(fileWith(lines), { S: "open" });
  const plain = (_key: string, value: unknown): unknown => (value instanceof Map ? [...value] : value);
  return { text: JSON.stringify(wanted, plain), faults };
}

/** Used up by the loader, whose tests show their effects. */
const LOADED = ["env_file", "extends", "label_file", "profiles"];
/** What no file of a service can have besides a container. */
const WITHOUT_CONTAINER = ["provider"];

describe("a key of a service", () => {
  test("is here as the table of shared/compose/support.ts has it", () => {
    const keysOf = (kind: "effect" | "refused"): readonly string[] =>
      [...SERVICE_SUPPORT].flatMap(([key, support]) => (support.kind === kind ? [key] : []));
    assert.deepEqual([...Object.keys(EFFECTS), ...LOADED].sort(), keysOf("effect").toSorted());
    assert.deepEqual([...Object.keys(REFUSED), ...WITHOUT_CONTAINER].sort(), keysOf("refused").toSorted());
  });

  for (const [key, { value, beside }] of Object.entries(EFFECTS)) {
    test(`${key} changes what is wanted`, async () => {
      const around = beside === undefined ? [] : [beside];
      const without = await wantedOf(around);
      const withIt = await wantedOf([...around, `${key}: ${value}`]);
      assert.deepEqual(withIt.faults, []);
      assert.notEqual(withIt.text, without.text);
    });
  }

  for (const [key, value] of Object.entries(REFUSED)) {
    test(`${key} is refused as unsupported, with its line`, async () => {
      const { faults } = await wantedOf([`${key}: ${value}`]);
      assert.deepEqual(
        faults.map(({ isUnsupported, place }) => [isUnsupported, place?.line]),
        [[true, 4]],
      );
      assert.match(faults[0]?.sentence ?? "", new RegExp(`${key} is not supported: `));
    });
  }
});

test("a network that managers would refuse, or that is to be encrypted, is refused with its line", async () => {
  const file = [
    "services: { web: { image: nginx, networks: [a, b] } }",
    "networks:",
    "  a:",
    "    driver_opts: { encrypted: 'yes', com.docker.network.driver.mtu: '1400' }",
    "  b: { ipam: { config: [{ subnet: 10.1.0.5/24 }] } }",
    "",
  ].join("\n");
  const { wanted, faults } = await translated(file);
  const shown = faults.map(({ isUnsupported, place, sentence }) => [isUnsupported, place?.line, sentence]);
  assert.deepEqual(shown, [
    [true, 4, "network a: traffic between hosts is not encrypted here: encrypt the network between them"],
    [false, 5, 'invalid subnet "10.1.0.5/24": the block of that address is 10.1.0.0/24'],
  ]);
  // Whoever ignores what is not supported has the rest.
  const [a] = wanted.networks;
  assert.deepEqual({ ...a?.spec?.options }, { "com.docker.network.driver.mtu": "1400" });
});
