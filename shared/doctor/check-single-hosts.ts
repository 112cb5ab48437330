import type { HostFacts } from "../rpc/gen/doctor.ts";
import { broken, type Checked, counted, type Found, warning } from "./finding.ts";
import {
  CERTIFICATE_LEFT_MIN,
  CLOCK_BROKEN_MS,
  CLOCK_WARNING_MS,
  DISK_BROKEN_BYTES,
  DISK_WARNING_BYTES,
} from "./limits.ts";
import type { ExaminedNode, SwarmFacts } from "./swarm-facts.ts";

/** What concerns one host at a time. */
export function checkSingleHosts({ nodes, nowMs }: SwarmFacts): readonly Checked[] {
  const told = nodes.flatMap((node) => (node.facts === null ? [] : [{ node, facts: node.facts }]));
  const each = (what: string, judge: (node: ExaminedNode, facts: HostFacts) => readonly Found[]): Checked => ({
    what,
    scope: counted(told.length, "host"),
    found: told.flatMap(({ node, facts }) => judge(node, facts)),
  });
  const timed = nodes.filter(({ clock }) => clock !== null);
  return [
    { what: "clock", scope: counted(timed.length, "host"), found: timed.flatMap(judgeClock) },
    each("names", ({ name }, { names }) => (names === null ? [] : judgeNames(name, names))),
    each("kernel", ({ name }, { dataPath }) => (dataPath === null ? [] : judgeKernel(name, dataPath))),
    each("certificate", ({ name }, { certificate }) =>
      certificate === null ? [] : judgeCertificate(name, certificate, nowMs),
    ),
    each("disk", ({ name }, { disk }) => (disk === null ? [] : judgeDisk(name, disk))),
    // Said only when there is something to say.
    {
      ...each("examination", ({ name }, { troubles }) =>
        troubles.map((trouble) => warning(name, trouble, "look at `journalctl -u swarmd` there")),
      ),
      scope: "",
    },
  ];
}

function judgeClock({ name, clock }: ExaminedNode): readonly Found[] {
  if (clock === null) return [];
  const sureMs = Math.abs(clock.offsetMs) - clock.uncertaintyMs;
  if (sureMs < CLOCK_WARNING_MS) return [];
  const result = `${(Math.abs(clock.offsetMs) / 1_000).toFixed(1)} s ${clock.offsetMs > 0 ? "ahead of" : "behind"} the leader`;
  const mend = `let a time service (chrony, systemd-timesyncd) run on ${name} and on the leader`;
  return [sureMs >= CLOCK_BROKEN_MS ? broken(name, result, mend) : warning(name, result, mend)];
}

function judgeNames(name: string, { address, fault, upstreams }: NonNullable<HostFacts["names"]>): readonly Found[] {
  const found: Found[] = [];
  if (address === "") {
    found.push(
      broken(name, "the name server of its tasks listens nowhere", `look at \`journalctl -u swarmd\` on ${name}`),
    );
  }
  if (fault !== "") found.push(broken(name, fault, `look at \`journalctl -u swarmd\` on ${name}`));
  const silent = upstreams.filter(({ answered }) => !answered).map((server) => server.address);
  if (silent.length === 0) return found;
  const mend = `name servers that answer in /etc/resolv.conf of ${name}, or allow 53/udp and 53/tcp to these`;
  const result =
    silent.length === upstreams.length
      ? `no name server that this host asks answers (${silent.join(", ")}): its tasks find no names outside the swarm`
      : `the name server ${silent.join(", ")} does not answer: questions are asked again elsewhere, which takes time`;
  return [...found, warning(name, result, mend)];
}

function judgeKernel(name: string, facts: NonNullable<HostFacts["dataPath"]>): readonly Found[] {
  const found: Found[] = facts.failures.map((failure) =>
    broken(
      name,
      `part of the network cannot be set up: ${failure}`,
      "load the kernel modules vxlan, veth, nf_tables, nf_nat and nf_conntrack, or install a kernel that has them",
    ),
  );
  if (!facts.overlayUp) {
    found.push(
      broken(name, "this host has no way into the ingress network", `look at \`journalctl -u swarmd\` on ${name}`),
    );
  }
  if (!facts.forwards) {
    found.push(
      broken(
        name,
        "the kernel forwards no packets",
        "something sets net.ipv4.ip_forward to 0 again and again: look in /etc/sysctl.d",
      ),
    );
  }
  if (facts.foreignDrops.length > 0) {
    found.push(
      warning(
        name,
        `rules of another program drop what is forwarded unless they allow it (${facts.foreignDrops.join(", ")})`,
        "accept what comes from and goes to devices named sw-*, swi-*, swe-* and swn-* there",
      ),
    );
  }
  if (facts.inputDrops.length > 0) {
    found.push(
      warning(
        name,
        `rules of another program drop what is meant for the host unless they allow it (${facts.inputDrops.join(", ")})`,
        "accept port 53, udp and tcp, from devices named swi-* and swe-* there, or containers find no names",
      ),
    );
  }
  const repaired = facts.repaired.map((what) =>
    warning(name, `put right just now: ${what}`, "find out what changes it; it is put right whenever it is noticed"),
  );
  return [...found, ...repaired];
}

function judgeCertificate(
  name: string,
  { notBeforeMs, notAfterMs }: NonNullable<HostFacts["certificate"]>,
  nowMs: number,
): readonly Found[] {
  const leftMs = notAfterMs - nowMs;
  const mend = `look for "certificate" in \`journalctl -u swarmd\` on ${name}; it is renewed through 2377/tcp`;
  if (leftMs <= 0) return [broken(name, "its certificate has expired", mend)];
  if (leftMs >= CERTIFICATE_LEFT_MIN * (notAfterMs - notBeforeMs)) return [];
  return [warning(name, `its certificate expires in ${days(leftMs)} and should have been renewed long ago`, mend)];
}

function judgeDisk(name: string, { path, totalBytes, freeBytes }: NonNullable<HostFacts["disk"]>): readonly Found[] {
  if (totalBytes === 0 || freeBytes >= DISK_WARNING_BYTES) return [];
  const result = `${gib(freeBytes)} of ${gib(totalBytes)} GiB left at ${path}`;
  const mend = "remove what is not needed there, or give it more room";
  return [freeBytes < DISK_BROKEN_BYTES ? broken(name, result, mend) : warning(name, result, mend)];
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const gib = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);

const days = (ms: number): string =>
  ms >= 2 * DAY_MS ? `${Math.floor(ms / DAY_MS)} days` : counted(Math.max(1, Math.floor(ms / HOUR_MS)), "hour");
