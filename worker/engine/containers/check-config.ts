import { isMacAddress } from "../../../shared/mac-address.ts";
import { referencesTo } from "../../../shared/objects/file-reference.ts";
import { SPEC_LIMITS } from "../../../shared/objects/limits.ts";
import { logLimits } from "../../../shared/objects/log-driver.ts";
import type { ServiceSpec, Task } from "../../../shared/objects/types.ts";
import type { ContainerConfig } from "../../../shared/rpc/gen/containers.ts";
import { emptySpec } from "../../../shared/service-spec/paths.ts";
import { checkHostAddress } from "../../../shared/spec-checks/check-host-address.ts";
import { bytesOf, check, checkLimit } from "../../../shared/spec-checks/refuse.ts";
import { validateContainer } from "../../../shared/spec-checks/validate-container.ts";
import { validateFields } from "../../../shared/spec-checks/validate-fields.ts";
import { checkContainerName } from "./reference.ts";
import { networkChoice } from "./wanted.ts";

const EXPOSED_PORT = /^\d{1,5}\/(tcp|udp|sctp)$/;
const PORT_MAX = 65_535;

/**
 * Checks what people want of a container, as managers check a service.
 * @throws SwarmError invalidArgument with one sentence about the first fault.
 */
export function checkConfig(config: ContainerConfig): void {
  const task = config.task as Task["spec"] | null;
  check(task !== null && task.container !== null, "a container needs an image");
  if (config.name !== "") checkContainerName(config.name);
  validateFields({ ...emptySpec(), task } as ServiceSpec);
  validateContainer(task.container);
  check(
    !task.container.ipcMode.startsWith("container:"),
    "the shared memory of another container is not offered: use --ipc host, or a volume",
  );
  check(referencesTo(task.container).length === 0, "secrets and configs are given to services alone");
  const hasMemoryLimit = (task.limits?.memoryBytes ?? 0) > 0;
  const hasSwapLimit = task.swapBytes !== undefined && task.swapBytes >= 0;
  check(!hasSwapLimit || hasMemoryLimit, "You should always set the Memory limit when using Memoryswap limit");
  const [memory, reserved] = [task.limits?.memoryBytes ?? 0, task.reservations?.memoryBytes ?? 0];
  check(
    memory === 0 || reserved <= memory,
    "Minimum memory limit can not be less than memory reservation limit, see usage",
  );
  logLimits(task.logDriver);
  checkLimit(SPEC_LIMITS.ports, config.ports.length);
  for (const { hostIp, targetPort } of config.ports) checkHostAddress(hostIp, targetPort);
  for (const { targetPort, publishedPort } of config.ports)
    check(targetPort >= 1 && targetPort <= PORT_MAX && publishedPort <= PORT_MAX, "a port is a number in 1..65535");
  for (const port of config.exposedPorts) check(EXPOSED_PORT.test(port), `invalid exposed port ${port.slice(0, 100)}`);
  checkRestart(config);
  const { kind } = networkChoice(config);
  const macs = [config.macAddress, ...config.endpoints.map(({ macAddress }) => macAddress)];
  for (const mac of macs) check(mac === undefined || isMacAddress(mac), `invalid MAC address: ${mac?.slice(0, 100)}`);
  const hasPorts = config.ports.length > 0 || config.publishAll;
  if (kind === "container") {
    check(!hasPorts, "conflicting options: port publishing and the container type network mode");
    check(task.container.hostname === "", "conflicting options: hostname and the network mode");
  }
  checkLimit(SPEC_LIMITS.spec, bytesOf(JSON.stringify(config)));
}

function checkRestart({ restart, autoRemove }: ContainerConfig): void {
  const policy = restart?.policy ?? "NO";
  check(
    policy === "ON_FAILURE" || (restart?.retries ?? 0) === 0,
    "invalid restart policy: maximum retry count can only be used with 'on-failure'",
  );
  check(!autoRemove || policy === "NO", "can't create 'AutoRemove' container with restart policy");
}
