import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePublish } from "../../../../swarmctl/parse/ports.ts";

const text = (port: ReturnType<typeof parsePublish>[number]): string =>
  `${port.publishedPort}->${port.targetPort}/${port.protocol} ${port.publishMode}`;

for (const [given, ...expected] of [
  ["80", "0->80/TCP INGRESS"],
  ["8080:80", "8080->80/TCP INGRESS"],
  ["53:53/udp", "53->53/UDP INGRESS"],
  ["8080:80/TCP", "8080->80/TCP INGRESS"],
  ["8000-8002:80-82", "8000->80/TCP INGRESS", "8001->81/TCP INGRESS", "8002->82/TCP INGRESS"],
  ["80-81", "0->80/TCP INGRESS", "0->81/TCP INGRESS"],
  ["65535:1/sctp", "65535->1/SCTP INGRESS"],
  ["target=80", "0->80/TCP INGRESS"],
  ["published=8080,target=80,mode=host", "8080->80/TCP HOST"],
  ["Target=80,Published=80,Protocol=UDP,Mode=Ingress", "80->80/UDP INGRESS"],
  ["target=80-81,published=90-91", "90->80/TCP INGRESS", "91->81/TCP INGRESS"],
] as const) {
  test(`--publish ${given} means ${expected.join(", ")}`, () => {
    assert.deepEqual(parsePublish(given).map(text), expected);
  });
}

for (const [given, message] of [
  ["", /^invalid port "": expected \[PUBLISHED:\]TARGET/],
  ["http", /expected \[PUBLISHED:\]TARGET/],
  ["0:80", /with ports in 1\.\.65535/],
  ["99999:80", /with ports in 1\.\.65535/],
  ["80:", /expected \[PUBLISHED:\]TARGET/],
  [":80", /expected \[PUBLISHED:\]TARGET/],
  ["82-80:80-82", /expected/],
  ["80-81:80", /the two ranges must have the same length/],
  ["80:80/icmp", /invalid value "icmp" for --publish: expected tcp, udp or sctp/],
  ["127.0.0.1:80:80", /a host address is not supported/],
  ["80:80/tcp/x", /expected/],
  ["published=80", /target is missing/],
  ["target=80,mode=bridge", /expected ingress or host/],
  ["target=80,prot=tcp", /invalid field "prot" .* expected target, published, protocol or mode/],
  ["target=80,ro", /invalid field "ro"/],
] as const) {
  test(`--publish "${given}" is refused`, () => {
    assert.throws(() => parsePublish(given), { code: "invalidArgument", message });
  });
}
