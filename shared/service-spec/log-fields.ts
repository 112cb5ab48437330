import { field, type ServiceField } from "./field.ts";

/** What happens to a container's output; the drivers and their options are in shared/objects/log-driver.ts. */
export const LOG_FIELDS: readonly ServiceField[] = [
  field("task.logDriver.name", {
    type: { kind: "text" },
    flag: "--log-driver <driver>",
    help: "log driver: json-file, local or k8s-file, which are the same here; syslog, journald, or none",
    noun: "log driver",
    docker: "TaskTemplate.LogDriver.Name",
    dockerRun: "HostConfig.LogConfig.Type",
    pretty: ["Log Driver", "Name"],
  }),
  field("task.logDriver.options", {
    type: { kind: "list", element: "option" },
    flag: "--log-opt <option>",
    help: "max-size=SIZE of one file, max-file=NUMBER of files (10m and 3); labels, env, tag for logs --details",
    noun: "log option",
    docker: "TaskTemplate.LogDriver.Options",
    dockerRun: "HostConfig.LogConfig.Config",
    pretty: ["Log Driver", "LogOpts"],
  }),
];
