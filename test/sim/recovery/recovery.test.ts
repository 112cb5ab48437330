import assert from "node:assert/strict";
import { it } from "node:test";
import { pick, type Random, shuffled } from "../../../shared/ports/random.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { Managers } from "./managers.ts";

/** SIM_SEED=7 runs one, SIM_SEED=100-200 a range. */
const SEEDS = seedsOf(process.env["SIM_SEED"] ?? "1-12");
const WRITES_MAX = 80;

for (const count of [3, 5]) {
  for (const seed of SEEDS) {
    it(`one of ${count} managers goes on alone, loses nothing it had, and the lost ones stay out (SIM_SEED=${seed})`, async () => {
      await new Run(count, seededRandom(seed * 10 + count)).all();
    });
  }
}

/** What somebody asked for, and was told of it. */
interface Written {
  readonly acknowledged: Set<string>;
  readonly asked: Set<string>;
}

class Run {
  readonly #random: Random;
  readonly #clock = new VirtualClock();
  readonly #managers: Managers;
  readonly #old: readonly string[];
  readonly #before: Written = { acknowledged: new Set(), asked: new Set() };
  readonly #after: Written = { acknowledged: new Set(), asked: new Set() };
  readonly #behind: Written = { acknowledged: new Set(), asked: new Set() };

  #bystanders: readonly string[] = [];

  constructor(count: number, random: Random) {
    this.#random = random;
    this.#managers = new Managers(this.#clock, random.fork("managers"));
    this.#old = Array.from({ length: count }, (_, at) => `m${at + 1}`);
  }

  async all(): Promise<void> {
    const [survivor, lost] = await this.#loseMajority();
    const had = await this.#hadOnDisk(survivor);
    const group = await this.#goOnAlone(survivor);
    const behind = await this.#returnBehindItsBack(lost);
    await this.#meet(survivor, group, behind);
    this.#check(group, had);
    await this.#managers[Symbol.asyncDispose]();
  }

  /** The group works, its survivor perhaps a little behind; then more than half of it is gone. */
  async #loseMajority(): Promise<readonly [survivor: string, lost: readonly string[]]> {
    const managers = this.#managers;
    for (const [at, name] of this.#old.entries()) await managers.join(name, this.#old.slice(0, at));
    await this.#write(this.#before, this.#old, "a");
    const mixed = shuffled(this.#random, this.#old);
    const survivors = mixed.slice(0, Math.floor((mixed.length - 1) / 2));
    const survivor = survivors[0] as string;
    const lost = mixed.slice(survivors.length);
    if (this.#random.below(2) === 0) {
      // What it does not have any more when the others are gone was never its own.
      managers.mayTalk = (a, b) => a !== survivor && b !== survivor;
      await this.#write(this.#before, this.#old, "b", false);
    } else await this.#write(this.#before, this.#old, "c", false);
    await managers.powerOff(...lost);
    managers.mayTalk = () => true;
    await this.#clock.run(this.#random.below(3_000));
    await managers.powerOff(survivor);
    this.#bystanders = survivors.slice(1);
    return [survivor, lost];
  }

  /** Texts in the survivor's log, whether anybody knew them to be committed or not. */
  async #hadOnDisk(name: string): Promise<readonly string[]> {
    const { storage } = this.#managers.must(name);
    const { snapshot, entries } = await storage.load();
    const decoder = new TextDecoder();
    const old = snapshot === null ? [] : (JSON.parse(decoder.decode(snapshot.data)) as string[]);
    const from = snapshot?.meta.index ?? 0;
    const texts = entries.flatMap((entry) =>
      entry.kind === "normal" && entry.index > from && entry.data.length > 0 ? [decoder.decode(entry.data)] : [],
    );
    return [...old, ...texts];
  }

