/** The index of a network's names, changed line by line, is the one that would be made anew from the last table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NetworkEndpoint, NetworkService } from "../../shared/rpc/gen/dispatcher.ts";
import { changedLines } from "../../worker/dns/changed-lines.ts";
import { NetworkNames } from "../../worker/dns/network-names.ts";
import { namedEndpoint, namedService, namedTable } from "../support/dns-objects.ts";

const SERVICES = ["db", "web", "ring"];
const NAMES = [...SERVICES, "www", "shared"];
const STATES: readonly NetworkEndpoint["state"][] = ["READY", "PENDING", "DRAINING"];
const ADDRESSES = Array.from({ length: 9 }, (_, at) => `10.1.0.${at + 2}`);

const endpoint = fc
  .record({
    service: fc.constantFrom(...SERVICES),
    slot: fc.integer({ min: 1, max: 3 }),
    address: fc.constantFrom(...ADDRESSES),
    state: fc.constantFrom(...STATES),
    names: fc.array(fc.constantFrom(...NAMES), { maxLength: 2 }),
  })
  .map(({ service, slot, address, state, names }) =>
    namedEndpoint(`${service}${slot}`, `${address}/24`, { state, names: [`${service}.${slot}`, ...names] }),
  );
const service = fc
  .record({
    name: fc.constantFrom(...SERVICES),
    aliases: fc.array(fc.constantFrom(...NAMES), { maxLength: 2 }),
    virtualIp: fc.constantFrom("", ...ADDRESSES),
  })
  .map(({ name, aliases, virtualIp }) => namedService(name, { aliases, virtualIp }));
/** As in a real table, no two lines of one id and no address twice. */
const unlike = <Line>(lines: readonly Line[], key: (line: Line) => readonly string[]): readonly Line[] => {
  const seen = new Set<string>();
  return lines.filter((line) => {
    const keys = key(line).filter(Boolean);
    if (keys.some((one) => seen.has(one))) return false;
    for (const one of keys) seen.add(one);
    return true;
  });
};
const table = fc
  .record({
    endpoints: fc.array(endpoint, { maxLength: 8 }),
    services: fc.array(service, { maxLength: 3 }),
    kept: fc.integer({ min: 0, max: 255 }),
  })
  .map((parts) => parts);

interface Lines {
  readonly services: readonly NetworkService[];
  readonly endpoints: readonly NetworkEndpoint[];
}

test("tables that come one after the other leave the names of the last", () => {
  fc.assert(
    fc.property(fc.array(table, { minLength: 1, maxLength: 6 }), (steps) => {
      const names = new NetworkNames();
      let before: Lines = { services: [], endpoints: [] };
      for (const { kept, ...step } of steps) {
        // Some lines of the table before stay the same objects, in their order.
        const stay = <Line>(lines: readonly Line[]): readonly Line[] =>
          lines.filter((_, at) => ((kept >> at) & 1) === 1);
        const services = unlike([...stay(before.services), ...step.services], (one) => [one.serviceId, one.virtualIp]);
        const taken = new Set(services.map(({ virtualIp }) => `${virtualIp}/24`));
        const endpoints = unlike([...stay(before.endpoints), ...step.endpoints], (one) => [
          one.taskId,
          one.address,
        ]).filter(({ address }) => !taken.has(address));
        before = { services, endpoints };
        names.update(namedTable("net", before));
        const fresh = new NetworkNames();
        fresh.update(namedTable("net", before));
        const seen = (index: NetworkNames): unknown => ({
          services: NAMES.map((name) => new Set(index.servicesNamed(name))),
          tasks: [...NAMES, "db.1", "web.2", "ring.3"].map((name) => new Set(index.tasksNamed(name))),
          ready: SERVICES.map((name) => new Set(index.readyTasks(namedService(name).serviceId).endpoints)),
          reverse: ADDRESSES.map((address) => index.nameAt(address)),
        });
        assert.deepEqual(seen(names), seen(fresh));
      }
    }),
  );
});

test("lines removed and put turn one list into the other", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 })), fc.array(fc.nat({ max: 9 })), (left, right) => {
      const pool = Array.from({ length: 10 }, (_, id) => ({ id }));
      const lines = (numbers: readonly number[]): readonly { readonly id: number }[] =>
        [...new Set(numbers)].map((at) => pool[at] as { readonly id: number });
      const [before, after] = [lines(left), lines(right)];
      const { removed, put } = changedLines(before, after);
      const result = new Set(before.filter((line) => !removed.includes(line)).concat(put));
      assert.deepEqual(result, new Set(after));
      assert.ok(put.every((line) => !before.includes(line)));
    }),
  );
});
