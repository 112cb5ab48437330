import { unreachable } from "../invariant.ts";
import type { PortFacts, Reach } from "../rpc/gen/doctor.ts";
import { broken, type Checked, counted, type Found, warning } from "./finding.ts";
import type { ExaminedNode, PublishedPortFacts, SwarmFacts } from "./swarm-facts.ts";

/** Whether every published port leads somewhere, on every host that has it. */
export function checkPublishedPorts({ ports, nodes }: SwarmFacts): Checked {
  const found = ports.flatMap((port) => {
    const hosts = nodes.filter(({ id, facts }) => facts !== null && (port.nodeId === null || port.nodeId === id));
    return [
      ...judgePort(port, hosts),
      ...judgeIpv6(port, hosts),
      ...judgeFromOthers(port, hosts, nodes),
      ...findOtherPrograms(port, hosts),
    ];
  });
  return { what: "published port", scope: counted(ports.length, "port"), found };
}

const nameOf = ({ protocol, port }: PublishedPortFacts): string => `${port}/${protocol}`;

/** What the hosts see at themselves. */
function judgePort(port: PublishedPortFacts, hosts: readonly ExaminedNode[]): readonly Found[] {
  const { service, ready, wanted, targetPort } = port;
  const where = nameOf(port);
  // In these two cases the network has nothing to do with it.
  if (wanted === 0 && ready === 0) {
    return [warning(where, `${service} has no tasks, so nobody answers`, `\`swarmctl service scale ${service}=1\``)];
  }
  if (ready === 0) {
    const result = `no task of ${service} is ready, so nobody answers; the network is not the cause`;
    return [broken(where, result, `\`swarmctl service ps ${service}\` says why`)];
  }
  const tried = hosts.filter(({ facts }) => reachOf(facts?.ports, port) !== "UNTRIED");
  const faults = tried.filter((host) => !isOpenAt(host, port));
  if (faults.length > 0 && faults.length === tried.length) {
    const result = `${counted(ready, "task")} of ${service} ready, but no host gets a connection`;
    const mend = `see that the program in the container listens on port ${targetPort}, and not only on 127.0.0.1`;
    return [broken(where, result, mend)];
  }
  return faults.map(({ name }) =>
    broken(
      `${name} ${where}`,
      `no connection to ${service} here, while other hosts get one`,
      `see the findings about ${name}'s kernel and its ways; packet rules of other programs there may drop it`,
    ),
  );
}

/** Hosts that get a connection over IPv4, and have IPv6, should get one over that too. */
function judgeIpv6(port: PublishedPortFacts, hosts: readonly ExaminedNode[]): readonly Found[] {
  const { service, targetPort, nodeId } = port;
  const where = nameOf(port);
  const reach6Of = ({ facts }: ExaminedNode): Reach => of(facts?.ports, port)?.reach6 ?? "UNTRIED";
  const tried = hosts.filter((host) => isOpenAt(host, port) && reach6Of(host) !== "UNTRIED");
  const faults = tried.filter((host) => isFault(reach6Of(host)));
  if (faults.length > 0 && faults.length === tried.length) {
    const result = `${service} answers over IPv4 alone${nodeId === null ? "" : ` on ${faults[0]?.name}`}`;
    const mend = `see that the program in the container listens on :: (port ${targetPort}), and not only on 0.0.0.0`;
    return [warning(where, result, mend)];
  }
  return faults.map(({ name }) =>
    broken(
      `${name} ${where}`,
      `no connection to ${service} over IPv6 here, while other hosts get one`,
      `see the findings about ${name}'s kernel; packet rules of other programs there may drop what is forwarded`,
    ),
  );
}

/** What another host sees of a port that its own host gets connections at. */
function judgeFromOthers(
  port: PublishedPortFacts,
  hosts: readonly ExaminedNode[],
  nodes: readonly ExaminedNode[],
): readonly Found[] {
  return hosts
    .filter((host) => isOpenAt(host, port))
    .flatMap(({ id, name }) => {
      const outside = nodes.filter(({ triedPortsOf }) => triedPortsOf === id);
      const cut = outside.filter(({ facts }) => isFault(reachOf(facts?.otherPorts, port)));
      return cut.map((from) =>
        broken(
          `${from.name} -> ${name} ${nameOf(port)}`,
          "no connection from another host",
          `allow ${nameOf(port)} in the firewall of ${name} and on the way there`,
        ),
      );
    });
}

/** Only one of two can have a port: the mesh leaves it to a program that was first, and keeps it otherwise. */
function findOtherPrograms(port: PublishedPortFacts, hosts: readonly ExaminedNode[]): readonly Found[] {
  const mend = "give that program another port, or publish the service on another";
  return hosts.flatMap(({ name, facts }): readonly Found[] => {
    const { program = "", clash = "NONE" } = of(facts?.ports, port)?.listener ?? {};
    const who = program === "" ? "another program" : program;
    const where = `${name} ${nameOf(port)}`;
    switch (clash) {
      case "NONE":
        return [];
      case "LEFT":
        return [
          broken(where, `${who} of this host had the port first: connections here do not reach ${port.service}`, mend),
        ];
      case "TAKEN":
        return [warning(where, `${who} of this host listens on the port, but connections go to ${port.service}`, mend)];
      default:
        return unreachable(clash);
    }
  });
}

function of(facts: readonly PortFacts[] | undefined, { protocol, port }: PublishedPortFacts): PortFacts | undefined {
  return facts?.find((each) => each.protocol === protocol && each.port === port);
}

function reachOf(facts: readonly PortFacts[] | undefined, port: PublishedPortFacts): Reach {
  return of(facts, port)?.reach ?? "UNTRIED";
}

const isFault = (reach: Reach): boolean => reach === "REFUSED" || reach === "SILENT";

const isOpenAt = (host: ExaminedNode, port: PublishedPortFacts): boolean =>
  reachOf(host.facts?.ports, port) === "ACCEPTED";