  async #goOnAlone(survivor: string): Promise<readonly string[]> {
    const managers = this.#managers;
    const removed = await managers.recover(survivor);
    assert.equal(removed.length, this.#old.length - 1);
    await this.#clock.until("it leads", () => managers.leader([survivor]) !== undefined, 2_000);
    await this.#write(this.#after, [survivor], "d");
    // Others that were left, but did not go on: they are told, and go on as workers.
    await this.#clock.until("they know", () =>
      this.#bystanders.every((name) => managers.must(name).state === "removed"),
    );
    await managers.powerOff(...this.#bystanders);
    const group = [survivor];
    for (const name of ["n1", "n2"]) {
      await managers.join(name, group);
      group.push(name);
    }
    await this.#write(this.#after, group, "e");
    return group;
  }

  /** Half of the time they find each other first, go on as if nothing had been, and even take somebody in. */
  async #returnBehindItsBack(lost: readonly string[]): Promise<readonly string[]> {
    const managers = this.#managers;
    const isApart = this.#random.below(2) === 0;
    if (isApart) managers.mayTalk = (a, b) => this.#isOfNew(a) === this.#isOfNew(b);
    for (const name of lost) await managers.boot(name);
    if (!isApart) return lost;
    await this.#clock.until("they have a leader of their own", () => managers.leader(lost) !== undefined);
    await this.#write(this.#behind, lost, "f");
    if (lost.length < 3) return lost;
    await managers.join("x1", lost).catch(() => {});
    return [...lost, "x1"];
  }

  #isOfNew(name: string): boolean {
    return name.startsWith("n") || this.#managers.must(name).node?.era === 1;
  }

  async #meet(survivor: string, group: readonly string[], behind: readonly string[]): Promise<void> {
    const managers = this.#managers;
    managers.mayTalk = () => true;
    await this.#clock.until("all of them know that they are out", () =>
      behind.every((name) => managers.must(name).state === "removed"),
    );
    assert.equal(managers.leader(behind), undefined);
    await this.#clock.until("the new group has a leader", () => managers.leader(group) !== undefined);
    await this.#write(this.#after, group, "g");
    const { node } = managers.must(survivor);
    assert.deepEqual([...(node?.electorate().voters ?? [])].length, group.length);
  }

  #check(group: readonly string[], had: readonly string[]): void {
    const all = group.map((name) => this.#managers.must(name).machine.texts);
    const [texts = []] = all;
    for (const each of all) assert.deepEqual(each, texts);
    assert.deepEqual(texts.slice(0, had.length), had, "all that was in its log, in that order");
    for (const text of this.#after.acknowledged) assert.ok(texts.includes(text), `${text} was acknowledged`);
    for (const text of this.#behind.asked) assert.ok(!texts.includes(text), `${text} is the lost ones'`);
    assert.equal(new Set(texts).size, texts.length);
  }

  /** Writes through whoever leads. Unless something is to be lost, all are answered, and known to all. */
  async #write(written: Written, names: readonly string[], word: string, isWhole = true): Promise<void> {
    const count = 1 + this.#random.below(WRITES_MAX);
    let pending = 0;
    for (let at = 0; at < count; at++) {
      const leader = this.#managers.leader(names);
      const text = `${word}${at}`;
      if (leader?.node != null) {
        written.asked.add(text);
        pending++;
        leader.node.propose(new TextEncoder().encode(text)).then(
          () => {
            written.acknowledged.add(text);
            pending--;
          },
          () => pending--,
        );
      }
      if (this.#random.below(3) === 0) await this.#clock.run(pick(this.#random, [1, 5, 20]));
    }
    if (!isWhole) return;
    const machines = names.map((name) => this.#managers.must(name).machine);
    const last = (): number => Math.max(...machines.map(({ texts }) => texts.length));
    await this.#clock.until("all is answered", () => pending === 0);
    await this.#clock.until("all have it", () => machines.every(({ texts }) => texts.length === last()));
  }
}

function seedsOf(text: string): number[] {
  const [from = 1, to = from] = text.split("-").map(Number);
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
