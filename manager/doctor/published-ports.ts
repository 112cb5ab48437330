import type { PublishedPortFacts } from "../../shared/doctor/swarm-facts.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";

/** Every published port of the swarm, and how many tasks stand behind it. Pure. */
export function publishedPorts(view: ReadView): readonly PublishedPortFacts[] {
  return view.all("service").flatMap((service) => {
    const tasks = view.tasksOfService(service.id).filter(({ desiredState }) => desiredState === "RUNNING");
    return [...meshPorts(service, tasks), ...hostPorts(service, tasks)];
  });
}

const isReady = ({ status }: Task): boolean => status.state === "RUNNING";

function meshPorts(service: Service, tasks: readonly Task[]): readonly PublishedPortFacts[] {
  // One that answers at certain addresses alone may rightly be silent at those that the examination tries.
  const ports = (service.endpoint?.ports ?? []).filter(
    ({ publishMode, hostIp }) => publishMode === "INGRESS" && hostIp === "",
  );
  return ports.map(({ protocol, publishedPort, targetPort }) => ({
    protocol: protocol.toLowerCase(),
    port: publishedPort,
    targetPort,
    service: service.spec.annotations.name,
    nodeId: null,
    wanted: tasks.length,
    ready: tasks.filter(isReady).length,
  }));
}

/** Of a host's own; only tasks that run have any. */
function hostPorts(service: Service, tasks: readonly Task[]): readonly PublishedPortFacts[] {
  return tasks.filter(isReady).flatMap(({ nodeId, status }) =>
    status.hostPorts
      .filter(({ hostIp }) => hostIp === "")
      .map(({ protocol, publishedPort, targetPort }) => ({
        ...{ protocol: protocol.toLowerCase(), port: publishedPort, targetPort, nodeId },
        ...{ service: service.spec.annotations.name, wanted: 1, ready: 1 },
      })),
  );
}
