import type { InstantMs } from "../../../shared/ports/clock.ts";
import type { Ack, Message, Nack, Source } from "../wire/messages.ts";
import type { Context } from "./context.ts";
import { patientMs } from "./formulas.ts";
import { answersTcpPing, isGone, type Member, sendsNack } from "./member.ts";
import type { Rumours } from "./rumours.ts";

/** The one probe that is under way. */
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
 */
export class Prober {
  readonly #context: Context;
  readonly #rumours: Rumours;
  readonly #forget: () => void;
  #probe: Probe | null = null;
  #nextAtMs: InstantMs;

  /** `forget` is called after each round of probes. */
  constructor(context: Context, rumours: Rumours, forget: () => void) {
    this.#context = context;
    this.#rumours = rumours;
    this.#forget = forget;
    // Members that start together must not probe together for ever.
    this.#nextAtMs = context.nowMs + context.random.below(context.profile.probeIntervalMs);
  }

  get dueMs(): InstantMs {
    if (this.#probe === null) return this.#nextAtMs;
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
    if (this.#probe === null && nowMs >= this.#nextAtMs) this.#begin();
  }

  /** Whether the ack was for us. */
  maybeAck({ seqNo }: Pick<Ack, "seqNo">): boolean {
    if (this.#probe?.seqNo !== seqNo) return false;
    this.#probe = null;
    this.#context.awareness.add(-1);
    return true;
  }

  onNack({ seqNo }: Nack): void {
    if (this.#probe?.seqNo === seqNo) this.#probe.nacks++;
  }

  #begin(): void {
    const context = this.#context;
    const { nowMs, profile, awareness, table } = context;
    const intervalMs = patientMs(profile.probeIntervalMs, awareness.score);
    this.#nextAtMs = nowMs + intervalMs;
    const member = table.nextToProbe(context.self, this.#forget);
    if (member === null) return;
    const seqNo = context.nextSeqNo();
    this.#probe = {
      member,
      seqNo,
      phase: "direct",
      indirectAtMs: nowMs + profile.probeTimeoutMs,
      endMs: nowMs + intervalMs,
      nacksExpected: 0,
      nacks: 0,
    };
    const messages: Message[] = [{ type: "ping", seqNo, node: member.name, source: this.#source() }];
    // Buddy system (Lifeguard): who is suspected hears it with the ping, and can refute at once.
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
        { type: "indirectPing", seqNo, node: member.name, target: member.endpoint, nack, source: this.#source() },
      ]);
    }
    if (!answersTcpPing(member)) return;
    const timeoutMs = probe.endMs - nowMs;
    // A suspect that UDP does not reach hears of the suspicion, and can object, only by TCP. Without this, one short stop
    // of a member behind such a firewall would be its death.
    if (member.state === "suspect") {
      this.#context.emit({ kind: "exchange", to: member.endpoint, join: false, timeoutMs: profile.streamTimeoutMs });
    }
    this.#context.emit({ kind: "streamPing", to: member.endpoint, node: member.name, seqNo, timeoutMs });
  }

  /** Nobody reached it. Nacks that did not come say that the trouble may be ours. */
  #fail(probe: Probe): void {
    this.#probe = null;
    const { nacksExpected, nacks, member } = probe;
    this.#context.awareness.add(nacksExpected > 0 ? Math.max(0, nacksExpected - nacks) : 1);
    if (!isGone(member)) this.#rumours.suspect(member);
  }

  #source(): Source {
    const { endpoint, name } = this.#rumours.self;
    return { ...endpoint, node: name };
  }
}
