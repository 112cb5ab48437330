import { mustHave, unreachable } from "../../shared/invariant.ts";
import type { PlanServiceRequest, PlanServiceResponse, SlotPlan } from "../../shared/rpc/gen/control.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Cli } from "../cli.ts";
import { formatTable } from "../format/table.ts";
import { specChanges } from "./spec-changes.ts";

/** A manager may have to ask a slow registry for the image's digest, and goes through all tasks. */
const PLAN_TIMEOUT_MS = 60_000;

/** Asks the leader what a change would do, and prints it. Nothing is changed. */
export async function printPlan(cli: Cli, request: Sendable<PlanServiceRequest>): Promise<void> {
  const control = await cli.api.control();
  const plan = await control.planService(request, { signal: cli.signal, timeoutMs: PLAN_TIMEOUT_MS });
  for (const warning of plan.warnings) cli.output.warn(warning);
  for (const line of planLines(plan)) cli.output.line(line);
}

/** What would change about the service, what would become of its slots, and that nothing of it was done. */
export function planLines(plan: PlanServiceResponse): readonly string[] {
  const after = mustHave(plan.after, "the spec of the plan");
  const changes = plan.before === null ? [] : specChanges(plan.before, after);
  const name = after.annotations?.name || "with a name of the swarm's choice";
  const head =
    plan.before === null
      ? `Service ${name} would be created`
      : changes.length === 0
        ? `Service ${name} would stay as it is`
        : `Service ${name} would change:`;
  const unshown = plan.affected - plan.slots.length;
  return [
    head,
    ...changes.map((line) => `    ${line}`),
    slotsSentence(plan),
    ...(plan.waiting === "" ? [] : [`Before that: ${plan.waiting}`]),
    ...(plan.slots.length === 0 ? [] : formatTable(COLUMNS, plan.slots)),
    ...(unshown === 0 ? [] : [`and ${unshown} more slots`]),
    "Nothing was changed.",
  ];
}

const COLUMNS = [
  { heading: "SLOT", cell: ({ name }: SlotPlan) => name },
  { heading: "ACTION", cell: actionText },
  { heading: "FROM", cell: ({ fromHost }: SlotPlan) => fromHost },
  { heading: "TO", cell: ({ toHost, whyNot }: SlotPlan) => toHost || whyNot },
];

function actionText({ action, afterCanary }: SlotPlan): string {
  switch (action) {
    case "UNKNOWN":
      return "";
    case "START":
      return "start";
    case "REPLACE":
      return afterCanary ? "replace when promoted" : "replace";
    case "STOP":
      return "stop";
    default:
      return unreachable(action);
  }
}

function slotsSentence({ affected, kept, canary }: PlanServiceResponse): string {
  const stay = kept === 0 ? "" : `, ${slots(kept)} would stay as ${kept === 1 ? "it is" : "they are"}`;
  const trial = canary === 0 ? "" : `, ${canary} of them as a canary`;
  if (affected === 0) return kept === 0 ? "No task would run." : `No task would be replaced${stay}.`;
  return `${slots(affected)} would change${trial}${stay}:`;
}

const slots = (count: number): string => (count === 1 ? "1 slot" : `${count} slots`);
