import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ContainerConfig } from "../../../../../shared/rpc/gen/containers.ts";
import { checkConfig } from "../../../../../worker/engine/containers/check-config.ts";
import { createPort, createTaskSpec } from "../../../../support/objects.ts";

const config = (hostIp: string): ContainerConfig =>
  ({
    ...{ name: "web", task: createTaskSpec(), network: "", endpoints: [], exposedPorts: [], publishAll: false },
    ...{ restart: null, autoRemove: false, ports: [createPort({ publishedPort: 8_080, publishMode: "HOST", hostIp })] },
  }) as unknown as ContainerConfig;

describe("the address of this host at which a container publishes a port", () => {
  for (const hostIp of ["", "127.0.0.1", "192.168.0.0/24", "fd00::1"])
    it(`may be ${hostIp || "left out"}`, () => assert.doesNotThrow(() => checkConfig(config(hostIp))));

  const refused: readonly (readonly [string, RegExp])[] = [
    ["ten", /^invalid host address "ten" of port 80: not an address or block$/],
    ["127.0.0.1; drop", /not an address or block$/],
    ["0.0.0.0", /^invalid host address "0\.0\.0\.0": write it as ""$/],
    ["::1", /cannot be published on ::1/],
  ];
  for (const [hostIp, message] of refused)
    it(`may not be ${hostIp}`, () =>
      assert.throws(() => checkConfig(config(hostIp)), { code: "invalidArgument", message }));
});

it("shares no memory with another container, and says so", () => {
  const { task, ...rest } = config("");
  const container = { ...task?.container, ipcMode: "container:web" };
  const asked = { ...rest, task: { ...task, container } } as unknown as ContainerConfig;
  assert.throws(() => checkConfig(asked), { code: "invalidArgument", message: /use --ipc host, or a volume$/ });
});
