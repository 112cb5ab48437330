/**
 * Every flag of `service create` and `service update`, on one host: given, then changed, then rolled back; seen from
 * inside the container, or in `service inspect` where a container cannot see it.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import { Lab } from "../support/lab.ts";
import type { OptionRow } from "../support/option-row.ts";
import { PAPER_ROWS } from "../support/service-host-rows.ts";
import { JOB_ROWS, NODE_RESOURCES, OTHER_ROWS, REFUSED_ROWS, ROWS } from "../support/service-option-rows.ts";
import { waitFor } from "../support/wait.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const shellOf = ({ look }: OptionRow): string => ("inside" in look ? look.inside : "");
/** Each line it prints is "@RUN NUMBER: what the row's shell said", where RUN is 1 as created and 2 as updated. */
const SIGNAL_ROW = ROWS.findIndex(({ create }) => create?.includes("--stop-signal"));
const PROBE = [
  'ARGS="$*"',
  // Only the first replica speaks.
  'say() { [ "$SLOT" != 1 ] || echo "@$RUN $1: $(eval "$2" | tr "\\n" " ")"; }',
  `stop() { say ${SIGNAL_ROW} "echo $1"; exit 0; }`,
  'for s in TERM USR1 USR2; do trap "stop $s" $s; done',
  ...ROWS.map((row, at) => (shellOf(row) === "" ? "" : `say ${at} ${quoted(shellOf(row))}`)),
  "say end true",
  "while :; do sleep 1000 & wait $!; done",
].join("\n");

const words = (rows: readonly OptionRow[], command: "create" | "update"): readonly string[] =>
  rows.flatMap((row) => row[command] ?? []);

