import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Place } from "../../../http-api/containers/place.ts";
import { EXECS_MAX, type Exec, ExecBook, REMEMBERED_MS } from "../../../http-api/exec/exec-book.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const PARTS = {
  place: { ref: "web" } as Place,
  ...{ containerId: "c".repeat(64), start: { args: ["true"], tty: false }, detachKeys: "", size: null },
};

describe("the book of execs", () => {
  const full = (state: Exec["state"]) => {
    const [book, clock] = [new ExecBook(), new VirtualClock()];
    const execs = Array.from({ length: EXECS_MAX }, () => book.announce(PARTS, clock));
    for (const exec of execs) exec.state = state;
    return { book, clock, execs };
  };

  it("has room for another while some of them have ended: the first of these is forgotten for it", () => {
    const { book, clock, execs } = full("ended");
    const [first, second] = execs as [Exec, Exec];
    first.state = "running";
    assert.equal(book.find(book.announce(PARTS, clock).id).state, "announced");
    assert.equal(book.find(first.id), first, "what runs stays");
    assert.throws(() => book.find(second.id), { code: "notFound" });
  });

  it("has none while all of them run, or are about to", () => {
    for (const state of ["running", "announced"] as const) {
      const { book, clock } = full(state);
      assert.throws(() => book.announce(PARTS, clock), { code: "resourceExhausted" });
    }
  });

  it("forgets what has ended, or never began, after five minutes", async () => {
    const { book, clock, execs } = full("announced");
    const [first] = execs as [Exec];
    await clock.run(REMEMBERED_MS);
    book.announce(PARTS, clock);
    assert.throws(() => book.find(first.id), { code: "notFound" });
  });
});
