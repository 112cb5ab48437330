/** Testcontainers for Node.js: those of its tests that start containers. */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fetchPackages, unpack } from "../lab-parts/packages.ts";
import { toolPath } from "../lab-parts/tools.ts";
import { type OtherEngine, openEngine, type SuiteImage } from "./engine.ts";
import type { Outcome, Ran } from "./verdict.ts";

export const TESTCONTAINERS_NEEDS = `scripts/oracle testcontainers DIR [--socket PATH [--mirror HOST:PORT]] [--log FILE]
DIR is a checkout of testcontainers-node (12 or newer) with the packages of its root and of packages/testcontainers
(npm ci --workspace packages/testcontainers --include-workspace-root); nothing else in it is changed.`;

const NAME = "cristianrgreco/testcontainer:1.1.14";
/** What its image is made of, as Debian has it. */
const PACKAGES = [
  "nodejs",
  "node-express",
  "node-deep-equal",
  "dumb-init",
  "curl",
  "libcap2-bin",
  "libc-bin",
  "openssl",
  "bash",
];
const FOLLOWED = /^(lib|node-|zlib|openssl)/;
/** Names that other packages have as well: nothing of that name can be downloaded. */
const VIRTUAL = new Set(
  ["call-bind", "destroy", "for-each", "get-intrinsic", "has", "has-property-descriptors", "has-symbols"]
    .concat(["object-keys", "regexp.prototype.flags", "side-channel"])
    .map((name) => `node-${name}`),
);
const TEST_MS_MAX = 120_000;

const ONLY_THERE = "it wants an image that is on Docker Hub alone: a dockerd without it fails too";

