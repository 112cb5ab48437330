import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bindHostPorts, DYNAMIC_PORT_MAX, DYNAMIC_PORT_MIN } from "../../../../worker/network/host-ports.ts";
import { port } from "../../../support/network-objects.ts";

const web = port("TCP", 8080, 80, "HOST");
const any = port("TCP", 0, 80, "HOST");

describe("host ports", () => {
  it("keeps the numbers asked for and chooses the others", () => {
    const taken = new Map([[`tcp/${DYNAMIC_PORT_MIN}`, "task a"]]);
    const bound = bindHostPorts([web, any, any], taken);
    assert.deepEqual(
      bound.map(({ publishedPort }) => publishedPort),
      [8080, DYNAMIC_PORT_MIN + 1, DYNAMIC_PORT_MIN + 2],
    );
  });

  it("keeps protocols apart", () => {
    const taken = new Map([["udp/8080", "task a"]]);
    assert.equal(bindHostPorts([web], taken)[0]?.publishedPort, 8080);
  });

  it("refuses a taken port and says who has it", () => {
    assert.throws(() => bindHostPorts([web], new Map([["tcp/8080", "task a"]])), {
      code: "failedPrecondition",
      message: "host port tcp/8080 is already in use by task a on this host",
    });
    assert.throws(() => bindHostPorts([web, web], new Map()), /already in use by another port of the same task/);
  });

  it("refuses with a sentence when no number is left to choose", () => {
    const all = Array.from({ length: DYNAMIC_PORT_MAX - DYNAMIC_PORT_MIN + 1 }, (_, at) => DYNAMIC_PORT_MIN + at);
    const taken = new Map(all.map((number) => [`tcp/${number}`, "task a"]));
    assert.throws(() => bindHostPorts([any], taken), {
      code: "resourceExhausted",
      message: /no free TCP port between/,
    });
  });
});
