/** docker-py's integration tests of the swarm: its swarm, node, secret, config and service suites. */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Expectations, Outcome } from "./verdict.ts";

export const DOCKER_PY_NEEDS = `scripts/oracle docker-py DIR
DIR is a checkout of docker-py (7.1 or newer); nothing in it is changed. This machine needs python3 with the packages
pytest, requests and urllib3 (Debian: python3-pytest, python3-docker).`;

const LAB = join(import.meta.dirname, "../lab");
const SOCKET = "/run/swarm/docker.sock";
/** The version that its own project tests with. */
const API_VERSION = "1.45";
/** The image that its tests are made for; busybox by that name has all they call. */
const IMAGE = "alpine:3.10";
const RUN_MS_MAX = 900_000;
const SUITES = [
  ...["api_swarm", "models_swarm", "models_nodes", "api_secret", "api_config", "api_service", "models_services"],
].map((name) => `tests/integration/${name}_test.py`);

const LOCKS = "managers are not locked here: autolock is refused with 501";
const MILLIS = "durations are whole milliseconds here, and it sends 5 ns";
const PREFERENCE = "tasks are spread over labels of nodes or engines only, and another key is refused";

const IN_USE = "a network is removed after the last task on it has ended, and the test before does not wait for that";

/** What fails here, and why. A test that is not named must pass. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ["SwarmTest::test_init_swarm_with_autolock_managers", LOCKS],
  ["SwarmTest::test_rotate_manager_unlock_key", LOCKS],
  ["ServiceTest::test_create_service_with_restart_policy", MILLIS],
  ["ServiceTest::test_create_service_with_rollback_config", MILLIS],
  ["ServiceTest::test_create_service_with_update_config", MILLIS],
  ["ServiceTest::test_create_service_with_update_order", MILLIS],
  ["ServiceTest::test_update_service_with_defaults_update_config", MILLIS],
  ["ServiceTest::test_create_service_with_placement_preferences", PREFERENCE],
  ["ServiceTest::test_create_service_with_placement_preferences_tuple", PREFERENCE],
  ["ServiceTest::test_create_service_with_network_attachment_config", IN_USE],
  ["ServiceTest::test_update_service_with_defaults_networks", IN_USE],
  ["ServiceTest::test_create_service_with_privileges", "what only says that SELinux does nothing is not kept"],
  [
    "ServiceTest::test_create_service_with_generic_resources",
    "a service asks for a number of them, not for one by name",
  ],
]);

/** Runs them on a host of a fresh lab. */
export async function runDockerPy(directory: string): Promise<Expectations> {
  const stub = join(tmpdir(), `swarm-oracle-${process.pid}`);
  mkdirSync(stub, { recursive: true });
  // For a test over SSH, which is none of these; its suite loads the package all the same.
  writeFileSync(join(stub, "paramiko.py"), "class Channel: pass\nclass SSHClient: pass\n");
  await lab("down");
  await lab("up", "1", "--no-swarm");
  try {
    await lab("ctl", "host1", "image", "pull", "busybox");
    await lab("ctl", "host1", "image", "tag", "busybox", IMAGE);
    const environment = [
      ...[`DOCKER_HOST=unix://${SOCKET}`, `DOCKER_TEST_API_VERSION=${API_VERSION}`],
      ...[`PYTHONPATH=${directory}:${stub}`, "PYTHONDONTWRITEBYTECODE=1"],
    ];
    const pytest = ["python3", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", ...SUITES];
    const outcomes = outcomesIn(await lab("exec", "host1", "env", "-C", directory, ...environment, ...pytest));
    if (outcomes.length === 0) throw new Error(`pytest ran no test of ${directory}`);
    return { outcomes, known: KNOWN };
  } finally {
    await lab("down");
    rmSync(stub, { recursive: true, force: true });
  }
}

/** From the lines that pytest ends with: `PASSED tests/integration/api_swarm_test.py::SwarmTest::test_x`. */
function outcomesIn(text: string): readonly Outcome[] {
  const how = { PASSED: "passed", XPASS: "passed", FAILED: "failed", ERROR: "failed", XFAIL: "leftOut" } as const;
  return [...text.matchAll(/^(PASSED|XPASS|FAILED|ERROR|XFAIL) \S+?\.py::(\S+)/gm)].map(([, word = "", test = ""]) => ({
    test,
    how: how[word as keyof typeof how],
  }));
}

/** Its standard output, also when it fails: a suite with a failing test ends with 1. */
async function lab(...args: readonly string[]): Promise<string> {
  const options = { timeout: RUN_MS_MAX, maxBuffer: 1 << 28 };
  const running = promisify(execFile)(LAB, [...args], options);
  const { stdout } = await running.catch((error: { stdout?: string }) => {
    if (args[0] === "exec") return { stdout: error.stdout ?? "" };
    throw error;
  });
  return stdout;
}
