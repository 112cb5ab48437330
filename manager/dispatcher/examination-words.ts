import { PORTS_MAX, SENTENCE_LENGTH_MAX, SENTENCES_MAX, WAYS_MAX } from "../../shared/doctor/limits.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { ExaminationReport, HostFacts, PortFacts } from "../../shared/rpc/gen/doctor.ts";
import type { HostListener } from "../../shared/rpc/gen/objects.ts";

/** Name servers that a host asks: as many as a resolver library reads, and some more. */
const UPSTREAMS_MAX = 16;

/**
 * A worker's report of an examination, as short as an honest one is. What is said in it is shown to people, whose
 * terminals are protected by swarmctl's printer.
 * @throws SwarmError invalidArgument when there is more in it than was asked for.
 */
export function takeExamined({ examinationId, wallMs, facts }: ExaminationReport): ExaminationReport {
  check(Number.isSafeInteger(wallMs), "the instant of an examination is no number of milliseconds");
  return { examinationId: cut(examinationId), wallMs, facts: facts === null ? null : takeFacts(facts) };
}

function takeFacts(facts: HostFacts): HostFacts {
  const { ways, ports, otherPorts, dataPath, names, disk, certificate, troubles } = facts;
  check(ways.length <= WAYS_MAX, `an examination tells of ${ways.length} hosts, but at most ${WAYS_MAX} are asked for`);
  return {
    ways: ways.map((way) => ({ ...way, nodeId: cut(way.nodeId), address: cut(way.address) })),
    ports: takePorts(ports),
    otherPorts: takePorts(otherPorts),
    dataPath: dataPath && {
      ...dataPath,
      failures: sentences(dataPath.failures),
      repaired: sentences(dataPath.repaired),
      foreignDrops: sentences(dataPath.foreignDrops),
      inputDrops: sentences(dataPath.inputDrops),
    },
    names: names && {
      address: cut(names.address),
      fault: cut(names.fault),
      upstreams: names.upstreams.slice(0, UPSTREAMS_MAX).map((one) => ({ ...one, address: cut(one.address) })),
    },
    disk: disk && { ...disk, path: cut(disk.path) },
    certificate,
    troubles: sentences(troubles),
  };
}

function takePorts(ports: readonly PortFacts[]): readonly PortFacts[] {
  check(
    ports.length <= PORTS_MAX,
    `an examination tells of ${ports.length} ports, but at most ${PORTS_MAX} are asked for`,
  );
  return ports.map((port) => ({
    ...port,
    protocol: cut(port.protocol),
    listener: port.listener && takeListener(port.listener),
  }));
}

function takeListener(listener: HostListener): HostListener {
  return { ...listener, address: cut(listener.address), program: cut(listener.program) };
}

function sentences(texts: readonly string[]): readonly string[] {
  return texts.slice(0, SENTENCES_MAX).map(cut);
}

function cut(text: string): string {
  return text.slice(0, SENTENCE_LENGTH_MAX);
}

function check(condition: boolean, sentence: string): void {
  if (!condition) throw new SwarmError("invalidArgument", sentence);
}
