/**
 * Secrets and configs on a manager and two workers: their whole life as a container sees it, and that a secret's value
 * is nowhere but in the memory of managers, of hosts whose tasks use it, and of their containers.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CommandResult, Lab } from "../support/lab.ts";
import {
  formsOf,
  foundBelow,
  foundIn,
  foundInMemory,
  foundInProcesses,
  LAB_STATE,
  rootOf,
} from "../support/planted.ts";
import { tasksOf, untilAllReady, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

/** Values that nothing compresses and nobody else has. */
const plant = (): string => randomBytes(24).toString("base64url");
const planted = { v1: plant(), v2: plant(), templated: plant(), failing: plant() };
const VALUES = Object.values(planted);
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Says what the container sees of its files, again and again, and never a secret's value. */
const WATCHES =
  "while :; do stat -c '%n %a %u:%g' /run/secrets/* /etc/site.conf; sha256sum /run/secrets/*; cat /etc/site.conf; " +
  "sleep 1; done";

describe("secrets and configs", () => {
  let lab: Lab;
  const said: string[] = [];
  const note = (text: string): string => {
    said.push(text);
    return text;
  };
  const logs = async (service: string): Promise<string> => note(await lab.ctl("host1", "service", "logs", service));
  const untilSaid = (service: string, text: string): Promise<boolean> =>
    waitFor(`${service} says ${text}`, async () => (await logs(service)).includes(text));
  const create = (...args: string[]): Promise<string> => lab.ctl("host1", "service", "create", "--detach", ...args);

  before(async () => {
    lab = await Lab.up(3, { managers: 1 });
    await lab.ctlWith(planted.v1, "host1", "secret", "create", "--label", "stage=test", "key_v1", "-");
    await lab.ctlWith(planted.v2, "host1", "secret", "create", "key_v2", "-");
    await lab.ctlWith("listen 80\n", "host1", "config", "create", "site", "-");
    await create(
      ...["--name", "web", "--constraint", "node.hostname==host2"],
      ...[
        "--secret",
        "source=key_v1,target=key,uid=5,gid=6,mode=0440",
        "--config",
        "source=site,target=/etc/site.conf",
      ],
      ...["busybox", "sh", "-c", WATCHES],
    );
    await untilRunning(lab, "host1", "web", 1);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it("are files with the owner and mode that were asked for", async () => {
    await untilSaid("web", "/run/secrets/key 440 5:6");
    await untilSaid("web", "/etc/site.conf 444 0:0");
    await untilSaid("web", `${hashOf(planted.v1)}  /run/secrets/key`);
    await untilSaid("web", "listen 80");
  });

  it("that may be executed can be what a task begins with", async () => {
    await lab.ctlWith("#!/bin/sh\necho begun by a config\nsleep 86400\n", "host1", "config", "create", "start", "-");
    await create("--name", "begun", "--config", "source=start,target=/start.sh,mode=0555", "busybox", "/start.sh");
    await untilSaid("begun", "begun by a config");
    await lab.ctl("host1", "service", "rm", "begun");
  });

  it("are only on hosts whose tasks use them", async () => {
    const onlySecret = [planted.v1];
    assert.notDeepEqual(foundInMemory("host2", onlySecret), [], "the search finds what is there");
    assert.deepEqual(foundInMemory("host3", VALUES), []);
  });

  it("stay with what runs when daemons are killed, with and without managers", async () => {
    const [task] = await untilRunning(lab, "host1", "web", 1);
    await lab.killDaemon("host2");
    await lab.startDaemon("host2");
    await lab.killDaemon("host1");
    await lab.killDaemon("host2");
    await lab.startDaemon("host2");
    await lab.startDaemon("host1");
    await untilAllReady(lab, "host1");
    const before = (await logs("web")).split(hashOf(planted.v1)).length;
    await waitFor(
      "it still reads its secret",
      async () => (await logs("web")).split(hashOf(planted.v1)).length > before,
    );
    const [same] = await untilRunning(lab, "host1", "web", 1);
    assert.equal(same?.ID, task?.ID);
  });

  it("that are in use cannot be removed, and swapping one for another rolls the tasks", async () => {
    const [old] = await untilRunning(lab, "host1", "web", 1);
    refused(await lab.tryCtl("host1", "secret", "rm", "key_v1"), /^Error: secret key_v1 is in use by service web$/m);
    refused(await lab.tryCtl("host1", "config", "rm", "site"), /^Error: config site is in use by service web$/m);
    const swap = ["--secret-rm", "key_v1", "--secret-add", "source=key_v2,target=key"];
    note(await lab.ctl("host1", "service", "update", ...swap, "web"));
    await untilRunning(lab, "host1", "web", 1, ([task]) => task?.ID !== old?.ID);
    await untilSaid("web", `${hashOf(planted.v2)}  /run/secrets/key`);
    await lab.ctl("host1", "secret", "update", "--label-rm", "stage", "key_v1");
    await lab.ctl("host1", "secret", "rm", "key_v1");
  });

  it("are filled for each task where they are templates, with its other secrets, too", async () => {
    const template = ["--template-driver", "golang"];
    await lab.ctlWith(planted.templated, "host1", "secret", "create", "password", "-");
    const config = '{{.Service.Name}}.{{.Task.Slot}} on {{.Node.Hostname}} in {{env "STAGE"}}\n';
    await lab.ctlWith(config, "host1", "config", "create", ...template, "place", "-");
    const url = 'postgres://{{secret "password"}}@db';
    await lab.ctlWith(url, "host1", "secret", "create", ...template, "url", "-");
    await lab.ctlWith(url, "host1", "config", "create", ...template, "url", "-");
    await create(
      ...["--name", "made", "--replicas", "2", "--constraint", "node.hostname==host3", "--env", "STAGE=test"],
      ...["--config", "place", "--config", "url", "--secret", "url", "--secret", "password"],
      ...["busybox", "sh", "-c", "cat /place; sha256sum /url /run/secrets/url; exec sleep 1000"],
    );
    await untilRunning(lab, "host1", "made", 2);
    for (const slot of [1, 2]) await untilSaid("made", `made.${slot} on host3 in test`);
    const hash = hashOf(`postgres://${planted.templated}@db`);
    await untilSaid("made", `${hash}  /url`);
    await untilSaid("made", `${hash}  /run/secrets/url`);
  });

  it("of tasks that fail are not told by anyone", async () => {
    await lab.ctlWith(planted.failing, "host1", "secret", "create", "failing", "-");
    const fails = ["--restart-max-attempts", "1", "--restart-delay", "1s", "--secret", "failing"];
    await create("--name", "exits", ...fails, "busybox", "false");
    await create("--name", "cannot", ...fails, "busybox", "/no/such/program");
    await create(
      "--name",
      "proc",
      "--secret",
      "source=failing,target=/proc/1/key",
      ...fails.slice(0, 4),
      "busybox",
      "true",
    );
    const quoted = `{{index (secret "failing") "${planted.failing}"}}`;
    await lab.ctlWith(quoted, "host1", "secret", "create", "--template-driver", "golang", "odd", "-");
    await create("--name", "odd", ...fails, "--secret", "odd", "busybox", "true");
    for (const name of ["exits", "cannot", "proc", "odd"]) {
      await waitFor(`${name} fails`, async () =>
        (await tasksOf(lab, "host1", name)).some(({ CurrentState }) => /^(Failed|Rejected)/.test(CurrentState)),
      );
      note(JSON.stringify(await tasksOf(lab, "host1", name)));
    }
  });

  it("of secrets nothing is in files, logs, answers, command lines and environments", async () => {
    await lab.ctl("host1", "node", "promote", "host3");
    await waitFor("host3 has the state", async () =>
      (await lab.ctlJson<{ ManagerStatus: string }>("host1", "node", "ls")).every(
        ({ ManagerStatus }) => ManagerStatus !== "Unreachable",
      ),
    );
    await waitFor("host3 answers", async () => (await lab.ctl("host3", "secret", "ls")).includes("key_v2"));
    for (const host of lab.hosts) {
      for (const words of [
        ["secret", "ls", "--format", "json"],
        ["secret", "inspect", "key_v2"],
        ["secret", "inspect", "--pretty", "key_v2"],
        ["service", "inspect", "web"],
        ["service", "ps", "--no-trunc", "web"],
        ["info", "--format", "json"],
      ]) {
        const { stdout, stderr } = await lab.tryCtl(host, ...words);
        note(stdout + stderr);
      }
      note(await lab.logs(host));
    }
    // A search that finds nothing proves nothing unless it would find each form.
    for (const directory of [join(LAB_STATE, "host2"), join(rootOf("host2"), "run/swarm")]) {
      const canary = join(directory, "canary");
      for (const [form, bytes] of formsOf(planted.v2)) {
        writeFileSync(canary, Buffer.concat([Buffer.from("..."), bytes, Buffer.from("...")]));
        assert.equal(foundBelow(directory, [planted.v2]).length, 1, `the search finds ${form}`);
      }
      rmSync(canary);
    }
    const found = [
      ...foundBelow(LAB_STATE, VALUES),
      ...lab.hosts.flatMap((host) => foundBelow(join(rootOf(host), "run/swarm"), VALUES)),
      ...foundInProcesses(VALUES),
      ...foundIn("answers and logs", Buffer.from(said.join("\n")), VALUES),
    ];
    assert.deepEqual(found, []);
  });
});

function refused(result: CommandResult, sentence: RegExp): void {
  assert.notEqual(result.exitCode, 0);
  assert.match(result.stderr, sentence);
}
