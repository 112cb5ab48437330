import assert from "node:assert/strict";
import { test } from "node:test";
import { services } from "../../../../shared/rpc/schema.ts";

const { createService } = services.control.methods;
const request = (task: object, more: object = {}): unknown => ({ spec: { task, ...more } });
const encode = createService.encodeRequest as (message: unknown) => Buffer;

test("a number that its field cannot carry is refused and not changed", () => {
  const table: readonly (readonly [unknown, RegExp])[] = [
    [request({ container: { healthcheck: { retries: 4_294_967_297 } } }), /^retries cannot be 4294967297/],
    [request({ container: { healthcheck: { retries: -1 } } }), /^retries cannot be -1/],
    [request({ container: { mounts: [{}, { tmpfsMode: 2 ** 40 }] } }), /^tmpfsMode cannot be/],
    [request({ container: { stopGracePeriodMs: 2 ** 60 } }), /^stopGracePeriodMs cannot be/],
    [request({ container: { stopGracePeriodMs: 0.5 } }), /^stopGracePeriodMs cannot be 0.5/],
    [request({}, { endpoint: { ports: [{ targetPort: 2 ** 32 + 80 }] } }), /^targetPort cannot be 4294967376/],
    [request({}, { replicated: { replicas: -1 } }), /^replicas cannot be -1/],
  ];
  for (const [message, sentence] of table) {
    assert.throws(() => encode(message), { code: "invalidArgument", message: sentence });
  }
});

test("what fits arrives as it is: enums, absent parts, fractions where there are some", () => {
  const message = request(
    {
      container: {
        healthcheck: { retries: 4_294_967_295 },
        stopGracePeriodMs: Number.MAX_SAFE_INTEGER,
        labels: { a: "1" },
      },
    },
    { update: { maxFailureRatio: 0.5, order: "START_FIRST" }, endpoint: null },
  );
  const { spec } = createService.decodeRequest(encode(message));
  assert.equal(spec?.task?.container?.healthcheck?.retries, 4_294_967_295);
  assert.equal(spec?.task?.container?.stopGracePeriodMs, Number.MAX_SAFE_INTEGER);
  assert.equal(spec?.update?.maxFailureRatio, 0.5);
});