/** What fails here, and why. A test that is not named must pass. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ...named(
    "DockerComposeEnvironment",
    ["work with buildkit"],
    "BuildKit is not offered: builds are the classic builder's",
  ),
  ...named(
    "GenericContainer Dockerfile",
    [
      ...["build and start", "build with buildkit", "have a session ID label to be cleaned up by the Reaper"],
      ...["not have a session ID label when delete on exit set to false", "use pull policy"],
      ...["not pull existing image without pull policy", "build and start with custom file name"],
      ...["set build arguments", "exit immediately and stop without exception"],
    ],
    ONLY_THERE,
  ),
  ...named(
    "GenericContainer",
    [
      ...[
        "return first mapped port with regardless of protocol",
        "bind to specified host port with a different protocol",
      ],
      ...["honour .dockerignore file", "honour nested .dockerignore exclusion patterns"],
    ],
    ONLY_THERE,
  ),
  ...named("GenericContainer", ["set ulimits"], "a host without CAP_SYS_RESOURCE gives no more than it has"),
  ...named("Port Forwarder reuse", ["expose additional ports", "reuse same ports"], ONLY_THERE),
  ...named(
    "PortForwarder",
    ["", " with custom network", " with custom network and network alias"].map(
      (where) => `expose host ports to the container${where}`,
    ),
    ONLY_THERE,
  ),
  ...named(
    "Reaper",
    [
      ...[
        "create new reaper container if one is not running",
        "reuse existing reaper container if one is already running",
      ],
      ...["create new reaper container when existing reaper cannot be reached"],
      ...["use custom port when TESTCONTAINERS_RYUK_PORT is set"],
      ...["create Reaper container without RYUK_VERBOSE env var by default"],
      ...["VERBOSE", "RECONNECTION_TIMEOUT"].map(
        (word) => `propagate TESTCONTAINERS_RYUK_${word} into Reaper container`,
      ),
    ],
    ONLY_THERE,
  ),
  ...named(
    "SocatContainer",
    ["", " in a different port"].map((where) => `forward requests to helloworld container${where}`),
    ONLY_THERE,
  ),
  ...named(
    "HealthCheckWaitStrategy",
    [
      ...["wait for health check", "stop the container when the health check fails"],
      ...["stop the container when the health check wait strategy times out"],
    ],
    ONLY_THERE,
  ),
]);

function named(suite: string, tests: readonly string[], why: string): readonly (readonly [string, string])[] {
  return tests.map((test) => [`${suite} should ${test}`, why]);
}

/** Runs them on a host of a fresh lab, or against the engine of a socket. */
export async function runTestcontainers(directory: string, other: OtherEngine | null): Promise<Ran> {
  const image: SuiteImage = {
    name: NAME,
    fill: (folder) => fill(folder, join(directory, "packages/testcontainers/fixtures/docker/docker/index.js")),
    lines: [
      "COPY root/ /",
      "RUN ln -sf /usr/share/nodejs /node_modules && mkdir -p /etc/ssl/private /etc/ssl/certs /home/node",
      "RUN echo node:x:1000:1000::/home/node:/bin/sh >>/etc/passwd && echo node:x:1000: >>/etc/group",
      `RUN openssl req -x509 -nodes -days 36500 -subj /CN=localhost -newkey rsa:2048 -keyout /etc/ssl/private/cert.key \\
        -out /etc/ssl/certs/cert.crt && chmod 666 /etc/ssl/private/cert.key && chmod 755 /etc/ssl/private`,
      "EXPOSE 8080",
      'ENTRYPOINT ["/usr/bin/dumb-init", "--"]',
      'CMD ["node", "index.js"]',
    ],
    isPushed: true,
  };
  await using engine = await openEngine(other, [image, { name: "alpine:latest", lines: [], isPushed: true }]);
  const report = join(engine.scratch, "report.json");
  const plugins = join(engine.scratch, ".docker/cli-plugins");
  mkdirSync(plugins, { recursive: true });
  symlinkSync(await toolPath("docker-compose"), join(plugins, "docker-compose"));
  const docker = await toolPath("docker");
  const environment = {
    DOCKER_HOST: `unix://${engine.socket}`,
    TESTCONTAINERS_RYUK_DISABLED: "true",
    DOCKER_BUILDKIT: "0",
    HOME: engine.scratch,
    PATH: `${join(docker, "..")}:${process.env["PATH"] ?? ""}`,
  };
  const vitest = [
    process.execPath,
    join(directory, "node_modules/vitest/vitest.mjs"),
    "run",
    "packages/testcontainers",
  ];
  // One file after the other, and no test beside another: a lab is small.
  const options = ["--no-file-parallelism", "--sequence.concurrent=false", `--testTimeout=${TEST_MS_MAX}`];
  const reporter = ["--reporter=json", `--outputFile=${report}`];
  await engine.run(environment, ["env", "-C", directory, ...vitest, ...options, ...reporter]);
  const said = readFileSync(report, "utf8");
  return { outcomes: outcomesIn(said), known: KNOWN, said };
}

async function fill(folder: string, program: string): Promise<void> {
  const root = join(folder, "root");
  for (const path of await fetchPackages(PACKAGES, (name) => FOLLOWED.test(name) && !VIRTUAL.has(name)))
    await unpack(path, root);
  // Where busybox has links, which a folder of that name would replace.
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    if (!existsSync(join(root, name))) continue;
    cpSync(join(root, name), join(root, "usr", name), { recursive: true, verbatimSymlinks: true });
    rmSync(join(root, name), { recursive: true });
  }
  mkdirSync(join(root, "usr/local/bin"), { recursive: true });
  cpSync(join(root, "usr/bin/node"), join(root, "usr/local/bin/node"));
  chmodSync(join(root, "usr/local/bin/node"), 0o755);
  cpSync(program, join(root, "index.js"));
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function outcomesIn(text: string): readonly Outcome[] {
  const { testResults } = JSON.parse(text) as Report;
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({ test: fullName, how: howOf(status) })),
  );
}

function howOf(status: string): Outcome["how"] {
  if (status === "passed" || status === "failed") return status;
  return "leftOut";
}
