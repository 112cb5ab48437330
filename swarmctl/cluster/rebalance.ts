import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { RebalanceMove, RebalanceRequest, RebalanceResponse } from "../../shared/rpc/gen/control.ts";
import type { Cli, Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import type { Column } from "../format/table.ts";
import { usageError } from "../parse/usage.ts";
import { outcomeLines, underWayLine } from "./moves-under-way.ts";
import type { REBALANCE_OPTIONS } from "./options.ts";

const LOOK_MS = 500;
/** A leader of a large swarm reads everything for a plan. */
const PLAN_TIMEOUT_MS = 60_000;

export const run: Run<typeof REBALANCE_OPTIONS> = async (cli, _args, flags) => {
  const asked = {
    movesMax: flags.whole("maxMoves", { min: 1, max: SPEC_LIMITS.attempts.max }) ?? 0,
    gainMin: flags.whole("minGain", { min: 1, max: SPEC_LIMITS.replicas.max }) ?? 0,
  };
  if (flags.is("plan") && flags.is("stop")) throw usageError("--plan and --stop exclude each other");
  if (flags.is("detach") && (flags.is("plan") || flags.is("stop")))
    throw usageError("--detach is only valid where tasks are moved: --plan and --stop wait for nothing");
  if (flags.has("format") && !flags.is("plan")) throw usageError("--format is only valid with --plan");
  if (flags.is("stop")) {
    await call(cli, { action: "STOP" });
    cli.output.line("No further tasks are moved.");
    return;
  }
  const planned = await call(cli, { action: flags.is("plan") ? "PLAN" : "START", ...asked });
  if (flags.is("plan")) showPlan(cli, planned, flags.text("format") ?? "");
  else if (flags.is("detach")) cli.output.line(`Tasks to be moved: ${planned.moves.length}`);
  else await follow(cli, planned);
};

async function call(cli: Cli, request: Partial<RebalanceRequest>): Promise<RebalanceResponse> {
  const control = await cli.api.control();
  return control.rebalance(request, { signal: cli.signal, timeoutMs: PLAN_TIMEOUT_MS });
}

interface MoveRow extends Readonly<Record<string, unknown>> {
  readonly Task: string;
  readonly From: string;
  readonly To: string;
  readonly Gain: number;
  readonly Reason: string;
  readonly ID: string;
}

const COLUMNS: readonly Column<MoveRow>[] = [
  { heading: "TASK", cell: ({ Task }) => Task },
  { heading: "FROM", cell: ({ From }) => From },
  { heading: "TO", cell: ({ To }) => To },
  { heading: "GAIN", cell: ({ Gain }) => String(Gain) },
  { heading: "REASON", cell: ({ Reason }) => Reason },
];

const rowOf = ({ taskId, task, from, to, gain, reason }: RebalanceMove): MoveRow => ({
  Task: task,
  From: from,
  To: to,
  Gain: gain,
  Reason: reason,
  ID: taskId,
});

function showPlan(cli: Cli, { moves, uneven }: RebalanceResponse, format: string): void {
  const isTable = ["", "table"].includes(format.trim());
  if (moves.length === 0 && isTable) cli.output.line("Nothing to move: the load is as even as moves can make it.");
  else {
    const list = { rows: moves.map(rowOf), columns: COLUMNS, id: ({ ID }: MoveRow) => ID };
    for (const line of formatList(list, { quiet: false, format })) cli.output.line(line);
  }
  for (const { service, reason } of uneven) cli.output.warn(`${service} stays uneven: ${reason}`);
}

/** Every line is a change: a move that begins, one that comes to an end. */
async function follow(cli: Cli, planned: RebalanceResponse): Promise<void> {
  for (const { service, reason } of planned.uneven) cli.output.warn(`${service} stays uneven: ${reason}`);
  const startedAtMs = planned.status?.startedAtMs ?? 0;
  let said = "";
  for (;;) {
    const now = await call(cli, { action: "STATUS" });
    const line = underWayLine(now);
    if (line !== said && line !== "") cli.output.warn(line);
    said = line;
    const isOver = now.status === null || now.status.endedAtMs !== 0 || now.status.startedAtMs !== startedAtMs;
    if (isOver && now.moves.length === 0) {
      for (const text of outcomeLines(now.status, startedAtMs)) cli.output.line(text);
      return;
    }
    await sleep(cli.clock, LOOK_MS, "look at the moves again", cli.signal).catch(() => {});
    if (cli.signal.aborted) {
      cli.output.warn("Tasks are moved in background; `swarmctl cluster rebalance --stop` ends that.");
      return;
    }
  }
}
