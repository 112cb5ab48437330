import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { EarlierSpec, Service, ServiceSpec, SpecOrigin, UpdateStatus } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { ago } from "../format/age.ts";
import { formatList } from "../format/list.ts";
import { type Column, ellipsis } from "../format/table.ts";
import { usageError } from "../parse/usage.ts";
import { withoutDigest } from "../task/row.ts";
import type { HISTORY_OPTIONS } from "./options.ts";
import { specChanges } from "./spec-changes.ts";

/** So that a line stays one on a usual terminal. */
const CHANGES_LENGTH_MAX = 70;

/** Prints the specs that a service had, newest first, and what each of them changed. */
export const run: Run<typeof HISTORY_OPTIONS> = async (cli, args, flags) => {
  const [ref] = args;
  if (ref === undefined || args.length > 1) throw usageError("give one service: swarmctl service history SERVICE");
  const control = await cli.api.control();
  const { service, specs } = await control.listEarlierSpecs({ ref }, { signal: cli.signal });
  const rows = historyRows(service, specs, { nowMs: cli.clock.wallNow(), wide: flags.is("noTrunc") });
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: COLUMNS, id: ({ Spec }) => String(Spec) }, options)) {
    cli.output.line(line);
  }
};

/** A line of `service history`; its fields are what templates and JSON know. */
export interface HistoryRow extends Readonly<Record<string, unknown>> {
  /** The number that `service rollback --to` takes. */
  readonly Spec: number;
  /** RFC 3339; "" = not known. */
  readonly WrittenAt: string;
  readonly When: string;
  readonly State: string;
  readonly By: string;
  readonly Image: string;
  /** Against the spec before, a line each. */
  readonly Changes: readonly string[];
  /** What its update said at the end. */
  readonly Message: string;
  /** Changes in one cell of the table. */
  readonly ChangesText: string;
}

const COLUMNS: readonly Column<HistoryRow>[] = [
  { heading: "SPEC", cell: ({ Spec }) => String(Spec) },
  { heading: "WRITTEN", cell: ({ When }) => When },
  { heading: "STATE", cell: ({ State }) => State },
  { heading: "BY", cell: ({ By }) => By },
  { heading: "CHANGES", cell: ({ ChangesText }) => ChangesText },
];

/** Newest first. @param specs oldest first. */
export function historyRows(
  service: Service | null,
  specs: readonly EarlierSpec[],
  { nowMs, wide }: { readonly nowMs: number; readonly wide: boolean },
): readonly HistoryRow[] {
  const earlier = specs.map(({ generation, spec, origin, outcome, message }) => ({
    generation,
    spec,
    origin,
    state: stateOfEarlier(outcome),
    message,
  }));
  const present = service === null ? [] : [presentEntry(service)];
  const entries = [...earlier, ...present];
  return entries
    .map(({ generation, spec, origin, state, message }, at): HistoryRow => {
      const before = entries[at - 1];
      const isNext = before !== undefined && before.generation === generation - 1;
      const changes = isNext && before.spec !== null && spec !== null ? specChanges(before.spec, spec) : [];
      const text = changes.join("; ");
      const atMs = origin?.atMs ?? 0;
      return {
        Spec: generation,
        WrittenAt: atMs === 0 ? "" : toRfc3339(atMs),
        When: atMs === 0 ? "" : ago(atMs, nowMs),
        State: state,
        By: causeText(origin),
        Image: imageOf(spec),
        Changes: changes,
        Message: message,
        ChangesText: wide ? text : ellipsis(text, CHANGES_LENGTH_MAX),
      };
    })
    .reverse();
}

const imageOf = (spec: ServiceSpec | null): string => withoutDigest(spec?.task?.container?.image ?? "");

function presentEntry({ generation, spec, origin, updateStatus }: Service) {
  const detail = updateStatus === null ? "" : presentDetail(updateStatus.state);
  const state = detail === "" ? "current" : `current, ${detail}`;
  return { generation, spec, origin, state, message: updateStatus?.message ?? "" };
}

function presentDetail(state: UpdateStatus["state"]): string {
  switch (state) {
    case "UNKNOWN":
    case "COMPLETED":
    case "ROLLBACK_COMPLETED":
      return "";
    case "UPDATING":
      return "updating";
    case "ROLLBACK_STARTED":
      return "rolling back";
    case "PAUSED":
    case "ROLLBACK_PAUSED":
      return "failed, paused";
    case "CANARY":
      return "canary";
    default:
      return unreachable(state);
  }
}

function stateOfEarlier(outcome: EarlierSpec["outcome"]): string {
  switch (outcome) {
    case "UNKNOWN":
      return "";
    case "COMPLETED":
      return "completed";
    case "OVERTAKEN":
      return "overtaken";
    case "PAUSED":
      return "failed, paused";
    case "ROLLED_BACK":
      return "failed, rolled back";
    case "CANARY":
      return "canary, overtaken";
    case "ABORTED":
      return "canary, aborted";
    default:
      return unreachable(outcome);
  }
}

/** What was done to the service, and with which earlier spec. */
function causeText(origin: SpecOrigin | null): string {
  if (origin === null) return "";
  const { cause, fromGeneration } = origin;
  const to = fromGeneration === 0 ? "" : ` to ${fromGeneration}`;
  switch (cause) {
    case "UNKNOWN":
      return "";
    case "CREATED":
      return "create";
    case "UPDATED":
      return "update";
    case "ROLLED_BACK":
      return `rollback${to}`;
    case "FAILED_BACK":
      return `failure, back${to}`;
    case "ABORTED":
      return `abort, back${to}`;
    default:
      return unreachable(cause);
  }
}
