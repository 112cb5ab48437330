import type { RaftHandle } from "../../raft/raft-handle.ts";
import { Bell } from "../../shared/bell.ts";
import { diagnose } from "../../shared/doctor/diagnose.ts";
import { ANSWER_MS_MAX } from "../../shared/doctor/limits.ts";
import type { ClockFacts, ExaminedNode } from "../../shared/doctor/swarm-facts.ts";
import { SwarmError } from "../../shared/errors.ts";
import { createId, type NodeId, type SessionId } from "../../shared/ids.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { Clock, InstantMs, WallMs } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { DiagnoseRequest, DiagnoseResponse, ExaminationReport, HostFacts } from "../../shared/rpc/gen/doctor.ts";
import { type Send, type ServerStreamHandler, serverStream } from "../../shared/rpc/handler.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Scope } from "../../shared/scope.ts";
import type { Store } from "../store/store-types.ts";
import { type ExaminingSessions, type HostPlan, planExaminations } from "./examination-plan.ts";
import { publishedPorts } from "./published-ports.ts";
import { type ExaminationTurn, runWayWatch } from "./way-watch.ts";

/** Names in one message of progress; nobody reads more. */
const WAITING_MAX = 100;

/** How soon it is noticed that a host that has not answered is in session no more. */
const LOOK_EVERY_MS = 250;

type Answer = Sendable<DiagnoseResponse>;

export interface DoctorOptions {
  readonly store: Store;
  readonly raft: RaftHandle;
  readonly clock: Clock;
  readonly random: Random;
  readonly sessions: ExaminingSessions;
}

export interface Doctor {
  /**
   * Handler of Control.Diagnose: examines all hosts at once, for one caller at a time, since the hosts send each other
   * a few megabytes.
   */
  readonly diagnose: ServerStreamHandler<DiagnoseRequest, Answer>["run"];
  /** Has hosts try their ways now and then, until the scope ends. */
  lead(scope: Scope): void;
}

export function createDoctor(options: DoctorOptions): Doctor {
  const turn: ExaminationTurn = { isTaken: false };
  const { run: diagnose } = serverStream<DiagnoseRequest, Answer>(async (_request, { signal }, send) => {
    if (turn.isTaken) {
      throw new SwarmError(
        "resourceExhausted",
        "another examination is under way: try again when it is over, in 15 s at most",
      );
    }
    turn.isTaken = true;
    try {
      await options.raft.readBarrier();
      await examineAll(options, signal, send);
    } finally {
      turn.isTaken = false;
    }
  });
  return {
    diagnose,
    lead: (scope) => scope.spawn("ways between hosts", (signal) => runWayWatch(options, turn, signal)),
  };
}

async function examineAll(options: DoctorOptions, signal: AbortSignal, send: Send<Answer>): Promise<void> {
  const { store, raft, clock, random, sessions } = options;
  const view = store.view();
  const nodes = view.all("node");
  const ports = publishedPorts(view);
  const inSession = new Set(nodes.map(({ id }) => id).filter((id) => sessions.trace(id)?.isOpen === true));
  const examinationId = createId<SessionId>(random);
  const plans = planExaminations({ examinationId, nodes, inSession, raft: raft.status(), ports });
  using answers = new Answers(examinationId, options);
  answers.ask(plans);
  await answers.follow((waiting) => {
    const names = nodes.filter(({ id }) => waiting.has(id)).map(nameOf);
    return send({ progress: { hosts: plans.size, waiting: names.slice(0, WAITING_MAX) } });
  }, signal);
  signal.throwIfAborted();
  const status = raft.status();
  if (status.role !== "leader") {
    throw new SwarmError("unavailable", "the leader changed during the examination: run it again");
  }
  const facts = {
    nodes: store
      .view()
      .all("node")
      .map((node): ExaminedNode => {
        const member = status.members.find(({ nodeId }) => nodeId === node.id);
        return {
          ...{ id: node.id, name: nameOf(node), state: node.status.state, message: node.status.message },
          manager: member === undefined ? null : { isReachable: status.reachable.has(member.raftId) },
          facts: answers.facts(node.id),
          clock: answers.clock(node.id),
          triedPortsOf: plans.get(node.id)?.triedPortsOf ?? null,
        };
      }),
    ports,
    dataPathPort: store.view().cluster().dataPathPort,
    nowMs: clock.wallNow(),
    isWhole: true,
  };
  await send({ diagnosis: { findings: diagnose(facts) } });
}

