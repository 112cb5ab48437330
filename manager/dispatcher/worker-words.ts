/**
 * The door for what a worker says. A worker's certificate makes it a member, not a friend: whatever it says is copied
 * to every manager, shown on terminals and, in the case of addresses, written into the kernels of all other hosts. So
 * each message is taken apart here into typed values within named limits, and only those go on. What a worker of ours
 * never sends is refused with one sentence and ends its session; nothing of the message is stored then.
 */

import { parseHostAddress, parseIpAddress } from "../../shared/address.ts";
import { SwarmError } from "../../shared/errors.ts";
import { complaintOfResource } from "../../shared/generic-resources.ts";
import { isId, parseId, type TaskId } from "../../shared/ids.ts";
import { canonicalHostIp } from "../../shared/objects/host-ip.ts";
import { parseHostname } from "../../shared/objects/hostname.ts";
import { HOST_LIMITS, type Limit, SPEC_LIMITS } from "../../shared/objects/limits.ts";
import { cutStatus, statusBytes } from "../../shared/objects/status-text.ts";
import type { GossipReport, StatusReport } from "../../shared/rpc/gen/dispatcher.ts";
import type {
  GenericResource,
  HostListener,
  NodeDescription,
  OverlayFacts,
  PortConfig,
  SlotVolume,
  TaskStatus,
} from "../../shared/rpc/gen/objects.ts";
import { isPrintable } from "../../shared/visible-text.ts";

const NANOS_PER_CPU = 1_000_000_000;
const PORT_MAX = 65_535;
/** Milliseconds that a Date can say. */
const INSTANT_MS_MAX = 8_640_000_000_000_000;
const CONTAINER_ID = /^[\w.-]{0,64}$/;
const WORD = /^[\w.+~:-]*$/;
const LOOPBACK = /^(?:127\.|::1$)/;

/** A task's status as its worker reports it, with an id that is one. */
export interface TakenStatus {
  readonly taskId: TaskId;
  /** null = the message held none. */
  readonly status: TaskStatus | null;
}

/**
 * What a host says about itself. `callerAddress` is where its connection comes from: a data path on loopback is
 * possible only for a host that is this one.
 * @throws SwarmError invalidArgument.
 */
export function takeDescription(wire: NodeDescription, callerAddress: string): NodeDescription {
  const { hostname, platform, resources, engineVersion, engineLabels, dataPathAddress, listeners, slotVolumes } = wire;
  return {
    hostname: parseHostname(hostname),
    platform: platform && {
      architecture: takeWord("architecture", platform.architecture),
      os: takeWord("operating system", platform.os),
    },
    resources: resources && {
      nanoCpus: takeWhole("CPUs", resources.nanoCpus, HOST_LIMITS.cpus.max * NANOS_PER_CPU),
      memoryBytes: takeWhole("memory", resources.memoryBytes, Number.MAX_SAFE_INTEGER),
      pids: takeWhole("processes", resources.pids, SPEC_LIMITS.pids.max),
      generic: takeGenericResources(resources.generic),
    },
    engineVersion: takeWord("version of swarmd", engineVersion),
    engineLabels: takeEngineLabels(engineLabels),
    dataPathAddress: takeDataPathAddress(dataPathAddress, callerAddress),
    listeners: takeListeners(listeners),
    carriesIpv6: wire.carriesIpv6,
    slotVolumes: takeSlotVolumes(slotVolumes),
    overlay: wire.overlay && takeOverlay(wire.overlay),
  };
}

/** @throws SwarmError invalidArgument. */
export function takeReport({ number, updates }: StatusReport): {
  readonly number: number;
  readonly updates: readonly TakenStatus[];
  readonly bytes: number;
} {
  checkCount(HOST_LIMITS.statusUpdates, updates.length);
  const taken = updates.map(({ taskId, status }) => ({
    taskId: parseId<TaskId>(taskId, "task"),
    status: status === null ? null : takeStatus(status as TaskStatus),
  }));
  const bytes = taken.reduce((sum, { status }) => sum + (status === null ? 0 : statusBytes(status)), 0);
  checkCount(HOST_LIMITS.reportBytes, bytes);
  return { number: takeWhole("number of a report", number, Number.MAX_SAFE_INTEGER), updates: taken, bytes };
}

/**
 * Hosts that the worker's gossip has lost, and whether they leave its attempts unanswered. A name that is no node's id
 * is left out, not refused: the worker may have heard it from another host, and would lose its session for that one's
 * word.
 * @throws SwarmError invalidArgument when there are too many.
 */
export function takeGossip({ gone }: GossipReport): ReadonlyMap<string, boolean> {
  checkCount(HOST_LIMITS.gone, gone.length);
  return new Map(gone.filter(({ nodeId }) => isId(nodeId)).map(({ nodeId, unanswered }) => [nodeId, unanswered]));
}

function takeWord(what: string, text: string): string {
  checkCount(HOST_LIMITS.word, text.length);
  check(WORD.test(text), `invalid ${what} ${JSON.stringify(text)}: only letters, digits and ._+~:- are allowed`);
  return text;
}

