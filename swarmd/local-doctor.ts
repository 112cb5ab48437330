import { diagnose } from "../shared/doctor/diagnose.ts";
import type { Finding } from "../shared/doctor/finding.ts";
import { createId, type SessionId } from "../shared/ids.ts";
import type { Clock } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import type { DiagnoseRequest, DiagnoseResponse, ExaminedHost } from "../shared/rpc/gen/doctor.ts";
import { type ServerStreamHandler, serverStream } from "../shared/rpc/handler.ts";
import type { Sendable } from "../shared/rpc/sendable.ts";
import type { ActiveNode } from "./active-node.ts";
import { splitHostPort } from "./advertise.ts";
import type { NodeRecord } from "./node-record.ts";
import { refusals } from "./refusals.ts";

export interface LocalDoctorDeps {
  /** @throws SwarmError failedPrecondition when this host is in no swarm. */
  readonly node: () => Pick<ActiveNode, "record" | "worker">;
  readonly hostname: string;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Handler of Local.Diagnose: this host and its ways to the managers it knows. Needs nobody else, so it works on workers
 * and where there is no leader.
 */
export function createLocalDoctor(
  deps: LocalDoctorDeps,
): ServerStreamHandler<DiagnoseRequest, Sendable<DiagnoseResponse>> {
  let isBusy = false;
  return serverStream(async ({ reason }, { signal }, send) => {
    const { record, worker } = deps.node();
    if (isBusy) throw refusals.busy("examination");
    isBusy = true;
    try {
      await send({ progress: { hosts: 1, waiting: [deps.hostname] } });
      const facts = await worker.examine(
        { examinationId: createId<SessionId>(deps.random), hosts: managersOf(record), ...NO_PORTS },
        signal,
      );
      const node = {
        ...({ id: record.nodeId, name: deps.hostname, state: "READY", message: "", manager: null } as const),
        ...{ facts, clock: null, triedPortsOf: null },
      };
      const swarm = { nodes: [node], ports: [], dataPathPort: 0, nowMs: deps.clock.wallNow(), isWhole: false };
      const findings = [...(reason === "" ? [] : [notAsked(deps.hostname, reason)]), ...diagnose(swarm)];
      await send({ diagnosis: { findings } });
    } finally {
      isBusy = false;
    }
  });
}

const NO_PORTS = { ports: [], address: "", otherPorts: [], otherAddress: "", close: false, waysOnly: false } as const;

/** Those it has been told of, without itself. */
function managersOf({ managers, advertiseAddress }: NodeRecord): readonly ExaminedHost[] {
  return managers
    .filter((address) => address !== advertiseAddress)
    .map((managerAddress) => ({
      nodeId: "",
      address: splitHostPort(managerAddress, "a manager's address").host,
      managerAddress,
      mutual: false,
    }));
}

function notAsked(where: string, reason: string): Finding {
  return {
    severity: "BROKEN",
    what: "managers",
    where,
    result: `the managers could not be asked, so only this host was examined: ${reason}`,
    mend: "see what follows about the ways to the managers; without a majority of them, bring the lost ones back, or go on with one that is left (`swarmctl init --force-new-cluster`)",
  };
}
