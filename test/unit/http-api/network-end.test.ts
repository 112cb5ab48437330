import assert from "node:assert/strict";
import { test } from "node:test";
import { remove } from "../../../http-api/networks/change.ts";
import type { Call } from "../../../http-api/route.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { predefinedNetworks } from "../../../shared/objects/local-network.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import type { Network } from "../../../shared/rpc/gen/objects.ts";
import { fakeBackend } from "../../support/fake-backend.ts";
import { createNetwork, createService, createTaskSpec } from "../../support/objects.ts";

const network = createNetwork("n1");
const HOST = predefinedNetworks()[0] as Network;

/** A swarm that refuses to remove its network so often. */
function calling(
  refusals: number,
  isWanted: boolean,
  { guests = 0, of = network }: { guests?: number; of?: Network } = {},
) {
  const attachment = { target: network.id, aliases: [], driverOptions: {} };
  const service = createService("web", { task: createTaskSpec({ networks: isWanted ? [attachment] : [] }) } as object);
  const asked = { times: 0 };
  const backend = fakeBackend({
    networks: {
      inspect: async () => {
        throw new SwarmError("notFound", "none here");
      },
    },
    control: {
      getNetwork: async () => ({ network: of, guests: Array.from({ length: guests }, () => ({})) }),
      listNetworks: async () => ({ networks: [network] }),
      listServices: async () => ({ services: [{ service }] }),
      removeNetwork: async () => {
        if (asked.times++ < refusals) throw new SwarmError("failedPrecondition", "in use by 2 tasks");
        return {};
      },
    },
  });
  const { signal } = new AbortController();
  const call = { backend, signal, clock: systemClock, params: new Map([["id", of.id]]) } as unknown as Call;
  return { asked, removed: remove(call) };
}

test("a network whose tasks are just ending goes when they have", async () => {
  const { asked, removed } = calling(2, false);
  await removed;
  assert.equal(asked.times, 3);
});

test("a network that a service wants is refused at once", async () => {
  const { asked, removed } = calling(2, true);
  await assert.rejects(removed, { message: "in use by 2 tasks" });
  assert.equal(asked.times, 1);
});

test("a network that a container without a service is on is refused at once", async () => {
  const { asked, removed } = calling(2, false, { guests: 1 });
  await assert.rejects(removed, { message: "in use by 2 tasks" });
  assert.equal(asked.times, 1);
});

test("a network that every host has is refused at once, in Docker's words", async () => {
  const { asked, removed } = calling(2, false, { of: HOST });
  const name = HOST.spec?.annotations?.name;
  await assert.rejects(removed, { message: `${name} is a pre-defined network and cannot be removed` });
  assert.equal(asked.times, 0);
});
