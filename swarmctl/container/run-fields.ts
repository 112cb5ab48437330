import type { ServiceField } from "../../shared/service-spec/field.ts";
import { SERVICE_FIELDS } from "../../shared/service-spec/fields.ts";

/** What Docker's API has in another form, and a flag as of a service sets. */
const OF_OTHER_FORM: ReadonlySet<string> = new Set(["task.container.mounts", "task.container.hosts", "endpoint.ports"]);
/** Set in another way by `run`. */
const SET_OTHERWISE: ReadonlySet<string> = new Set(["task.container.command", "task.container.args"]);
const RUN_HELP: Readonly<Record<string, string>> = {
  "task.container.labels": "label KEY=VALUE",
  "task.container.hostname": "host name of the container",
  "endpoint.ports": "publish [[HOST_IP:]PUBLISHED:]TARGET[/PROTOCOL] on this host",
};

/** The fields of a service that `run` and `create` have, by Docker's flags: what Docker's API takes for a container. */
export const RUN_FIELDS: readonly ServiceField[] = SERVICE_FIELDS.filter(
  ({ path, dockerRun }) => (dockerRun !== undefined || OF_OTHER_FORM.has(path)) && !SET_OTHERWISE.has(path),
).map((field) => ({ ...field, flag: field.run ?? field.flag, help: RUN_HELP[field.path] ?? field.help }));
