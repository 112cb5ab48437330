import type { ServiceId } from "../../shared/ids.ts";
import { hostIpsOverlap } from "../../shared/objects/host-ip.ts";
import { isInTheWay, listenerText } from "../../shared/objects/host-listener.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import type { Service, ServiceSpec } from "../../shared/objects/types.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import { checkHostAddress } from "../../shared/spec-checks/check-host-address.ts";
import { check, checkLimit, refuse } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";

const PORT_MAX = 65_535;

/**
 * A service published on one of these would take over the swarm's own traffic on every host, and no one could undo
 * that. The cluster chooses the overlay's port: see `checkPortsFree`.
 */
const OWN_PORTS: Readonly<Record<string, string>> = {
  "2377/tcp": "the managers of the swarm listen there",
  "7946/tcp": "the swarm's gossip uses it on every host",
  "7946/udp": "the swarm's gossip uses it on every host",
};

/**
 * Checks a service's ports without looking at other services.
 * @throws SwarmError invalidArgument.
 */
export function validatePorts(spec: ServiceSpec): void {
  const ports = spec.endpoint?.ports ?? [];
  checkLimit(SPEC_LIMITS.ports, ports.length);
  const seen: PortConfig[] = [];
  for (const port of ports) {
    check(
      inRange(port.targetPort, 1),
      `invalid port ${port.targetPort}: the target port must be between 1 and ${PORT_MAX}`,
    );
    check(
      inRange(port.publishedPort, 0),
      `invalid port ${port.publishedPort}: the published port must be between 1 and ${PORT_MAX}`,
    );
    check(
      !(spec.endpoint?.mode === "DNSRR" && port.publishMode === "INGRESS"),
      `port ${port.targetPort} cannot be published through the routing mesh in endpoint mode dnsrr; use mode=host`,
    );
    checkHostIp(port);
    check(
      !(port.localFirst && port.publishMode === "HOST"),
      `port ${port.targetPort} leads to its own host's task in mode=host: local-first is for the routing mesh`,
    );
    if (port.publishedPort === 0) continue;
    const whose = OWN_PORTS[keyOf(port)];
    check(whose === undefined, `port ${keyOf(port)} cannot be published: ${whose}`);
    check(!seen.some((other) => isSamePort(other, port)), `port ${keyOf(port)} is published twice`);
    seen.push(port);
  }
}

/**
 * Finds a port that another service, the swarm itself or a program of a host holds. Two equal host-mode ports do not
 * clash, since they may be on different hosts: the scheduler keeps them apart.
 * @throws SwarmError invalidArgument that names the port and the service. `self` is the service's own id, "" for a new
 * one.
 */
export function checkPortsFree(view: ReadView, spec: ServiceSpec, self: string): void {
  const wanted = (spec.endpoint?.ports ?? []).filter(({ publishedPort }) => publishedPort !== 0);
  if (wanted.length === 0) return;
  const overlay = `${view.cluster().dataPathPort}/udp`;
  check(
    !wanted.some((port) => keyOf(port) === overlay),
    `port ${overlay} cannot be published: the swarm's overlay traffic uses it on every host`,
  );
  checkManagerPorts(view, wanted);
  checkPrograms(view, wanted, self);
  for (const other of view.all("service")) {
    if (other.id === self) continue;
    const taken = publishedBy(other);
    for (const port of wanted) {
      const clash = taken.find(
        (theirs) => isSamePort(theirs, port) && !(theirs.publishMode === "HOST" && port.publishMode === "HOST"),
      );
      if (clash === undefined) continue;
      const how = clash.publishMode === "INGRESS" ? "an ingress port" : "a host-published port";
      refuse(
        "invalidArgument",
        `port ${keyOf(port)} is already in use by service ${other.spec.annotations.name} as ${how}`,
      );
    }
  }
}

/** A manager may listen elsewhere than on 2377. */
function checkManagerPorts(view: ReadView, wanted: readonly PortConfig[]): void {
  for (const { managerStatus } of view.all("node")) {
    const port = /:(\d+)$/.exec(managerStatus?.address ?? "")?.[1];
    check(
      !wanted.some((each) => keyOf(each) === `${port}/tcp`),
      `port ${port}/tcp cannot be published: the managers of the swarm listen there`,
    );
  }
}

/**
 * Programs that are known to listen on a host, which would answer there in the place of the service. A port that the
 * service has already is not refused: what came later is shown (`node inspect`, `service ps`).
 */
function checkPrograms(view: ReadView, wanted: readonly PortConfig[], self: string): void {
  const service = self === "" ? undefined : view.get("service", self as ServiceId);
  const had = service === undefined ? [] : publishedBy(service);
  const isNew = (port: PortConfig): boolean => !had.some((old) => isSamePort(old, port));
  const ports = wanted.filter((port) => port.publishMode === "INGRESS" && isNew(port));
  if (ports.length === 0) return;
  for (const { description, status } of view.all("node")) {
    if (status.state === "DOWN") continue;
    for (const listener of description?.listeners ?? []) {
      const port = ports.find((each) => isInTheWay(listener, each));
      if (port === undefined) continue;
      refuse(
        "invalidArgument",
        `port ${keyOf(port)} is already in use on node ${description?.hostname} by ${listenerText(listener)}: ` +
          "choose another port, or end that program",
      );
    }
  }
}

/** The ports that a service asks for, and those it was given where it left them open. */
function publishedBy({ spec, endpoint }: Service): readonly PortConfig[] {
  return [...(spec.endpoint?.ports ?? []), ...(endpoint?.ports ?? [])].filter((port) => port.publishedPort !== 0);
}

function inRange(port: number, min: number): boolean {
  return Number.isInteger(port) && port >= min && port <= PORT_MAX;
}

/** @throws SwarmError invalidArgument. */
function checkHostIp({ hostIp, publishMode, publishedPort, targetPort }: PortConfig): void {
  checkHostAddress(hostIp, targetPort);
  check(
    hostIp === "" || publishMode === "HOST" || publishedPort !== 0,
    `port ${targetPort} needs a published port, since it is published on ${hostIp} alone: the cluster chooses numbers that are free everywhere`,
  );
}

/** Whether a packet may be meant by both. */
function isSamePort(one: PortConfig, other: PortConfig): boolean {
  return keyOf(one) === keyOf(other) && hostIpsOverlap(one.hostIp, other.hostIp);
}

const keyOf = ({ publishedPort, protocol }: PortConfig): string => `${publishedPort}/${protocol.toLowerCase()}`;
