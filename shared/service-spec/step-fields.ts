import { field, list, type ServiceField } from "./field.ts";

const CONTAINER = "TaskTemplate.ContainerSpec";
const SECTION = "ContainerSpec";

/** Commands at the turns of a container's life. Docker has none of them; Compose has, for its containers. */
export const STEP_FIELDS: readonly ServiceField[] = [
  field("task.container.initSteps", {
    type: list("step"),
    flag: "--init-step <command>",
    run: null,
    help: "run it in the container before its own command begins; one that fails ends the task",
    noun: "init step",
    docker: `${CONTAINER}.InitSteps`,
    pretty: [SECTION, "Init Steps"],
  }),
  field("task.container.postStart", {
    type: list("step"),
    flag: "--post-start <command>",
    run: null,
    help: "run it in the container when its own command has begun; one that fails ends the task",
    noun: "post-start step",
    docker: `${CONTAINER}.PostStart`,
    pretty: [SECTION, "Post-Start"],
  }),
  field("task.container.preStop", {
    type: list("step"),
    flag: "--pre-stop <command>",
    run: null,
    help: "run it in the container before the stop signal, within the grace period",
    noun: "pre-stop step",
    docker: `${CONTAINER}.PreStop`,
    pretty: [SECTION, "Pre-Stop"],
  }),
];
