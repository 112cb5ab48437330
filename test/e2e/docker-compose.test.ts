/** Docker Compose, unmodified, on a host in no swarm. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import { DockerCli } from "../support/docker-cli.ts";
import { type CommandResult, Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const HTTPD = ["httpd", "-f", "-p", "80", "-h", "/data"];

const FILES: Readonly<Record<string, string>> = {
  "web/Dockerfile": [
    "FROM busybox",
    "ARG WORD=none",
    "RUN mkdir /www && echo $WORD >/www/index.html",
    'CMD ["httpd", "-f", "-p", "80", "-h", "/www"]',
    "",
  ].join("\n"),
  ".env": "WORD=first\n",
  "token.txt": "planted",
  "compose.yaml": `
name: shop
services:
  web:
    build: { context: ./web, args: { WORD: "\${WORD}" } }
    ports: ["8080:80"]
    environment: { MOOD: "\${MOOD:-calm}" }
    secrets: [token]
    configs: [{ source: greeting, target: /etc/greeting }]
    networks: { front: { aliases: [shopfront] }, back: {} }
    depends_on:
      store: { condition: service_healthy }
      setup: { condition: service_completed_successfully }
  store:
    image: busybox
    command: ${JSON.stringify(HTTPD)}
    volumes: ["data:/data"]
    networks: [back]
    healthcheck: { test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1/setup"], interval: 1s, retries: 30 }
    stop_grace_period: 1s
  setup:
    image: busybox
    command: sh -c 'echo prepared; echo made >/data/setup'
    volumes: ["data:/data"]
    networks: [back]
  worker:
    image: busybox
    command: sh -c 'echo worker of $$HOSTNAME; exec sleep 600'
    networks: [front]
    stop_grace_period: 0s
  tool:
    image: busybox
    profiles: [tools]
    command: sleep 600
    networks: [front]
    stop_grace_period: 0s
networks:
  front: {}
  back: { internal: true }
volumes:
  data: { labels: { kept: "no" } }
secrets:
  token: { file: ./token.txt }
configs:
  greeting: { content: "hello \${WORD}" }
`,
};

interface Row {
  readonly ID: string;
  readonly Service: string;
  readonly State: string;
  readonly Health: string;
  readonly ExitCode: number;
}

describe("Docker Compose", { timeout: 600_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  let program = "";
  const folder = mkdtempSync(join(tmpdir(), "swarm-compose-"));
  before(async () => {
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    lab = await Lab.up(1, { noSwarm: true });
    docker = await DockerCli.on(lab);
    program = await toolPath("docker-compose");
  });
  after(async () => {
    docker?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const attempt = (...args: string[]): Promise<CommandResult> => {
    const environment = ["DOCKER_HOST=unix:///run/swarm/docker.sock", "DOCKER_BUILDKIT=0", `HOME=${folder}`];
    return lab.tryExec("host1", "env", "-C", folder, ...environment, program, "--progress", "plain", ...args);
  };
  const compose = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await attempt(...args);
    assert.equal(exitCode, 0, `docker-compose ${args.join(" ")}\n${stderr}${stdout}`);
    return stdout.trimEnd();
  };
  const rows = async (...args: string[]): Promise<readonly Row[]> => {
    const text = await compose("ps", "--all", "--format", "json", ...args);
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Row]));
  };
  const row = async (service: string): Promise<Row> => {
    const [found, ...more] = await rows(service);
    assert.ok(found !== undefined && more.length === 0, `${more.length} more containers of ${service}`);
    return found;
  };

  it("builds, makes networks and volumes, and starts services in the order of what they depend on", async () => {
    await compose("up", "--detach");
    const { State, ExitCode } = await row("setup");
    assert.deepEqual([State, ExitCode], ["exited", 0]);
    assert.deepEqual([(await row("store")).Health, (await row("web")).State], ["healthy", "running"]);
    assert.equal((await rows("tool")).length, 0);
    assert.equal(await lab.fetch("host1", "/", 8080), "first\n");
    assert.equal(await compose("port", "web", "80"), "0.0.0.0:8080");
    assert.match(await docker.run("host1", "volume", "inspect", "-f", "{{json .Labels}}", "shop_data"), /"kept":"no"/);
    assert.match(await compose("images"), /shop-web/);
  });

  it("runs commands in containers that find each other, their secrets and configs", async () => {
    const inWeb = (...args: string[]) => compose("exec", "--no-TTY", "web", ...args);
    assert.equal(await inWeb("wget", "-q", "-O", "-", "http://store/setup"), "made");
    assert.equal(await inWeb("cat", "/run/secrets/token", "/etc/greeting"), "plantedhello first");
    assert.equal(await compose("exec", "-T", "worker", "wget", "-q", "-O", "-", "http://shopfront/"), "first");
    // The worker is on the other network.
    assert.equal((await attempt("exec", "-T", "worker", "wget", "-O", "-", "http://store/")).exitCode, 1);
    assert.equal((await attempt("exec", "-T", "web", "sh", "-c", "exit 7")).exitCode, 7);
    assert.equal((await attempt("run", "--rm", "--no-TTY", "-e", "A=b", "tool", "sh", "-c", "exit 4")).exitCode, 4);
    assert.match(await compose("run", "--rm", "-T", "-e", "A=b", "tool", "sh", "-c", "echo $A"), /^b$/m);
    assert.equal((await rows("tool")).length, 0);
  });

  it("shows logs, processes and its own reading of the file", async () => {
    assert.equal(await compose("logs", "--no-log-prefix", "setup"), "prepared");
    assert.match(await compose("logs", "--timestamps", "worker"), /^worker-1 +\| \d{4}-\S+Z worker of \w+$/m);
    const followed = await lab.tryExec(
      "host1",
      ...["timeout", "3", "env", "-C", folder, "DOCKER_HOST=unix:///run/swarm/docker.sock", program],
      ...["logs", "--follow", "--no-color", "worker"],
    );
    assert.match(followed.stdout, /worker of/);
    assert.match(await compose("top", "worker"), /sleep 600/);
    assert.deepEqual((await compose("config", "--services")).split("\n").sort(), ["setup", "store", "web", "worker"]);
    assert.match(await compose("config"), /published: "8080"/);
    assert.match(await compose("ls"), /shop +running\(3\)|shop +exited\(1\), running\(3\)/);
  });

  it("scales, and takes the last ones away again", async () => {
    await compose("up", "--detach", "--no-recreate", "--scale", "worker=3");
    assert.equal((await rows("worker")).length, 3);
    await compose("scale", "worker=1");
    assert.equal((await rows("worker")).length, 1);
  });

  it("leaves what is unchanged alone, and makes again what changed", async () => {
    const [store, web] = [await row("store"), await row("web")];
    await compose("up", "--detach");
    assert.deepEqual([(await row("store")).ID, (await row("web")).ID], [store.ID, web.ID]);
    writeFileSync(join(folder, ".env"), "WORD=second\nMOOD=merry\n");
    await compose("up", "--detach", "--build");
    assert.equal((await row("store")).ID, store.ID);
    assert.notEqual((await row("web")).ID, web.ID);
    assert.equal(await compose("exec", "-T", "web", "sh", "-c", "echo $MOOD"), "merry");
    await waitFor("the new page", async () => (await lab.fetch("host1", "/", 8080)) === "second\n");
  });

  it("restarts, pauses, stops, starts and kills", async () => {
    const startedAt = (service: string) =>
      docker.run("host1", "inspect", "-f", "{{.State.StartedAt}}", `shop-${service}-1`);
    const before = await startedAt("store");
    await compose("restart", "store");
    assert.notEqual(await startedAt("store"), before);
    await compose("pause", "worker");
    assert.equal((await row("worker")).State, "paused");
    await compose("unpause", "worker");
    await compose("stop", "worker");
    assert.equal((await row("worker")).State, "exited");
    await compose("start", "worker");
    await compose("kill", "worker");
    const { State, ExitCode } = await row("worker");
    assert.deepEqual([State, ExitCode], ["exited", 137]);
    await compose("rm", "--force", "worker");
    assert.equal((await rows("worker")).length, 0);
  });

  it("starts what a profile asks for, copies files, and says which service is unknown", async () => {
    await compose("--profile", "tools", "up", "--detach", "tool");
    assert.equal((await row("tool")).State, "running");
    await compose("cp", "token.txt", "tool:/copied");
    assert.equal(await compose("exec", "-T", "tool", "cat", "/copied"), "planted");
    const unknown = await attempt("up", "--detach", "nobody");
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /no such service: nobody/);
  });

  it("fails a start whose dependency fails, and ends with the code of a service that is waited for", async () => {
    const bad = join(folder, "bad.yaml");
    writeFileSync(
      bad,
      `
name: bad
services:
  after: { image: busybox, command: sleep 600, depends_on: { broken: { condition: service_completed_successfully } } }
  broken: { image: busybox, command: sh -c 'echo says why; exit 5' }
`,
    );
    const failed = await attempt("-f", bad, "up", "--detach");
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stderr, /service "broken" didn't complete successfully: exit 5/);
    const waited = await attempt("-f", bad, "up", "--exit-code-from", "broken", "broken");
    assert.equal(waited.exitCode, 5, waited.stderr);
    assert.match(waited.stdout, /broken-1 +\| says why/);
    await compose("-f", bad, "down");
  });

  it("takes everything away", async () => {
    await compose("--profile", "tools", "down", "--volumes", "--rmi", "local");
    assert.equal(await docker.run("host1", "ps", "--all", "--quiet"), "");
    assert.equal(await docker.run("host1", "network", "ls", "--quiet", "--filter", "type=custom"), "");
    assert.equal(await docker.run("host1", "volume", "ls", "--quiet"), "");
    assert.equal(await docker.run("host1", "image", "ls", "--quiet", "shop-web"), "");
  });
});
