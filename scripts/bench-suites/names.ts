/** Answers of a host's DNS server, and what a change costs it, on a network of 10,000 endpoints. */
import { encode, type RecordType } from "dns-packet";
import type { TaskId } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { Task } from "../../shared/objects/types.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import type { NetworkEndpoint, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { HostNames } from "../../worker/dns/host-names.ts";
import { answerLocally } from "../../worker/dns/local-answer.ts";
import { readQuery } from "../../worker/dns/query.ts";
import type { DnsTransport } from "../../worker/dns/reply.ts";
import { type Figure, figure } from "./figure.ts";

const ENDPOINTS = 10_000;
const SERVICES = 200;
const ROUNDS = 20;
const QUESTIONS_PER_ROUND = 500;
const P99_MS = 2;
/** A change of one endpoint, of 10,000, in the names alone. */
const CHANGE_MS = 5;
const TASK = "asking".padEnd(25, "0") as TaskId;

const idOf = (prefix: string, at: number): string => `${prefix}${at}x`.padEnd(25, "0");

export function measureNames(quick: boolean): readonly Figure[] {
  let table = tableOf();
  const names = new HostNames();
  names.setTables([table]);
  names.setTasks(new Map([[TASK, askingTask()]]));
  const rounds = quick ? ROUNDS / 4 : ROUNDS;
  const asked = (what: string, name: string, type: RecordType, transport: DnsTransport): Figure =>
    figure(
      `${what}: p99`,
      "ms",
      P99_MS,
      Array.from({ length: rounds }, () => {
        // As after every change: nothing made for an earlier question is left.
        table = changed(table, 0);
        names.setTables([table]);
        return p99(QUESTIONS_PER_ROUND, () => ask(names, name, type, transport));
      }),
    );
  return [
    asked("a virtual address", "service7", "A", "udp"),
    asked("tasks of a service of 25, UDP", "tasks.service7", "A", "udp"),
    asked("tasks of a service of 5,000, UDP", "everywhere", "A", "udp"),
    asked("tasks of a service of 5,000, TCP", "everywhere", "A", "tcp"),
    asked("name of one task", "service7.1", "A", "udp"),
    asked("reverse", "9.4.1.10.in-addr.arpa", "PTR", "udp"),
    figure(
      "one endpoint changed",
      "ms",
      CHANGE_MS,
      Array.from({ length: rounds }, () =>
        p99(
          QUESTIONS_PER_ROUND,
          () => names.setTables([table]),
          () => {
            table = changed(table, ENDPOINTS / 2);
          },
        ),
      ),
    ),
  ];
}

function ask(names: HostNames, name: string, type: RecordType, transport: DnsTransport): void {
  const incoming = readQuery(encode({ type: "query", id: 1, flags: 0x0100, questions: [{ name, type }] }));
  if (incoming.kind !== "query") throw new Error(`not a question: ${name}`);
  const reply = answerLocally(names.viewOf(TASK), incoming.query, transport, systemRandom);
  if (mustHave(reply, `the answer for ${name}`).readUInt16BE(6) === 0) throw new Error(`no answer for ${name}`);
}

/** Of so many runs, in milliseconds; the machine must do nothing else. */
function p99(runs: number, run: () => void, prepare: () => void = () => {}): number {
  const samples = Array.from({ length: runs }, () => {
    prepare();
    const start = performance.now();
    run();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return samples[Math.floor(runs * 0.99)] ?? Number.NaN;
}

function tableOf(): NetworkTable {
  const address = (at: number): string => `10.1.${Math.floor(at / 250)}.${(at % 250) + 2}/16`;
  return {
    network: {
      id: idOf("net", 1),
      meta: null,
      spec: {
        annotations: { name: "backend", labels: {} },
        ...{
          ingress: false,
          internal: false,
          mtu: 0,
          attachable: false,
          ipv6: false,
          driver: "",
          options: {},
          subnets: [],
        },
      },
      vni: 4100,
      subnets: [{ cidr: "10.1.0.0/16", gateway: "10.1.0.1", ipRange: "", auxiliary: {} }],
    },
    hosts: [],
    dataPathPort: 4789,
    // Half of the tasks belong to services of 25, half to one service without a virtual address.
    endpoints: Array.from({ length: ENDPOINTS }, (_, at) => {
      const service = at % 2 === 0 ? (at / 2) % SERVICES : SERVICES;
      const name = service === SERVICES ? "everywhere" : `service${service}`;
      const slot = `${name}.${Math.floor(at / 2 / SERVICES) + 1}`;
      return {
        taskId: idOf("task", at),
        serviceId: idOf("service", service),
        nodeId: idOf("node", at % 100),
        address: address(at),
        address6: "",
        state: "READY",
        names: [`${slot}.${idOf("task", at)}`, slot],
      };
    }),
    services: Array.from({ length: SERVICES + 1 }, (_, at) => ({
      serviceId: idOf("service", at),
      name: at === SERVICES ? "everywhere" : `service${at}`,
      virtualIp: at === SERVICES ? "" : `10.1.200.${(at % 250) + 2}`,
      virtualIp6: "",
      ports: [],
      aliases: [],
      stickySeconds: 0,
    })),
  };
}

/** A new list, as tables come, with one line of it another one. */
function changed(table: NetworkTable, at: number): NetworkTable {
  const { state, ...rest } = mustHave(table.endpoints[at], "the endpoint to change");
  const line: NetworkEndpoint = { ...rest, state: state === "READY" ? "DRAINING" : "READY" };
  return { ...table, endpoints: table.endpoints.with(at, line) };
}

function askingTask(): Task {
  const networks = [{ networkId: idOf("net", 1), address: "", address6: "", aliases: [] }];
  return { id: TASK, spec: { container: { dns: null } }, networks } as unknown as Task;
}
