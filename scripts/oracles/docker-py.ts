/** docker-py's integration tests: of the swarm, and of what one host has. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, type OtherEngine, openEngine, type SuiteImage } from "./engine.ts";
import type { Outcome, Ran } from "./verdict.ts";

export const DOCKER_PY_NEEDS = `scripts/oracle docker-py DIR [--socket PATH [--mirror HOST:PORT]] [--log FILE]
DIR is a checkout of docker-py (7.2 or newer); nothing in it is changed. This machine needs python3 with the packages
pytest, requests, urllib3 and websocket (Debian: python3-pytest, python3-docker, python3-websocket).`;

/** The version that its own project tests with. */
const API_VERSION = "1.45";
/** One test; those that wait for something have limits of their own, which are shorter. */
const TEST_S_MAX = 90;

/** As Alpine has it. */
const ALPINE = ["RUN echo postgres:x:70:70::/var/lib/postgresql:/bin/sh >>/etc/passwd && mkdir -p /var/opt"];
/** busybox by these names has all that its tests call. */
const IMAGES: readonly SuiteImage[] = [
  { name: "alpine:3.10", lines: ALPINE, isPushed: true },
  { name: "alpine:latest", lines: ALPINE, isPushed: true },
  { name: "hello-world:latest", lines: ['CMD ["echo", "Hello from Docker!"]'], isPushed: true },
];

const SWARM = [
  "api_swarm",
  "models_swarm",
  "models_nodes",
  "api_secret",
  "api_config",
  "api_service",
  "models_services",
];
const HOST = [
  ...["api_build", "api_client", "api_container", "api_exec", "api_healthcheck", "api_image", "api_network"],
  ...["api_plugin", "api_volume", "client", "context_api", "errors", "regression"],
  ...["models_containers", "models_images", "models_networks", "models_resources", "models_volumes"],
];

const PLUGINS = "plugins are not offered; the suite's is on Docker Hub alone, so that a dockerd without it fails too";
const BRIDGE = "the predefined bridge is a link to the host: how a container is on it cannot be chosen";

/** What fails here, and why. A test that is not named must pass. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ...["configure", "disable", "enable", "force_remove", "inspect", "install", "remove", "upgrade"].map(
    (what) => [`PluginTest::test_${what}_plugin`, PLUGINS] as const,
  ),
  ["PluginTest::test_list_plugins", PLUGINS],
  ["PluginTest::test_create_plugin", "plugins are not offered"],
  ["PluginTest::test_plugin_privileges", "plugins are not offered"],
  ["TestNetworks::test_create_with_driveropt", BRIDGE],
  ["TestNetworks::test_create_with_linklocal_ips", BRIDGE],
  ["TestNetworks::test_create_remove_network_with_space_in_name", "names of networks have no blanks"],
  ["BuildTest::test_build_stderr_data", "what a step writes to its two outputs comes as one, without colours"],
  ["BuildTest::test_build_with_cache_from", "steps of this host are used whatever cachefrom says"],
  ["BuildTest::test_build_with_dockerignore", "buildah takes a blank after ! for a part of the name"],
  ["VolumeBindTest::test_create_with_binds_rw_rshared", "the lab's hosts pass nothing on from /tmp; nor do others"],
  ["ContainerCPUTest::test_create_with_runtime", "the runtime of whoever names none is crun here, and runc there"],
  ["ImageCollectionTest::test_pull_with_sha", "the image is on Docker Hub alone: a dockerd without it fails too"],
  [
    "AttachContainerTest::test_run_container_reading_socket_ws",
    "the package asks for web sockets by TCP alone: with a dockerd's socket it fails too",
  ],
]);

/** Measured beside a dockerd, where it lost 37 of 60. */
const LOSES = "docker-py drops the output that comes at once with the headers";
const UNSTEADY: ReadonlyMap<string, string> = new Map([["AttachContainerTest::test_attach_no_stream", LOSES]]);

/** Runs them on a host of a fresh lab, or against the engine of a socket. */
export async function runDockerPy(directory: string, other: OtherEngine | null): Promise<Ran> {
  await using engine = await openEngine(other, IMAGES);
  // Apart: the tests of the swarm make and leave it, and those of a host expect none.
  const said = [await suite(engine, directory, HOST), await suite(engine, directory, SWARM)].join("\n");
  const outcomes = outcomesIn(said);
  if (outcomes.length === 0) throw new Error(`pytest ran no test of ${directory}: ${said}`);
  return { outcomes, known: KNOWN, unsteady: UNSTEADY, said };
}

/** What pytest printed. */
async function suite(engine: Engine, directory: string, names: readonly string[]): Promise<string> {
  // For tests over SSH, which is none of these; the suite loads the package all the same.
  writeFileSync(join(engine.scratch, "paramiko.py"), "class Channel: pass\nclass SSHClient: pass\n");
  writeFileSync(join(engine.scratch, "one_test_at_most.py"), TIME_LIMIT);
  // Without a file there, its contexts are written to the checkout.
  mkdirSync(join(engine.scratch, ".docker"), { recursive: true });
  writeFileSync(join(engine.scratch, ".docker/config.json"), "{}");
  const environment = {
    DOCKER_HOST: `unix://${engine.socket}`,
    DOCKER_TEST_API_VERSION: API_VERSION,
    PYTHONPATH: `${directory}:${engine.scratch}`,
    PYTHONDONTWRITEBYTECODE: "1",
    // Its tests of contexts write where people have theirs.
    HOME: engine.scratch,
    DOCKER_CONFIG: join(engine.scratch, ".docker"),
  };
  const files = names.map((name) => join(directory, `tests/integration/${name}_test.py`));
  const plugins = ["no:cacheprovider", "no:benchmark", "one_test_at_most"].flatMap((name) => ["-p", name]);
  const options = [...plugins, "-v", "--tb=short", "--rootdir", directory];
  return await engine.run(environment, ["env", "-C", directory, "python3", "-m", "pytest", ...options, ...files]);
}

/** A test that hangs fails, and the others go on. */
const TIME_LIMIT = `
import signal
import pytest

def end(*_):
    raise TimeoutError("longer than ${TEST_S_MAX} s")

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    signal.signal(signal.SIGALRM, end)
    signal.alarm(${TEST_S_MAX})
    yield
    signal.alarm(0)
`;

/** From lines such as `tests/integration/api_swarm_test.py::SwarmTest::test_x PASSED [ 3%]`. */
function outcomesIn(text: string): readonly Outcome[] {
  const how = {
    ...({ PASSED: "passed", XPASS: "passed", FAILED: "failed", ERROR: "failed" } as const),
    ...({ XFAIL: "leftOut", SKIPPED: "leftOut" } as const),
  };
  const lines = text.matchAll(/^\S+?\.py::(\S+)(?: <-\s\S+)? (PASSED|XPASS|FAILED|ERROR|XFAIL|SKIPPED)/gm);
  // An error after a test that passed, as its things are put away, counts for the test.
  const last = new Map([...lines].map(([, test = "", word = ""]) => [test, how[word as keyof typeof how]] as const));
  return [...last].map(([test, outcome]) => ({ test, how: outcome }));
}
