import type { FineDuration, OnlyTold, ServiceSpec } from "../rpc/gen/objects.ts";
import { SERVICE_FIELDS } from "../service-spec/fields.ts";
import { valueAt } from "../service-spec/paths.ts";
import { type DockerJson, fromNanos, toNanos } from "./common.ts";

/**
 * What Docker's API can say of a service and nothing here heeds, for it to come back as it was sent: clients compare.
 * @param json the service as it was sent. @returns null = there is nothing of that.
 */
export function onlyToldIn(json: DockerJson): OnlyTold | null {
  const whole = json as unknown as ServiceSpec;
  const durations = DURATIONS.flatMap(({ path, docker }): readonly FineDuration[] => {
    const nanos = valueAt(whole, docker);
    // Above this, a number of JSON is not exact itself.
    if (typeof nanos !== "number" || !Number.isSafeInteger(nanos)) return [];
    const ms = fromNanos(nanos);
    const isTold = nanos !== toNanos(ms) || (nanos === 0 && ZEROS.has(path));
    return isTold ? [{ path, ms, nanos: nanos - toNanos(ms) }] : [];
  });
  const selinuxDisabled = valueAt(whole, `${PRIVILEGES}.SELinuxContext.Disable`) === true;
  return durations.length > 0 || selinuxDisabled ? { durations, selinuxDisabled } : null;
}

const DURATIONS = SERVICE_FIELDS.filter(({ type }) => type.kind === "duration");

/** Fields of which Docker tells a zero from nothing, and nobody else does. */
const ZEROS: ReadonlySet<string> = new Set(["task.restart.windowMs"]);

const PRIVILEGES = "TaskTemplate.ContainerSpec.Privileges";

/** What is to be added to a duration for Docker's nanoseconds, perhaps 0; null = nothing was told of it. */
export function restOf({ onlyTold }: ServiceSpec, path: string, ms: number): number | null {
  return onlyTold?.durations.find((fine) => fine.path === path && fine.ms === ms)?.nanos ?? null;
}

/** The part of `Privileges` about SELinux, every key of it, as Go has it; {} = nothing was said. */
export function toSelinux({ onlyTold }: ServiceSpec): DockerJson {
  if (onlyTold?.selinuxDisabled !== true) return {};
  return { SELinuxContext: { Disable: true, User: "", Role: "", Type: "", Level: "" } };
}
