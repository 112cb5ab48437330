// Made from proto/swarm/v1/doctor.proto by scripts/generate.ts.
import type { HostListener } from "./objects.ts";

/** Asks a host to look at itself and to try its ways to others. It answers with two reports: at once, and when done. */
export interface Examination {
  /** Names it in the reports. */
  readonly examinationId: string;
  /** Other hosts to try. At most 32. */
  readonly hosts: readonly ExaminedHost[];
  /** Ports of this host that should lead to tasks. At most 128. */
  readonly ports: readonly ExaminedPort[];
  /** This host's own address, at which its ports are tried; "" = not tried. */
  readonly address: string;
  /** Ports of another host, tried from here. At most 128. */
  readonly otherPorts: readonly ExaminedPort[];
  /** Where the other host's ports are tried: an IP address. */
  readonly otherAddress: string;
  /** Nobody waits for the answers any more: stop. All else is empty then. */
  readonly close: boolean;
  /** Only packets through the overlay are tried, and nobody waits for the answers: the host describes itself anew. */
  readonly waysOnly: boolean;
}

/** Another host to try. */
export interface ExaminedHost {
  /** Its node; "" = only the address is known. */
  readonly nodeId: string;
  /** IP address at which it gossips. */
  readonly address: string;
  /** Where its manager listens, HOST:PORT; "" = it is no manager. */
  readonly managerAddress: string;
  /** It tries this host in the same examination, so packets go both ways through the overlay. */
  readonly mutual: boolean;
}

/** A port that leads to tasks. */
export interface ExaminedPort {
  /** The transport, in small letters: tcp, udp or sctp. Only tcp is connected to. */
  readonly protocol: string;
  /** 1..65535. */
  readonly port: number;
}

/** What a host found. */
export interface ExaminationReport {
  /** Of the request. */
  readonly examinationId: string;
  /** The host's wall clock when it sent this. */
  readonly wallMs: number;
  /** Absent in the first report, which is sent at once and serves to compare clocks. */
  readonly facts: HostFacts | null;
}

/** What a host knows of itself and its ways to others. */
export interface HostFacts {
  /** In the order of the request. */
  readonly ways: readonly WayFacts[];
  /** Ports of this host, tried from itself. */
  readonly ports: readonly PortFacts[];
  /** Ports of the other host, tried from this one. */
  readonly otherPorts: readonly PortFacts[];
  /** Its data path and its packet rules. */
  readonly dataPath: DataPathFacts | null;
  /** The name server of its tasks. */
  readonly names: NameFacts | null;
  /** Where the daemon keeps its data. */
  readonly disk: DiskFacts | null;
  /** The certificate it uses. */
  readonly certificate: CertificateFacts | null;
  /** What could not be looked at, in sentences. */
  readonly troubles: readonly string[];
}

/** What an attempt showed. */
export type Reach =
  /** Not tried. */
  | "UNTRIED"
  /** Somebody answers and accepts. */
  | "ACCEPTED"
  /** The host answers, but nobody accepts. */
  | "REFUSED"
  /** No answer in time, or a router says that there is no way. */
  | "SILENT";

/** The way from this host to another. */
export interface WayFacts {
  /** The other host; "" = only the address is known. */
  readonly nodeId: string;
  /** As in the request. */
  readonly address: string;
  /** TCP 7946: gossip. */
  readonly gossipTcp: Reach;
  /** UDP 7946: gossip; a ping of its own, without help of others. */
  readonly gossipUdp: Reach;
  /** TCP to its manager. */
  readonly manager: Reach;
  /** Through the overlay (VXLAN). SILENT: nothing of what that host sent arrived here. */
  readonly overlay: Reach;
  /** Bytes of the largest packet of the ingress network that arrived here from that host; 0 = none. */
  readonly overlayBytes: number;
}

/** What connecting to a port showed. */
export interface PortFacts {
  /** As in the request. */
  readonly protocol: string;
  /** As in the request. */
  readonly port: number;
  /** UNTRIED for transports other than TCP. */
  readonly reach: Reach;
  /** A program of the host itself that listens on the port; absent = none. */
  readonly listener: HostListener | null;
  /** At the host's own address of IPv6. UNTRIED where it has none, or was asked for one of IPv6 anyway. */
  readonly reach6: Reach;
}

