import { EXAMINE_MS_MAX, PORTS_MAX, WAYS_MAX } from "../../shared/doctor/limits.ts";
import { endsWithin } from "../../shared/ends-within.ts";
import { messageOf } from "../../shared/errors.ts";
import { GOSSIP_PORT, PROBE_TIMEOUT_MS, type Prober } from "../../shared/host-probe/prober.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type {
  CertificateFacts,
  DiskFacts,
  Examination,
  ExaminedHost,
  ExaminedPort,
  HostFacts,
  NameFacts,
  PortFacts,
  Reach,
  WayFacts,
} from "../../shared/rpc/gen/doctor.ts";
import type { HostListener } from "../../shared/rpc/gen/objects.ts";
import type { NetworkExamination } from "../network/examine-network.ts";
import type { Datagrams } from "../ports/datagrams.ts";
import { type Arrived, probeOverlay } from "./overlay-probe.ts";
import { OverlayRecord } from "./overlay-record.ts";

/** What was not looked at. */
const NOTHING: Omit<HostFacts, "certificate" | "troubles"> = {
  ...{ ways: [], ports: [], otherPorts: [], names: null, disk: null, dataPath: null },
};
/** A connection attempt is repeated: one lost packet is no closed port. */
const ATTEMPTS = 2;

export interface ExaminerDeps {
  readonly network: { examine(): Promise<NetworkExamination> };
  readonly names: { examine(signal: AbortSignal): Promise<NameFacts> };
  /** null = this host does not gossip. */
  readonly membership: { ping(nodeId: string, address: string): Promise<boolean | null> };
  readonly disk: () => Promise<DiskFacts>;
  readonly certificate: () => CertificateFacts;
  /** Packets that came with a wrong checksum since this host's network began. */
  readonly wrongChecksums: () => Promise<number>;
  readonly prober: Prober;
  readonly datagrams: Datagrams;
  readonly clock: Clock;
}

/** Looks at this host and tries its ways to others, all at once, within EXAMINE_MS_MAX. */
export class Examiner {
  /** Of all examinations so far. */
  readonly overlay = new OverlayRecord();
  readonly #deps: ExaminerDeps;

  constructor(deps: ExaminerDeps) {
    this.#deps = deps;
  }

