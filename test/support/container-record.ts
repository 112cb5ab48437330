import type { ContainerKey } from "../../shared/ids.ts";
import { type ContainerRecord, NO_STEPS } from "../../worker/executor/container-record.ts";
import { createPort } from "./objects.ts";

/** What a host remembers of a container that runs. */
export function createRecord(key: ContainerKey, change: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    formatVersion: 2,
    key,
    name: "web.1.t1",
    imageId: "abc",
    exposedPorts: [],
    hostPorts: [createPort({ publishedPort: 8080 })],
    memoryBytesMax: 0,
    stopSignal: 15,
    stopGraceMs: 10_000,
    volumes: ["data"],
    log: { bytesMax: 1_000, filesMax: 2 },
    sent: null,
    health: null,
    mustBeHealthy: true,
    isUnhealthy: false,
    tty: false,
    stdin: "none",
    steps: NO_STEPS,
    isHeldBriefly: false,
    isReleased: false,
    hasStartHooks: false,
    told: null,
    ociRuntime: "crun",
    cgroupParent: "",
    ...change,
  };
}