/** What people call it. */
function nameOf({ id, description }: Node): string {
  const name = description?.hostname ?? "";
  return name === "" ? id : name;
}

interface Heard {
  clock: ClockFacts | null;
  facts: HostFacts | null;
}

/** The hosts' answers to one examination, as they come in. */
class Answers implements Disposable {
  readonly #options: DoctorOptions;
  readonly #examinationId: string;
  readonly #subscription: Disposable;
  readonly #bell = new Bell();
  readonly #heard = new Map<NodeId, Heard>();
  #askedAtMs: InstantMs = 0;
  #askedAtWallMs: WallMs = 0;

  constructor(examinationId: string, options: DoctorOptions) {
    this.#options = options;
    this.#examinationId = examinationId;
    this.#subscription = options.sessions.onExamined((nodeId, report) => {
      if (report.examinationId === examinationId) this.#hear(nodeId, report);
    });
  }

  /** Hosts that have not answered need not go on. */
  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    const close = { examinationId: this.#examinationId, close: true };
    for (const nodeId of this.#waiting()) this.#options.sessions.examine(nodeId, close);
  }

  ask(plans: ReadonlyMap<NodeId, HostPlan>): void {
    const { clock, sessions } = this.#options;
    this.#askedAtMs = clock.now();
    this.#askedAtWallMs = clock.wallNow();
    for (const [nodeId, { examination }] of plans) {
      if (sessions.examine(nodeId, examination)) this.#heard.set(nodeId, { clock: null, facts: null });
    }
  }

  /** Resolves when all that are still in session have answered, after ANSWER_MS_MAX, or when aborted. */
  async follow(tell: (waiting: ReadonlySet<NodeId>) => Promise<void>, signal: AbortSignal): Promise<void> {
    const late = new AbortController();
    using _timer = this.#options.clock.schedule(ANSWER_MS_MAX, "doctor: answers of hosts", () => late.abort());
    const both = AbortSignal.any([signal, late.signal]);
    let told = -1;
    for (;;) {
      const waiting = this.#waiting();
      if (waiting.size !== told) await tell(waiting);
      told = waiting.size;
      if (waiting.size === 0 || both.aborted) return;
      using _look = this.#options.clock.schedule(LOOK_EVERY_MS, "doctor: who is still there", () => this.#bell.ring());
      await this.#bell.next(both).catch(() => {});
    }
  }

  #waiting(): ReadonlySet<NodeId> {
    const { sessions } = this.#options;
    const silent = [...this.#heard].filter(([, { facts }]) => facts === null).map(([nodeId]) => nodeId);
    return new Set(silent.filter((nodeId) => sessions.trace(nodeId)?.isOpen === true));
  }

  facts(nodeId: NodeId): HostFacts | null {
    return this.#heard.get(nodeId)?.facts ?? null;
  }

  clock(nodeId: NodeId): ClockFacts | null {
    return this.#heard.get(nodeId)?.clock ?? null;
  }

  #hear(nodeId: NodeId, { wallMs, facts }: ExaminationReport): void {
    const heard = this.#heard.get(nodeId);
    if (heard === undefined) return;
    // The host read its clock at some moment of the round trip: its middle is wrong by half of it at most.
    const roundTripMs = this.#options.clock.now() - this.#askedAtMs;
    const offsetMs = wallMs - (this.#askedAtWallMs + roundTripMs / 2);
    heard.clock ??= { offsetMs, uncertaintyMs: roundTripMs / 2 };
    heard.facts ??= facts;
    if (facts !== null) this.#bell.ring();
  }
}
