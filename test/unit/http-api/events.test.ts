import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ROUTES } from "../../../http-api/routes.ts";
import { dockerEventLine, matchesEvent } from "../../../shared/docker-shape/event.ts";
import type { HostEvent } from "../../../shared/rpc/gen/containers.ts";
import { startApi } from "../../support/api-socket.ts";
import { fakeBackend } from "../../support/fake-backend.ts";

const START: HostEvent = {
  ...{ place: 1, timeMs: 1_700_000_000_123, type: "container", action: "start", actor: "abcdef", missed: false },
  attributes: { name: "web", image: "shop:1", tier: "front" },
};
const HEALTH = { ...START, action: "health_status: healthy" };
const SERVICE = { ...START, type: "service", action: "update", actor: "s1", attributes: { name: "web" } };
const NETWORK = { ...START, type: "network", action: "create", actor: "n1" };

describe("an event", () => {
  it("is a line as Docker has it, with all its nanoseconds", () => {
    const line = dockerEventLine(START);
    assert.ok(line.endsWith(',"timeNano":1700000000123000000}\n'));
    assert.deepEqual(
      { ...JSON.parse(line), timeNano: 0 },
      {
        ...{ status: "start", id: "abcdef", from: "shop:1", Type: "container", Action: "start", scope: "local" },
        ...{ Actor: { ID: "abcdef", Attributes: START.attributes }, time: 1_700_000_000, timeNano: 0 },
      },
    );
  });

  it("is a swarm's when its object is", () => {
    const scope = (event: HostEvent): unknown => JSON.parse(dockerEventLine(event)).scope;
    assert.deepEqual(
      [
        SERVICE,
        START,
        { ...NETWORK, attributes: { type: "overlay" } },
        { ...NETWORK, attributes: { type: "bridge" } },
      ].map(scope),
      ["swarm", "local", "swarm", "local"],
    );
  });

  const matches = (event: HostEvent, filters: Readonly<Record<string, readonly string[]>>): boolean =>
    matchesEvent(event, new Map(Object.entries(filters)));
  for (const [event, filters, isMeant] of [
    [START, {}, true],
    [START, { container: ["web"] }, true],
    [START, { container: ["abc"] }, true],
    [START, { container: ["eb"] }, false],
    [START, { container: ["other", "/web"] }, true],
    [START, { event: ["stop", "start"] }, true],
    [HEALTH, { event: ["health_status"] }, true],
    [START, { event: ["sta"] }, false],
    [START, { type: ["image"] }, false],
    [START, { image: ["shop"] }, true],
    [START, { image: ["shop:2"] }, false],
    [START, { label: ["tier=front"] }, true],
    [START, { label: ["tier=front", "constructor"] }, false],
    [START, { scope: ["swarm"] }, false],
    [SERVICE, { container: ["web"] }, false],
    [SERVICE, { service: ["web"], type: ["service"] }, true],
  ] as const) {
    it(`${event.type} ${event.action} ${isMeant ? "is" : "is not"} meant by ${JSON.stringify(filters)}`, () => {
      assert.equal(matches(event, filters), isMeant);
    });
  }
});

describe("GET /events", () => {
  const asked = async (query: string): Promise<readonly [number, unknown, string]> => {
    const noted: (readonly [string, unknown])[] = [];
    async function* events(): AsyncGenerator<HostEvent> {
      yield START;
      yield SERVICE;
    }
    await using api = await startApi({ backend: fakeBackend({ containers: { events } }, noted), routes: ROUTES });
    const { status, body } = await api.ask("GET", `/events?${query}`);
    return [status, noted.at(-1)?.[1], body];
  };

  it("asks from an instant to another, and gives the lines that match", async () => {
    const filters = encodeURIComponent('{"type":{"service":true}}');
    const [status, request, body] = await asked(`since=1.5&until=2000&filters=${filters}`);
    assert.equal(status, 200);
    assert.deepEqual(request, { sinceMs: 1_500, untilMs: 2_000_000 });
    assert.deepEqual(JSON.parse(body).Actor.ID, "s1");
  });

  it("asks for what has been when there is only an end", async () => {
    assert.deepEqual((await asked("until=5"))[1], { sinceMs: 1, untilMs: 5_000 });
    assert.deepEqual((await asked(""))[1], { sinceMs: 0, untilMs: 0 });
  });

  it("refuses an end before its beginning, and filters that it does not know", async () => {
    assert.equal((await asked("since=9&until=5"))[0], 400);
    assert.equal((await asked(`filters=${encodeURIComponent('{"colour":["red"]}')}`))[0], 400);
    assert.equal((await asked("since=soon"))[0], 400);
  });
});
