/**
 * What users of Testcontainers do, in a lab host's namespaces, where published ports are on localhost as they are for
 * them. Writes one line of JSON for each claim. Argument: a directory with compose.yaml.
 */
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerComposeEnvironment, GenericContainer, Network, PullPolicy, Wait } from "testcontainers";

/** What became of a claim. */
export interface Outcome {
  readonly claim: string;
  /** "" = it holds. */
  readonly error: string;
}

const WEB = "whoami";
const SHELL = "busybox";
const START_MS = 30_000;

const page = async (host: string, port: number, path = "/"): Promise<string> => {
  const response = await fetch(`http://${host}:${port}${path}`);
  assert.equal(response.status, 200);
  return await response.text();
};

/** A container that only waits. */
const idle = (image = SHELL): GenericContainer =>
  new GenericContainer(image).withCommand(["sleep", "600"]).withStartupTimeout(START_MS);

const CLAIMS: Readonly<Record<string, () => Promise<void>>> = {
  "an image that the host lacks is pulled, and a published port answers on localhost": async () => {
    await using container = await new GenericContainer(WEB).withExposedPorts(80).start();
    assert.notEqual(await page(container.getHost(), container.getMappedPort(80)), "");
    assert.equal(container.getFirstMappedPort(), container.getMappedPort(80));
  },
  "a start waits for a line of the log": async () => {
    await using container = await new GenericContainer(SHELL)
      .withCommand(["sh", "-c", "sleep 1; echo ready to serve; sleep 600"])
      .withWaitStrategy(Wait.forLogMessage(/ready to serve/))
      .start();
    assert.notEqual(container.getId(), "");
  },
  "a start waits for an answer over HTTP": async () => {
    await using container = await new GenericContainer(WEB)
      .withExposedPorts(80)
      .withWaitStrategy(Wait.forHttp("/", 80).forStatusCode(200))
      .start();
    assert.notEqual(await page(container.getHost(), container.getMappedPort(80)), "");
  },
  "a start waits for a health check, and one that is never healthy fails it": async () => {
    const check = (test: string) =>
      idle()
        .withHealthCheck({ test: ["CMD-SHELL", test], interval: 200, timeout: 1_000, retries: 2, startPeriod: 0 })
        .withWaitStrategy(Wait.forHealthCheck());
    await using container = await check("true").start();
    assert.notEqual(container.getId(), "");
    await assert.rejects(check("false").start(), /unhealthy/i);
  },
  "a start waits for a command that succeeds, and for one that ends": async () => {
    await using container = await idle().withWaitStrategy(Wait.forSuccessfulCommand("test -d /etc")).start();
    assert.notEqual(container.getId(), "");
    const once = new GenericContainer(SHELL).withCommand(["true"]).withWaitStrategy(Wait.forOneShotStartup());
    await using done = await once.start();
    assert.notEqual(done.getId(), "");
  },
  "a command in a container has its output, streams apart and together, and its exit code": async () => {
    await using container = await idle().start();
    const both = await container.exec(["sh", "-c", "echo out; echo err >&2; exit 3"]);
    assert.deepEqual([both.exitCode, both.stdout.trim(), both.stderr.trim()], [3, "out", "err"]);
    const set = await container.exec(["sh", "-c", "pwd; echo $A"], { workingDir: "/var", env: { A: "b" } });
    assert.equal(set.output.trim(), "/var\nb");
    const none = await container.exec(["no-such-program"]);
    assert.ok([126, 127].includes(none.exitCode), `${none.exitCode}`);
  },
  "files and directories are copied in before the start and later, and an archive out": async () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-tc-"));
    writeFileSync(join(folder, "file.txt"), "from a file");
    await using container = await idle()
      .withCopyFilesToContainer([{ source: join(folder, "file.txt"), target: "/srv/file.txt" }])
      .withCopyDirectoriesToContainer([{ source: folder, target: "/srv/folder" }])
      .withCopyContentToContainer([{ content: "said", target: "/srv/said.txt", mode: 0o640 }])
      .start();
    await container.copyContentToContainer([{ content: "later", target: "/srv/later.txt" }]);
    const { output } = await container.exec([
      "sh",
      "-c",
      "cat /srv/file.txt /srv/folder/file.txt /srv/said.txt /srv/later.txt; stat -c %a /srv/said.txt",
    ]);
    assert.equal(output.trim(), "from a filefrom a filesaidlater640");
    const pieces: Buffer[] = [];
    for await (const piece of await container.copyArchiveFromContainer("/srv/said.txt"))
      pieces.push(Buffer.from(piece));
    assert.match(Buffer.concat(pieces).toString(), /said\.txt[\s\S]*said/);
  },
  "containers on a network reach each other by alias, and have an address on it": async () => {
    await using network = await new Network().start();
    await using web = await new GenericContainer(WEB)
      .withNetwork(network)
      .withNetworkAliases("shop")
      .withExposedPorts(80)
      .start();
    await using client = await idle().withNetwork(network).start();
    const { exitCode, output } = await client.exec(["wget", "-q", "-O", "-", "http://shop/"]);
    assert.equal(exitCode, 0, output);
    assert.match(web.getIpAddress(network.getName()), /^\d+\.\d+\.\d+\.\d+$/);
  },
  "logs are followed from the first line to the container's end": async () => {
    const container = await new GenericContainer(SHELL)
      .withCommand(["sh", "-c", "for n in 1 2 3; do echo line $n; done; sleep 600"])
      .withWaitStrategy(Wait.forLogMessage("line 3"))
      .start();
    const lines: string[] = [];
    const ended = Promise.withResolvers<void>();
    (await container.logs()).on("data", (line) => lines.push(String(line).trim())).on("end", ended.resolve);
    await container.stop();
    await ended.promise;
    assert.deepEqual(lines.join("\n").split("\n").filter(Boolean), ["line 1", "line 2", "line 3"]);
  },
  "environment, labels, name, user, limits, mounts and tmpfs come to the container": async () => {
    await using container = await idle()
      .withEnvironment({ A: "b" })
      .withLabels({ "com.example.team": "shop" })
      .withName(`tc-${process.pid}`)
      .withUser("1000:1000")
      .withResourcesQuota({ memory: 0.0625, cpu: 0.5 })
      .withTmpFs({ "/scratch": "rw,mode=1777" })
      .withBindMounts([{ source: "/srv", target: "/host", mode: "ro" }])
      .withUlimits({ nofile: { hard: 512, soft: 512 } })
      .withAddedCapabilities("NET_ADMIN")
      .withDroppedCapabilities("CHOWN")
      .withHostname("named")
      .withSharedMemorySize(1 << 24)
      .start();
    const script = "echo $A $(id -u) $(hostname) $(ulimit -n); touch /scratch/x && echo kept; touch /host/x || echo ro";
    const { stdout } = await container.exec(["sh", "-c", script]);
    assert.equal(stdout.trim(), "b 1000 named 512\nkept\nro");
    assert.equal(container.getName(), `/tc-${process.pid}`);
    assert.equal(container.getLabels()["com.example.team"], "shop");
  },
  "a container is restarted, stopped, and started from what was committed of it": async () => {
    await using container = await idle().start();
    await container.exec(["sh", "-c", "echo mine >/own.txt"]);
    const imageId = await container.commit({ repo: "committed", tag: "1", author: "someone", deleteOnExit: false });
    assert.match(imageId, /^sha256:[0-9a-f]{64}$/);
    const before = container.getId();
    await container.restart();
    assert.equal(container.getId(), before);
    await using again = await idle("committed:1").start();
    assert.equal((await again.exec(["cat", "/own.txt"])).output.trim(), "mine");
    await container.stop();
    await assert.rejects(container.exec(["true"]));
  },
  "an image is built from a Dockerfile with arguments, and pulled anew when a policy says so": async () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-tc-"));
    const lines = [`FROM ${SHELL}`, "ARG WORD=none", "RUN echo $WORD >/word", 'CMD ["sleep", "600"]', ""];
    writeFileSync(join(folder, "Dockerfile"), lines.join("\n"));
    const image = await GenericContainer.fromDockerfile(folder).withBuildArgs({ WORD: "built" }).build();
    await using container = await image.start();
    assert.equal((await container.exec(["cat", "/word"])).output.trim(), "built");
    await using fresh = await idle().withPullPolicy(PullPolicy.alwaysPull()).start();
    assert.notEqual(fresh.getId(), "");
  },
  "a container is used again by whoever asks for the same one": async () => {
    const same = (): GenericContainer => idle().withLabels({ reused: "yes" }).withReuse();
    const one = await same().start();
    const two = await same().start();
    assert.equal(two.getId(), one.getId());
    await one.stop();
  },
  "a Compose environment comes up, answers, waits for health, and goes away": async () => {
    const [, , folder = ""] = process.argv;
    await using environment = await new DockerComposeEnvironment(folder, "compose.yaml")
      .withEnvironment({ WORD: "composed" })
      .withWaitStrategy("web-1", Wait.forListeningPorts())
      .withWaitStrategy("checked-1", Wait.forHealthCheck())
      .up();
    const web = environment.getContainer("web-1");
    assert.notEqual(await page(web.getHost(), web.getMappedPort(80)), "");
    const { output } = await environment.getContainer("checked-1").exec(["sh", "-c", "echo $WORD"]);
    assert.equal(output.trim(), "composed");
  },
};

const tell = (outcome: Outcome): void => void process.stdout.write(`${JSON.stringify(outcome)}\n`);

for (const [claim, hold] of Object.entries(CLAIMS)) {
  try {
    await hold();
    tell({ claim, error: "" });
  } catch (error) {
    tell({ claim, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
// Its client keeps connections open.
process.exit(0);
