import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePublish } from "../../../../swarmctl/parse/ports.ts";

const text = (port: ReturnType<typeof parsePublish>[number]): string =>
  `${port.hostIp === "" ? "" : `${port.hostIp} `}${port.publishedPort}->${port.targetPort}/${port.protocol} ${port.publishMode}${port.localFirst ? " LOCAL" : ""}`;

for (const [given, ...expected] of [
  ["80", "0->80/TCP INGRESS"],
  ["8080:80", "8080->80/TCP INGRESS"],
  ["53:53/udp", "53->53/UDP INGRESS"],
  ["8080:80/TCP", "8080->80/TCP INGRESS"],
  ["8000-8002:80-82", "8000->80/TCP INGRESS", "8001->81/TCP INGRESS", "8002->82/TCP INGRESS"],
  ["8000-8002:80", "8000->80/TCP INGRESS", "8001->80/TCP INGRESS", "8002->80/TCP INGRESS"],
  ["80-81", "0->80/TCP INGRESS", "0->81/TCP INGRESS"],
  ["65535:1/sctp", "65535->1/SCTP INGRESS"],
  ["192.168.0.10:80:81", "192.168.0.10 80->81/TCP INGRESS"],
  ["0.0.0.0:80:81", "80->81/TCP INGRESS"],
  ["192.168.0.10::80/udp", "192.168.0.10 0->80/UDP INGRESS"],
  ["[fd00::0:1]:80:81", "fd00::1 80->81/TCP INGRESS"],
  ["[::]:80:81", "80->81/TCP INGRESS"],
  ["10.0.0.1:80-81:90-91", "10.0.0.1 80->90/TCP INGRESS", "10.0.0.1 81->91/TCP INGRESS"],
  ["target=80,published=80,host_ip=192.168.0.77/24", "192.168.0.0/24 80->80/TCP INGRESS"],
  ["target=80,mode=host,host_ip=[fd00::1]", "fd00::1 0->80/TCP HOST"],
  ["target=80,published=80,local-first", "80->80/TCP INGRESS LOCAL"],
  ["target=80,published=80,local-first=false", "80->80/TCP INGRESS"],
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
  ["", /^invalid port "": expected \[\[HOST_IP:\]PUBLISHED:\]TARGET/],
  ["http", /expected \[\[HOST_IP:\]PUBLISHED:\]TARGET/],
  ["0:80", /with ports in 1\.\.65535/],
  ["99999:80", /with ports in 1\.\.65535/],
  ["80:", /expected \[\[HOST_IP:\]PUBLISHED:\]TARGET/],
  [":80", /expected \[\[HOST_IP:\]PUBLISHED:\]TARGET/],
  ["82-80:80-82", /expected/],
  ["80-82:80-81", /needs a range of the same length, or one port, to lead to/],
  ["80:80-81", /needs a range of the same length/],
  [
    "target=80,proxy-protocol=v2",
    /"proxy-protocol" in port .* is not offered: containers see each client's own address/,
  ],
  ["80:80/icmp", /invalid value "icmp" for --publish: expected tcp, udp or sctp/],
  ["eth0:80:80", /"eth0" is no address of hosts, such as 192.168.0.10/],
  ["10.0.0.1:80", /expected/],
  ["10.0.0.256:80:80", /no address of hosts/],
  ["[10.0.0.1:80:80", /no address of hosts|expected/],
  ["1:2:80:80", /expected/],
  ["target=80,local-first=perhaps", /invalid value "perhaps" for --publish: expected true or false/],
  ["target=80,host_ip=everywhere", /no address of hosts/],
  ["80:80/tcp/x", /expected/],
  ["published=80", /target is missing/],
  ["target=80,mode=bridge", /expected ingress or host/],
  ["target=80,prot=tcp", /invalid field "prot" .* expected target, published, protocol, mode, host_ip or local-first/],
  ["target=80,ro", /invalid field "ro"/],
] as const) {
  test(`--publish "${given}" is refused`, () => {
    assert.throws(() => parsePublish(given), { code: "invalidArgument", message });
  });
}