  /** Never rejects: what fails, or is not over in time, is told among the facts. */
  async examine(request: Examination, signal: AbortSignal): Promise<HostFacts> {
    const late = new AbortController();
    const both = AbortSignal.any([signal, late.signal]);
    const found = new Findings(this.#deps.clock);
    const hosts = request.hosts.slice(0, WAYS_MAX);
    const network = await found.await("the network", this.#deps.network.examine(), null);
    if (request.waysOnly) {
      const trying = this.#tryOverlay(request.examinationId, hosts, network, both);
      await found.await("the overlay", trying, null);
      late.abort();
      return { ...NOTHING, certificate: this.#deps.certificate(), troubles: found.troubles };
    }
    const listeners = network?.listeners ?? [];
    // Tried beside the address of IPv4 that the request names.
    const address6 = request.address.includes(":") ? null : (network?.address6 ?? null);
    const [ways, ports, otherPorts, names, disk] = await Promise.all([
      this.#tryWays(request.examinationId, hosts, network, found, both),
      found.await("published ports", this.#tryPorts(request.ports, request.address, listeners, address6), []),
      found.await("published ports of another host", this.#tryPorts(request.otherPorts, request.otherAddress, []), []),
      found.await("the name server of its tasks", this.#deps.names.examine(both), null),
      found.await("the disk", this.#deps.disk(), null),
    ]);
    late.abort();
    return {
      ...{ ways, ports, otherPorts, names, disk },
      dataPath:
        network === null
          ? null
          : {
              ...network.dataPath,
              wrongChecksums: this.overlay.facts()?.wrongChecksums ?? network.dataPath.wrongChecksums,
            },
      certificate: this.#deps.certificate(),
      troubles: found.troubles,
    };
  }

  async #tryWays(
    examinationId: string,
    hosts: readonly ExaminedHost[],
    network: NetworkExamination | null,
    found: Findings,
    signal: AbortSignal,
  ): Promise<readonly WayFacts[]> {
    const overlay = found.await("the overlay", this.#tryOverlay(examinationId, hosts, network, signal), null);
    const tried = hosts.map(async (host) => {
      const { nodeId, address, managerAddress } = host;
      const [gossipTcp, gossipUdp, manager] = await Promise.all([
        found.await(`7946/tcp to ${address}`, this.#connect(address, GOSSIP_PORT), "SILENT" as const),
        found.await(`7946/udp to ${address}`, this.#pingByGossip(host), "SILENT" as const),
        found.await(`the manager at ${managerAddress}`, this.#connectToManager(managerAddress), "SILENT" as const),
      ]);
      const overlayAddress = network?.overlayAddresses.get(nodeId);
      const arrived = await overlay;
      const overlayBytes = arrived?.get(overlayAddress ?? "") ?? 0;
      const isTried = arrived !== null && host.mutual && overlayAddress !== undefined;
      const reach: Reach = isTried ? (overlayBytes > 0 ? "ACCEPTED" : "SILENT") : "UNTRIED";
      return { nodeId, address, gossipTcp, gossipUdp, manager, overlay: reach, overlayBytes };
    });
    return await Promise.all(tried);
  }

  /** null = not tried. */
  async #tryOverlay(
    examinationId: string,
    hosts: readonly ExaminedHost[],
    network: NetworkExamination | null,
    signal: AbortSignal,
  ): Promise<Arrived | null> {
    const mutual = hosts.filter((host) => host.mutual);
    const others = mutual.flatMap(({ nodeId }) => network?.overlayAddresses.get(nodeId) ?? []);
    if (network === null || network.overlayAddress === null || others.length === 0) return null;
    const { overlayMtu: mtu } = network.dataPath;
    const { wrongChecksums } = this.#deps;
    const before = await wrongChecksums();
    const options = { examinationId, address: network.overlayAddress, others, mtu };
    const arrived = await probeOverlay(options, this.#deps, signal);
    const wrong = Math.max(0, (await wrongChecksums()) - before);
    const byNode = mutual.flatMap(({ nodeId }) => {
      const address = network.overlayAddresses.get(nodeId);
      return address === undefined ? [] : [[nodeId, arrived.get(address) ?? 0] as const];
    });
    // What was broken off says nothing.
    if (!signal.aborted) {
      const look = { mtu, arrived: new Map(byNode), wrongChecksums: wrong };
      this.overlay.note(look, new Set(network.overlayAddresses.keys()));
    }
    return arrived;
  }

  async #pingByGossip({ nodeId, address }: ExaminedHost): Promise<Reach> {
    if (nodeId === "") return "UNTRIED";
    const answered = await this.#deps.membership.ping(nodeId, address);
    if (answered === null) return "UNTRIED";
    return answered ? "ACCEPTED" : "SILENT";
  }

  async #connectToManager(hostPort: string): Promise<Reach> {
    const at = hostPort.lastIndexOf(":");
    if (at === -1) return "UNTRIED";
    const host = hostPort.slice(0, at).replace(/^\[|\]$/g, "");
    return await this.#connect(host, Number(hostPort.slice(at + 1)));
  }

  async #tryPorts(
    ports: readonly ExaminedPort[],
    address: string,
    listeners: readonly HostListener[],
    address6: string | null = null,
  ): Promise<readonly PortFacts[]> {
    if (address === "") return [];
    return await Promise.all(
      ports.slice(0, PORTS_MAX).map(async ({ protocol, port }) => {
        const reachAt = (at: string | null): Promise<Reach> =>
          protocol === "tcp" && at !== null ? this.#connect(at, port) : Promise.resolve("UNTRIED");
        const [reach, reach6] = await Promise.all([reachAt(address), reachAt(address6)]);
        return { protocol, port, reach, reach6, listener: listenerAt(listeners, protocol, port) };
      }),
    );
  }

  async #connect(address: string, port: number): Promise<Reach> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#deps.prober.probe(address, port, PROBE_TIMEOUT_MS);
      if (answer === "accepted") return "ACCEPTED";
      if (answer === "refused") return "REFUSED";
      if (attempt >= ATTEMPTS) return answer === "noAnswer" ? "SILENT" : "UNTRIED";
    }
  }
}

function listenerAt(listeners: readonly HostListener[], protocol: string, port: number): HostListener | null {
  return listeners.find((each) => each.port === port && each.protocol.toLowerCase() === protocol) ?? null;
}

/** Waits for parts of an examination, each only so long that the whole ends in time. */
class Findings {
  readonly troubles: string[] = [];
  readonly #clock: Clock;
  readonly #endMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#endMs = clock.now() + EXAMINE_MS_MAX;
  }

  async await<T>(what: string, work: Promise<T>, otherwise: T): Promise<T> {
    let result = otherwise;
    const noted = work.then((value) => {
      result = value;
    });
    const leftMs = Math.max(0, this.#endMs - this.#clock.now());
    try {
      if (!(await endsWithin(leftMs, noted, this.#clock))) this.troubles.push(`${what} took too long to look at`);
    } catch (error) {
      this.troubles.push(`${what} could not be looked at: ${messageOf(error)}`);
    }
    return result;
  }
}
