import { parseAffinity } from "../../../shared/affinity.ts";
import { parseAutoscale } from "../../../shared/autoscale.ts";
import type { SwarmExtension } from "../../../shared/compose/deploy.ts";
import { parseCron } from "../../../shared/cron/parse-cron.ts";
import { checkTimeZone } from "../../../shared/cron/time-zone.ts";
import type { ServiceMode } from "../../../shared/objects/types.ts";
import type { ServiceSpec } from "../../../shared/rpc/gen/objects.ts";
import { SERVICE_FIELDS } from "../../../shared/service-spec/fields.ts";
import { modeText, SERVICE_MODES } from "../../../shared/service-spec/modes.ts";
import type { ValueAt } from "../../../shared/service-spec/paths.ts";
import { validateValue } from "../../../shared/spec-checks/validate-fields.ts";
import { inStack } from "../names.ts";
import { choice } from "./choice.ts";
import { type FieldRow, isUnset, type Reading, row, wholeMs } from "./field-row.ts";

const KEY = "deploy.x-swarm";

/** What Compose has no words for: each key of `x-swarm` and the field that it says. */
export const SWARM_ROWS: readonly FieldRow[] = [
  ours("priority", "task.placement.priority", ({ priority }) => priority),
  ours("placement_strategy", "task.placement.strategy", ({ strategy }) => strategy),
  row(`${KEY}.affinity`, "task.placement.affinities", (_service, reading) => affinitiesOf(reading)),
  ours("max_unavailable", "maxUnavailable", ({ maxUnavailable }) => maxUnavailable),
  ours("autoscale", "replicated.autoscale", ({ autoscale }) => autoscale, parseAutoscale),
  ours("pre_deploy", "preDeploy.command", ({ preDeploy }) => preDeploy),
  ours("pre_deploy_timeout", "preDeploy.timeoutMs", ({ preDeployTimeoutMs }) => wholeMs(preDeployTimeoutMs)),
  ours("update_canary", "update.canary", ({ updateCanary }) => updateCanary),
  ours("lost_after", "task.loss.lostAfterMs", ({ lostAfterMs }) => wholeMs(lostAfterMs)),
  ours("on_return", "task.loss.onReturn", ({ onReturn }) => choice("task.loss.onReturn", onReturn)),
  ours("stop_after", "task.loss.stopAfterMs", ({ stopAfterMs }) => wholeMs(stopAfterMs)),
  ours("sticky", "endpoint.stickyMs", ({ stickyMs }) => wholeMs(stickyMs)),
  ours("max_concurrent", "replicatedJob.maxConcurrent", ({ maxConcurrent }) => maxConcurrent),
  ours("schedule", "schedule.cron", ({ schedule }) => schedule, parseCron),
  ours("timezone", "schedule.timeZone", ({ timeZone }) => timeZone, checkTimeZone),
  ours("concurrency", "schedule.concurrency", ({ concurrency }) => choice("schedule.concurrency", concurrency)),
  ours("start_deadline", "schedule.startDeadlineMs", ({ startDeadlineMs }) => wholeMs(startDeadlineMs)),
  ours("history", "schedule.history", ({ history }) => history),
];

/** `check` throws a SwarmError for a text that means nothing. */
function ours<const Path extends string>(
  key: string,
  path: Path,
  read: (swarm: SwarmExtension) => ValueAt<ServiceSpec, Path> | null | undefined,
  check: (text: string) => unknown = () => {},
): FieldRow {
  return row(`${KEY}.${key}`, path, ({ deploy }, { notes, path: at }) => {
    const value = deploy?.swarm === null || deploy?.swarm === undefined ? null : read(deploy.swarm);
    if (isUnset(value)) return null;
    const field = SERVICE_FIELDS.find((each) => each.path === path);
    return notes.attempt([...at, "deploy", "x-swarm", key], () => {
      if (field !== undefined) validateValue(field, field.type, value);
      if (typeof value === "string") check(value);
      return value;
    });
  });
}

/** A key of the file means that service of the stack; any other name is one of the swarm. */
function affinitiesOf({ service, project, stack, notes, path }: Reading) {
  return (service.deploy?.swarm?.affinities ?? []).flatMap((text) => {
    const affinity = notes.attempt([...path, "deploy", "x-swarm", "affinity"], () => parseAffinity(text));
    if (affinity === undefined) return [];
    const { service: name } = affinity;
    return [{ ...affinity, service: project.services.has(name) ? inStack(stack, name) : name }];
  });
}

/** Whether services of this mode have what a row says. Notes it otherwise, where it is one of ours. */
export function suitsMode(
  { key, path: field }: FieldRow,
  spec: ServiceSpec,
  { service, notes, path }: Reading,
): boolean {
  const { onlyFor } = SERVICE_FIELDS.find((each) => each.path === field) ?? {};
  const { mode } = spec;
  if (!key.startsWith(KEY) || mode === undefined || onlyFor === undefined || onlyFor.includes(mode)) return true;
  const named = (each: ServiceMode): string => `a ${modeText(each)}${SERVICE_MODES[each].isJob ? "" : " service"}`;
  const sentence = `${key} is only valid with ${onlyFor.map(named).join(" or ")}, and ${service.name} is ${named(mode)}`;
  notes.wrong([...path, ...key.split(".")], sentence);
  return false;
}