describe("every flag of a service", () => {
  let lab: Lab;
  /** What `inspect` showed of each service as created, as updated and, of the first, as rolled back. */
  const seen = { all: [] as unknown[], other: [] as unknown[], job: [] as unknown[], paper: [] as unknown[] };
  let said = "";

  const specOf = async (service: string): Promise<unknown> => {
    const [found] = await lab.ctlJson<{ Spec: unknown }>("host1", "service", "inspect", service);
    return found?.Spec;
  };
  /** What a row's line said, each time that it ran. */
  const linesOf = (run: number, row: number | "end"): readonly string[] =>
    [...said.matchAll(new RegExp(`^@${run} ${row}: (.*?)\\s*$`, "gm"))].map(([, text = ""]) => text);
  const untilSaid = (what: string, run: number, row: number | "end", times: number): Promise<boolean> =>
    waitFor(what, async () => {
      said = await lab.ctl("host1", "service", "logs", "--raw", "all");
      return linesOf(run, row).length === times;
    });

  before(async () => {
    const resources = NODE_RESOURCES.flatMap((each) => ["--node-generic-resource", each]);
    lab = await Lab.up(1, { daemonOptions: ["--init-path", await toolPath("catatonit"), ...resources] });
    await lab.ctl("host1", "node", "update", "--label-add", "zone=a", "host1");
    for (const [kind, name, content] of [
      ["secret", "key", "open"],
      ["secret", "other", "sesame"],
      ["config", "site", "listen"],
      ["config", "page", "hello"],
      ["config", "probe", PROBE],
    ] as const) {
      await lab.ctlWith(content, "host1", kind, "create", name, "-");
    }
    // As hosts with systemd have it: what is mounted there is passed on.
    const spread = "mkdir -p /run/spread && mount -t tmpfs spread /run/spread && mount --make-shared /run/spread";
    await lab.exec("host1", "sh", "-c", `${spread} && mkdir /run/spread/sub && touch /run/spread/sub/in-sub`);
    for (const network of ["front", "back"]) await lab.ctl("host1", "network", "create", network);
    const needed = [
      ...["--env", "RUN=1", "--env", "SLOT={{.Task.Slot}}"],
      ...["--config", "source=probe,target=/probe.sh"],
      ...["--mount", "type=tmpfs,target=/scratch,tmpfs-mode=1777"],
    ];
    const create = ["service", "create", ...needed, "--quiet", ...words(ROWS, "create"), "busybox", "one"];
    await lab.exec("host1", "sh", "-c", "echo FROM_FILE=yes > /run/row.env");
    assert.match(await lab.ctl("host1", ...create), /^[a-z0-9]{25}\n$/, "--quiet");
    seen.all.push(await specOf("all"));
    await untilSaid("all rows as created", 1, "end", 1);
    const other = ["service", "create", "--detach", "--name", "other", ...words(OTHER_ROWS, "create"), "busybox"];
    assert.match(await lab.ctl("host1", ...other, "sleep", "1000"), /^[a-z0-9]{25}\n$/, "--detach");
    seen.other.push(await specOf("other"));

    const update = (service: string, ...flags: readonly string[]): Promise<string> =>
      lab.ctl("host1", "service", "update", ...flags, service);
    const changed = words(ROWS, "update");
    assert.equal(await update("all", "--detach", "--env-add", "RUN=2", ...changed), "all\n", "--detach");
    seen.all.push(await specOf("all"));
    assert.equal(await update("other", "--quiet", ...words(OTHER_ROWS, "update")), "other\n", "--quiet");
    seen.other.push(await specOf("other"));
    const job = ["service", "create", "--quiet", "--name", "job", ...words(JOB_ROWS, "create"), "busybox", "true"];
    await lab.ctl("host1", ...job);
    seen.job.push(await specOf("job"));
    await update("job", "--quiet", ...words(JOB_ROWS, "update"));
    seen.job.push(await specOf("job"));
    const paper = ["--name", "paper", "--replicas", "0", ...words(PAPER_ROWS, "create"), "busybox", "sleep", "1000"];
    await lab.ctl("host1", "service", "create", "--quiet", ...paper);
    seen.paper.push(await specOf("paper"));
    await update("paper", "--quiet", ...words(PAPER_ROWS, "update"));
    seen.paper.push(await specOf("paper"));
    await untilSaid("the first task's stop signal", 1, SIGNAL_ROW, 1);
    await untilSaid("all rows as updated", 2, "end", 1);
    await waitFor("the end of the update", async () => {
      const [service] = await lab.ctlJson<{ UpdateStatus?: { State: string } }>("host1", "service", "inspect", "all");
      return service?.UpdateStatus?.State === "completed";
    });
    await update("all", "--rollback", "--quiet");
    seen.all.push(await specOf("all"));
    await untilSaid("the updated task's stop signal", 2, SIGNAL_ROW, 1);
    await untilSaid("all rows as rolled back", 1, "end", 2);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  for (const [at, row] of ROWS.entries()) {
    it([...(row.create ?? []), ";", ...(row.update ?? [])].join(" "), () => {
      const { look, created, updated } = row;
      if ("inside" in look) {
        for (const text of linesOf(1, at)) assert.match(text, created as RegExp);
        for (const text of linesOf(2, at)) assert.match(text, updated as RegExp);
        assert.deepEqual([linesOf(1, at).length, linesOf(2, at).length], at === SIGNAL_ROW ? [1, 1] : [2, 1]);
      } else {
        for (const [run, expected] of [created, updated, created].entries()) {
          isSeen(valueIn(seen.all[run], look.inspect), expected);
        }
      }
    });
  }

  for (const [service, rows] of [
    ["other", OTHER_ROWS],
    ["job", JOB_ROWS],
    ["paper", PAPER_ROWS],
  ] as const) {
    for (const { create, update, look, created, updated } of rows) {
      it([...(create ?? []), ";", ...(update ?? [])].join(" "), () => {
        assert.ok("inspect" in look);
        for (const [run, expected] of [created, updated].entries()) {
          isSeen(valueIn(seen[service][run], look.inspect), expected);
        }
      });
    }
  }

  for (const { create, update, sentence } of REFUSED_ROWS) {
    it(`${[...(create ?? update ?? [])].join(" ")} is refused`, async () => {
      const command = create === undefined ? ["update", ...(update ?? []), "all"] : ["create", ...create, "busybox"];
      const { exitCode, stderr } = await lab.tryCtl("host1", "service", ...command);
      assert.equal(exitCode, 1);
      assert.match(stderr, sentence);
    });
  }
});

function valueIn(spec: unknown, path: string): unknown {
  return path.split(".").reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], spec);
}

function isSeen(actual: unknown, expected: unknown): void {
  if (expected instanceof RegExp) assert.match(String(actual), expected);
  else assert.deepEqual(actual, expected);
}
