import type { InstantMs } from "../../../shared/ports/clock.ts";
import type { Ack, Message, Nack } from "../wire/messages.ts";
import type { Context } from "./context.ts";
import { patientMs, probePaceMs } from "./formulas.ts";
import { answersTcpPing, isGone, type Member, sendsNack } from "./member.ts";
import type { Rumours } from "./rumours.ts";

/** The probe that is under way. */
interface Probe {
  readonly member: Member;
  readonly seqNo: number;
  /** direct: waiting for the ack of our ping; indirect: others and TCP are trying too. */
  phase: "direct" | "indirect";
  /** When to ask others. */
  indirectAtMs: InstantMs;
  /** When silence becomes a suspicion. */
  endMs: InstantMs;
  nacksExpected: number;
  nacks: number;
}

/**
 * Probes one member after another (SWIM 3.1):
 *
 *     ping --ack--> healthy                                       (a nack: a helper's line works, the target is silent)
 *       '--probeTimeout--> others ping + TCP ping --ack--> healthy
 *                            '--end of the interval--> suspect
 *
 * One probe at a time; in large clusters with a pause in between, unless a member is suspected by others. There, every
 * second probe also goes to our neighbour on a ring of all names: chance alone leaves one member in twenty unprobed for
 * three intervals, while the neighbour is probed after two at the latest.
 */
export class FailureDetector {
  readonly #context: Context;
  readonly #rumours: Rumours;
  readonly #forget: () => void;
  #probe: Probe | null = null;
  #nextAtMs: InstantMs;
  #freeAtMs: InstantMs;
  #isNeighboursTurn = false;

  /** `forget` is called after each round of probes. */
  constructor(context: Context, rumours: Rumours, forget: () => void) {
    this.#context = context;
    this.#rumours = rumours;
    this.#forget = forget;
    this.#freeAtMs = context.nowMs;
    // Members that start together must not probe together for ever.
    this.#nextAtMs = context.nowMs + context.random.below(context.profile.probeIntervalMs);
  }

  get dueMs(): InstantMs {
    // Not before the last one has ended: a probe out of turn may outlast its time, and a tick must not seem late
    // because of that.
    if (this.#probe === null) {
      return Math.max(this.#freeAtMs, Math.min(this.#nextAtMs, this.#rumours.suspicions.verifyDueMs));
    }
    return this.#probe.phase === "direct" ? this.#probe.indirectAtMs : this.#probe.endMs;
  }

  postpone(byMs: number): void {
    this.#nextAtMs += byMs;
    if (this.#probe === null) return;
    this.#probe.indirectAtMs += byMs;
    this.#probe.endMs += byMs;
  }

  tick(): void {
    const { nowMs } = this.#context;
    if (this.#probe?.phase === "direct" && nowMs >= this.#probe.indirectAtMs) this.#becomeIndirect(this.#probe);
    if (this.#probe !== null && nowMs >= this.#probe.endMs) this.#fail(this.#probe);
    if (this.#probe === null) this.#maybeVerify();
    if (this.#probe === null && nowMs >= this.#nextAtMs) this.#beginNext();
  }

  /** Whether the ack was for us. */
  maybeAck({ seqNo }: Pick<Ack, "seqNo">): boolean {
    if (this.#probe?.seqNo !== seqNo) return false;
    this.#endProbe();
    this.#context.awareness.add(-1);
    return true;
  }

  onNack({ seqNo }: Nack): void {
    if (this.#probe?.seqNo === seqNo) this.#probe.nacks++;
  }

  /** A suspect of others, out of turn. */
  #maybeVerify(): void {
    const name = this.#rumours.suspicions.takeToVerify();
    const member = name === null ? undefined : this.#context.table.get(name);
    if (member?.state === "suspect") this.#begin(member);
  }

  #beginNext(): void {
    const { nowMs, profile, awareness, table, self } = this.#context;
    const paceMs = probePaceMs(profile.probeIntervalMs, profile.probePaceMaxMs, table.present);
    // Extra patience applies to the probe; a pause that is longer anyway needs none.
    this.#nextAtMs = nowMs + Math.max(paceMs, patientMs(profile.probeIntervalMs, awareness.score));
    this.#isNeighboursTurn = !this.#isNeighboursTurn && profile.watchesNeighbour && paceMs > profile.probeIntervalMs;
    const member = this.#isNeighboursTurn ? table.neighbour(self) : table.nextToProbe(self, this.#forget);
    if (member !== null) this.#begin(member);
  }

  #begin(member: Member): void {
    const context = this.#context;
    const { nowMs, profile, awareness } = context;
    const seqNo = context.nextSeqNo();
    this.#probe = {
      member,
      seqNo,
      phase: "direct",
      indirectAtMs: nowMs + profile.probeTimeoutMs,
      endMs: nowMs + patientMs(profile.probeIntervalMs, awareness.score),
      nacksExpected: 0,
      nacks: 0,
    };
    const messages: Message[] = [{ type: "ping", seqNo, node: member.name, source: this.#rumours.source }];
    // Buddy system (Lifeguard): a suspect hears of it with the ping, and can refute at once.
    if (member.state === "suspect") {
      messages.push({ type: "suspect", incarnation: member.incarnation, node: member.name, from: context.self });
    }
    context.send(member.endpoint, member.name, messages);
  }

  #becomeIndirect(probe: Probe): void {
    probe.phase = "indirect";
    const { member, seqNo } = probe;
    const { self, table, profile, nowMs } = this.#context;
    const helpers = table.pick(
      profile.indirectChecks,
      (other) => other.state === "alive" && other.name !== self && other.name !== member.name,
    );
    for (const helper of helpers) {
      const nack = sendsNack(helper);
      if (nack) probe.nacksExpected++;
      this.#context.send(helper.endpoint, helper.name, [
        { type: "indirectPing", seqNo, node: member.name, target: member.endpoint, nack, source: this.#rumours.source },
      ]);
    }
    if (!answersTcpPing(member)) return;
    const timeoutMs = probe.endMs - nowMs;
    // A suspect that UDP does not reach hears of the suspicion, and can object, only by TCP. Without this, a short
    // pause of a member behind such a firewall would be its death.
    if (member.state === "suspect") {
      this.#context.emit({ kind: "exchange", to: member.endpoint, join: false, timeoutMs: profile.streamTimeoutMs });
    }
    this.#context.emit({ kind: "streamPing", to: member.endpoint, node: member.name, seqNo, timeoutMs });
  }

  /** No one reached it. Missing nacks mean that the trouble may be ours. */
  #fail(probe: Probe): void {
    this.#endProbe();
    const { nacksExpected, nacks, member } = probe;
    this.#context.awareness.add(nacksExpected > 0 ? Math.max(0, nacksExpected - nacks) : 1);
    if (!isGone(member)) this.#rumours.suspect(member);
  }

  #endProbe(): void {
    this.#probe = null;
    this.#freeAtMs = this.#context.nowMs;
  }
}