function takeWhole(what: string, value: number, max: number): number {
  check(Number.isSafeInteger(value) && value >= 0 && value <= max, `invalid ${what}: ${value} is not in 0..${max}`);
  return value;
}

function takeEngineLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(labels);
  checkCount(HOST_LIMITS.engineLabels, entries.length);
  for (const text of entries.flat()) {
    checkCount(HOST_LIMITS.engineLabel, Buffer.byteLength(text));
    check(isPrintable(text), `invalid label of a daemon ${JSON.stringify(text)}: it must be printable`);
  }
  return Object.fromEntries(entries);
}

function takeGenericResources(resources: readonly GenericResource[]): readonly GenericResource[] {
  checkCount(HOST_LIMITS.genericResources, resources.length);
  for (const resource of resources) {
    checkCount(HOST_LIMITS.genericNames, resource.names.length);
    for (const name of resource.names) {
      checkCount(HOST_LIMITS.genericName, Buffer.byteLength(name));
      check(isPrintable(name), `invalid generic resource ${JSON.stringify(name)}: it must be printable`);
    }
    const complaint = complaintOfResource(resource);
    check(complaint === null, complaint ?? "");
  }
  const kinds = new Set(resources.map(({ kind }) => kind));
  check(kinds.size === resources.length, "a generic resource is given twice");
  return resources.map(({ kind, value, names }) => ({ kind, value, names: [...names] }));
}

function takeListeners(listeners: readonly HostListener[]): readonly HostListener[] {
  checkCount(HOST_LIMITS.listeners, listeners.length);
  return listeners.map(({ protocol, port, address, program, clash }) => {
    checkCount(HOST_LIMITS.word, program.length);
    check(isPrintable(program), `invalid name of a program ${JSON.stringify(program)}: it must be printable`);
    return {
      protocol,
      port: takeWhole("port of a listener", port, PORT_MAX),
      address: parseIpAddress(address, "address of a listener"),
      program,
      clash,
    };
  });
}

function takeOverlay({ mtu, hosts, hostsFine, narrow, wrongChecksums }: OverlayFacts): OverlayFacts {
  checkCount(HOST_LIMITS.narrowWays, narrow.length);
  return {
    ...{ mtu, hosts, hostsFine, wrongChecksums },
    narrow: narrow.map(({ nodeId, bytes }) => {
      check(isId(nodeId), "a way between hosts has no host");
      return { nodeId, bytes };
    }),
  };
}

function takeSlotVolumes(volumes: readonly SlotVolume[]): readonly SlotVolume[] {
  checkCount(HOST_LIMITS.slotVolumes, volumes.length);
  return volumes.map(({ name, createdAtMs }) => {
    checkCount(HOST_LIMITS.volumeName, Buffer.byteLength(name));
    check(isPrintable(name), `invalid name of a volume ${JSON.stringify(name)}: it must be printable`);
    return { name, createdAtMs: takeWhole("time of a volume", createdAtMs, Number.MAX_SAFE_INTEGER) };
  });
}

function takeDataPathAddress(text: string, callerAddress: string): string {
  if (text === "") return "";
  const address = parseHostAddress(text, "data path address");
  check(
    !LOOPBACK.test(address) || LOOPBACK.test(callerAddress) || callerAddress === "",
    `invalid data path address ${address}: other hosts cannot send there`,
  );
  return address;
}

function takeStatus(wire: TaskStatus): TaskStatus {
  const { state, timestampMs, message, err, container, hostPorts } = wire;
  checkCount(SPEC_LIMITS.ports, hostPorts.length);
  const containerId = container?.containerId ?? "";
  check(CONTAINER_ID.test(containerId), `invalid container id ${JSON.stringify(containerId.slice(0, 100))}`);
  return cutStatus({
    state,
    timestampMs: takeWhole("instant of a status", timestampMs, INSTANT_MS_MAX),
    message,
    err,
    container: container && { containerId, pid: container.pid, exitCode: container.exitCode },
    hostPorts: hostPorts.map(takePort),
    // The leader's own to write.
    appliedAtMs: 0,
  });
}

function takePort({ protocol, targetPort, publishedPort, publishMode, hostIp, localFirst }: PortConfig): PortConfig {
  return {
    protocol,
    targetPort: takeWhole("target port", targetPort, PORT_MAX),
    publishedPort: takeWhole("published port", publishedPort, PORT_MAX),
    publishMode,
    hostIp: takeHostIp(hostIp),
    localFirst,
  };
}

function takeHostIp(text: string): string {
  check(canonicalHostIp(text) === text, `invalid host address of a port ${JSON.stringify(text)}`);
  return text;
}

function checkCount({ max, unit, of }: Limit, count: number): void {
  check(count <= max, `${of}: ${count} ${unit}, but at most ${max} are allowed`);
}

function check(condition: boolean, sentence: string): void {
  if (!condition) throw new SwarmError("invalidArgument", sentence);
}