/** A host's data path and what it depends on. */
export interface DataPathFacts {
  /** It has an address on the ingress network, and the device that carries it is up. */
  readonly overlayUp: boolean;
  /** Largest packet of the ingress network that is assumed to fit; 0 = not known. */
  readonly overlayMtu: number;
  /** Largest packet of the link that carries it; 0 = not known. */
  readonly linkMtu: number;
  /** The kernel passes packets on (net.ipv4.ip_forward). */
  readonly forwards: boolean;
  /** What could not be brought into the kernel, in the kernel's words. */
  readonly failures: readonly string[];
  /** What somebody had changed, and was put right just now. */
  readonly repaired: readonly string[];
  /** Base chains of others that drop what is to be forwarded unless they allow it: FAMILY TABLE CHAIN. */
  readonly foreignDrops: readonly string[];
  /** The same for what is meant for the host itself, as its tasks' questions for names are. */
  readonly inputDrops: readonly string[];
  /** Packets of UDP that arrived with a wrong checksum while hosts sent each other packets through the overlay. */
  readonly wrongChecksums: number;
}

/** The name server of a host's tasks. */
export interface NameFacts {
  /** Where it listens; "" = nowhere. */
  readonly address: string;
  /** Why a question asked on the way that a task's has was not answered; "" = it was, or no task has names here. */
  readonly fault: string;
  /** The servers that it asks for other names. */
  readonly upstreams: readonly UpstreamFacts[];
}

/** A name server that the host asks. */
export interface UpstreamFacts {
  /** IP address. */
  readonly address: string;
  /** It answered, whatever it said. */
  readonly answered: boolean;
}

/** A file system. */
export interface DiskFacts {
  /** The directory that was asked about. */
  readonly path: string;
  /** In all. */
  readonly totalBytes: number;
  /** Left for the daemon. */
  readonly freeBytes: number;
}

/** A certificate's life, by the clock of whoever reads it. */
export interface CertificateFacts {
  /** Unix milliseconds. */
  readonly notBeforeMs: number;
  /** Unix milliseconds. */
  readonly notAfterMs: number;
}

/** Asks for a diagnosis of the whole swarm, or, at the Local service, of one host. */
export interface DiagnoseRequest {
  /** Only at the Local service: why the managers were not asked, in a sentence; "" = this host is not one. */
  readonly reason: string;
}

/** Progress, as often as it changes, and one diagnosis at the end. */
export type DiagnoseResponse = {} & (
  | {
      readonly message?: undefined;
      readonly progress?: undefined;
      readonly diagnosis?: undefined;
    }
  | {
      readonly message: "progress";
      /** How far it has come. */
      readonly progress: DiagnosisProgress;
      readonly diagnosis?: undefined;
    }
  | {
      readonly message: "diagnosis";
      readonly progress?: undefined;
      /** The last message. */
      readonly diagnosis: Diagnosis;
    }
);

/** How far an examination has come. */
export interface DiagnosisProgress {
  /** Hosts that were asked. */
  readonly hosts: number;
  /** Names of those that have not answered yet; at most 100. */
  readonly waiting: readonly string[];
}

/** What was found. */
export interface Diagnosis {
  /** The worst first; for each kind of check without any, one that says so. */
  readonly findings: readonly Finding[];
}

/** One thing that was found, or a check that found nothing. */
export interface Finding {
  /** How bad it is. */
  readonly severity: FindingSeverity;
  /** What was checked: a word or two. */
  readonly what: string;
  /** The host, the two hosts, or the port. */
  readonly where: string;
  /** What was found, in a sentence without a full stop. */
  readonly result: string;
  /** What to do about it; "" = nothing. */
  readonly mend: string;
}

/** How bad it is. */
export type FindingSeverity =
  /** All is well there. */
  | "FINE"
  /** Worth a person's attention; nothing is broken. */
  | "WARNING"
  /** Something does not work. */
  | "BROKEN";
