import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  bindHostPorts,
  DYNAMIC_PORT_MAX,
  DYNAMIC_PORT_MIN,
  type TakenPort,
} from "../../../../worker/network/host-ports.ts";
import { port } from "../../../support/network-objects.ts";

const web = port("TCP", 8080, 80, "HOST");
const any = port("TCP", 0, 80, "HOST");

const had = (key: string, hostIp = ""): TakenPort => ({ key, hostIp, by: "task a" });

describe("host ports", () => {
  it("keeps the numbers asked for and chooses the others", () => {
    const taken = [had(`tcp/${DYNAMIC_PORT_MIN}`)];
    const bound = bindHostPorts([web, any, any], taken);
    assert.deepEqual(
      bound.map(({ publishedPort }) => publishedPort),
      [8080, DYNAMIC_PORT_MIN + 1, DYNAMIC_PORT_MIN + 2],
    );
  });

  it("keeps protocols apart", () => {
    const taken = [had("udp/8080")];
    assert.equal(bindHostPorts([web], taken)[0]?.publishedPort, 8080);
  });

  it("refuses a taken port and says who has it", () => {
    assert.throws(() => bindHostPorts([web], [had("tcp/8080")]), {
      code: "failedPrecondition",
      message: "host port tcp/8080 is already in use by task a on this host",
    });
    assert.throws(() => bindHostPorts([web, web], []), /already in use by another port of the same task/);
  });

  it("lets several have one port at different addresses of the host", () => {
    const here = { ...web, hostIp: "10.98.0.1" };
    assert.equal(bindHostPorts([here], [had("tcp/8080", "10.98.0.2")])[0]?.publishedPort, 8080);
    for (const hostIp of ["", "10.98.0.1", "10.98.0.0/24"])
      assert.throws(() => bindHostPorts([here], [had("tcp/8080", hostIp)]), /already in use by task a/);
  });

  it("refuses with a sentence when no number is left to choose", () => {
    const all = Array.from({ length: DYNAMIC_PORT_MAX - DYNAMIC_PORT_MIN + 1 }, (_, at) => DYNAMIC_PORT_MIN + at);
    const taken = all.map((number) => had(`tcp/${number}`));
    assert.throws(() => bindHostPorts([any], taken), {
      code: "resourceExhausted",
      message: /no free TCP port between/,
    });
  });
});
