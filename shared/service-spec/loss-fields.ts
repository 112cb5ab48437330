import { field, type ServiceField } from "./field.ts";

const ON_RETURN = { "keep-new": "KEEP_NEW", "keep-original": "KEEP_ORIGINAL" } as const;
const LOSS = "TaskTemplate.Loss";
const SECTION = "Loss of a Host";

/** What becomes of a task whose host is lost. Docker has none of it. */
export const LOSS_FIELDS: readonly ServiceField[] = [
  field("task.loss.lostAfterMs", {
    type: { kind: "duration" },
    flag: "--lost-after <duration>",
    run: null,
    help: "replace a task when its host has been silent for so long; unless given, when its node is down",
    noun: "time after which a task counts as lost",
    docker: `${LOSS}.LostAfter`,
    pretty: [SECTION, "Lost After"],
    onlyFor: ["replicated", "replicatedJob"],
  }),
  field("task.loss.onReturn", {
    type: { kind: "choice", choices: ON_RETURN },
    flag: "--on-return <word>",
    run: null,
    help: "which task stays when a lost host is back: keep-new or keep-original; unless given, keep-new",
    noun: "choice on return",
    docker: `${LOSS}.OnReturn`,
    pretty: [SECTION, "On Return"],
    onlyFor: ["replicated"],
  }),
  field("task.loss.stopAfterMs", {
    type: { kind: "duration" },
    flag: "--stop-after <duration>",
    run: null,
    help: "its host stops a task by itself when it has heard no leader for so long; 0s for never",
    noun: "time after which a host stops a task",
    docker: `${LOSS}.StopAfter`,
    pretty: [SECTION, "Stop After"],
  }),
];
