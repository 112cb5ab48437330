import { field, type ServiceField } from "./field.ts";

const SECTION = "Pre-Deploy";
const onlyFor = ["replicated", "global"] as const;

/** What has to succeed before a service's tasks are made of another spec. Docker has nothing like it. */
export const PRE_DEPLOY_FIELDS: readonly ServiceField[] = [
  field("preDeploy.command", {
    type: { kind: "words" },
    flag: "--pre-deploy <command>",
    run: null,
    help: "run it once, as a job of the new image, before tasks are made of a new spec; '' for nothing",
    noun: "pre-deploy command",
    docker: "PreDeploy.Command",
    pretty: [SECTION, "Command"],
    onlyFor,
  }),
  field("preDeploy.timeoutMs", {
    type: { kind: "duration" },
    flag: "--pre-deploy-timeout <duration>",
    run: null,
    help: "how long the pre-deploy command may take, and wait for a host; unless given, 10m",
    noun: "pre-deploy timeout",
    docker: "PreDeploy.Timeout",
    pretty: [SECTION, "Timeout"],
    onlyFor,
  }),
];
