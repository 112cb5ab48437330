/** Requests to the HTTP API that no client means, with any words as paths, parameters and bodies. */
import fc from "fast-check";
import type { Route } from "../../http-api/route.ts";

const word = fc.oneof(
  fc.constantFrom(
    "web",
    "..",
    "%2e%2e",
    "%2F",
    "a/b",
    "%",
    "%ff",
    "__proto__",
    "constructor",
    "x".repeat(300),
    "é",
    "*",
  ),
  fc.string({ maxLength: 12 }),
);
const VALUES = [
  "1",
  "true",
  "0",
  "-1",
  "1e9",
  "{",
  "[]",
  '{"a":1}',
  '{"id":["x"]}',
  '{"label":{"a=b":true}}',
  "previous",
];
const NAMES = ["filters", "version", "force", "rollback", "tail", "since", "stdout", "status", "all", "t", "x"];
/** What follows the `?`. */
export const oddQuery: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.oneof(fc.constantFrom(...VALUES), word)), { maxLength: 4 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join("&"));
/** A path of one of these routes, with any words as its parameters. */
export function oddPath(routes: readonly Route[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...routes), fc.array(word, { minLength: 3, maxLength: 3 }))
    .map(([{ path }, words]) => path.replaceAll(/\{\w+\*?\}/g, () => (words.pop() ?? "").replaceAll(" ", "_")));
}

export const oddVersion: fc.Arbitrary<string> = fc.constantFrom(
  "",
  "/v1.50",
  "/v1.24",
  "/v1.41",
  "/v9.9",
  "/v1.x",
  "//",
);

/** JSON with the names of Docker's objects and values of any kind in their places. */
const KEYS = ["Name", "Labels", "TaskTemplate", "ContainerSpec", "Image", "Env", "Mounts", "Mode", "Replicated"];
const CONTAINERS = [
  "HostConfig",
  "Binds",
  "Cmd",
  "PortBindings",
  "80/tcp",
  "ExposedPorts",
  "Healthcheck",
  "Test",
  "Tty",
];
const NETWORKS = ["NetworkMode", "NetworkingConfig", "EndpointsConfig", "IPAM", "Config", "Subnet", "Container", "Id"];
const MORE = ["Replicas", "EndpointSpec", "Ports", "Role", "Availability", "Data", "Spec", "Driver", "Resources"];
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e300, "", "nginx", "manager", "aGk="),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS, ...CONTAINERS, ...NETWORKS, ...MORE, "__proto__", "toString"), tie("json"), {
      maxKeys: 5,
    }),
  ),
}));
/** Of a request: JSON, text or bytes. */
export const oddBody: fc.Arbitrary<unknown> = fc.oneof(
  json,
  fc.string(),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
);
export const oddMethod: fc.Arbitrary<string> = fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "BREW");
