import { SPEC_LIMITS } from "../objects/limits.ts";
import { CANARY_PATTERN } from "./canary.ts";
import { ROLLOUT_DEFAULTS } from "./defaults.ts";
import { field, type ServiceField } from "./field.ts";

// A rollback is never rolled back, since that might never end.
const FAILURE_ACTIONS = {
  update: { pause: "PAUSE", continue: "CONTINUE", rollback: "ROLLBACK" },
  rollback: { pause: "PAUSE", continue: "CONTINUE" },
} as const;
const ORDERS = { "start-first": "START_FIRST", "stop-first": "STOP_FIRST" } as const;
const PLACES = {
  update: { docker: "UpdateConfig", order: "Update order" },
  rollback: { docker: "RollbackConfig", order: "Rollback order" },
} as const;

/**
 * How tasks are replaced, by an update or by a rollback: the same fields, and the same defaults. A job's tasks are not:
 * each new spec of it begins a new run.
 */
export function rolloutFields(part: "update" | "rollback"): readonly ServiceField[] {
  const all = part === "update" ? [...rows(part), CANARY] : rows(part);
  return all.map((row) => ({ ...row, onlyFor: ["replicated", "global"] }));
}

/** A rollback goes to slots that have run its spec before: there is nothing to try. */
const CANARY = field("update.canary", {
  type: {
    kind: "text",
    pattern: CANARY_PATTERN,
    hint: "expected a number of slots (2) or a share of them (20%); 0 for no canary",
  },
  flag: "--update-canary <slots>",
  help: "slots that try each new spec until it is promoted: 2 or 20%; 100% for all; 0 for no canary",
  noun: "update canary",
  default: ROLLOUT_DEFAULTS.canary,
  docker: "UpdateConfig.Canary",
  pretty: [PLACES.update.docker, "Canary"],
});

function rows(part: "update" | "rollback"): readonly ServiceField[] {
  const { docker, order } = PLACES[part];
  const duration = { kind: "duration" } as const;
  return [
    field(`${part}.parallelism`, {
      type: { kind: "whole", min: 0, max: SPEC_LIMITS.attempts.max },
      flag: `--${part}-parallelism <number>`,
      help: part === "update" ? "slots replaced at once by an update; 0 for all" : "slots put back at once; 0 for all",
      noun: `${part} parallelism`,
      default: ROLLOUT_DEFAULTS.parallelism,
      docker: `${docker}.Parallelism`,
      dockerShowsEmpty: true,
      pretty: [docker, "Parallelism"],
    }),
    field(`${part}.delayMs`, {
      type: duration,
      flag: `--${part}-delay <duration>`,
      help: "pause after each slot",
      noun: `${part} delay`,
      default: ROLLOUT_DEFAULTS.delayMs,
      docker: `${docker}.Delay`,
      pretty: [docker, "Delay"],
    }),
    field(`${part}.failureAction`, {
      type: { kind: "choice", choices: FAILURE_ACTIONS[part] },
      flag: `--${part}-failure-action <word>`,
      help: part === "update" ? "pause, continue or rollback" : "pause or continue",
      noun: `${part} failure action`,
      default: ROLLOUT_DEFAULTS.failureAction,
      docker: `${docker}.FailureAction`,
      pretty: [docker, "On failure"],
    }),
    field(`${part}.monitorMs`, {
      type: duration,
      flag: `--${part}-monitor <duration>`,
      help: "how long a new task is watched for failure",
      noun: `${part} monitor`,
      default: ROLLOUT_DEFAULTS.monitorMs,
      docker: `${docker}.Monitor`,
      pretty: [docker, "Monitoring Period"],
    }),
    field(`${part}.maxFailureRatio`, {
      type: { kind: "ratio" },
      flag: `--${part}-max-failure-ratio <ratio>`,
      help: "share of failed tasks to accept, 0..1",
      noun: `${part} failure ratio`,
      default: ROLLOUT_DEFAULTS.maxFailureRatio,
      docker: `${docker}.MaxFailureRatio`,
      dockerShowsEmpty: true,
      pretty: [docker, "Max failure ratio"],
    }),
    field(`${part}.order`, {
      type: { kind: "choice", choices: ORDERS },
      flag: `--${part}-order <word>`,
      help: "start-first or stop-first",
      noun: `${part} order`,
      default: ROLLOUT_DEFAULTS.order,
      docker: `${docker}.Order`,
      pretty: [docker, order],
    }),
  ];
}
