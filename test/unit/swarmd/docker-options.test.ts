import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf } from "../../../http-api/listen-address.ts";
import { type DockerFlags, dockerApiPlaces } from "../../../swarmd/docker-options.ts";

const TLS = { tlsverify: true, tlscacert: "/c/ca.pem", tlscert: "/c/cert.pem", tlskey: "/c/key.pem" } as const;

test("Docker's API is on the socket in the run directory, and where -H says besides", () => {
  const at = (flags: DockerFlags): readonly string[] => dockerApiPlaces(flags, "/run/s").addresses.map(nameOf);
  assert.deepEqual(at({}), ["unix:///run/s/docker.sock"]);
  assert.deepEqual(at({ dockerSocket: "none" }), []);
  assert.deepEqual(at({ dockerSocket: "/x/d.sock" }), ["unix:///x/d.sock"]);
  assert.deepEqual(at({ host: ["unix:///var/run/docker.sock", "tcp://127.0.0.1"] }), [
    "unix:///run/s/docker.sock",
    "unix:///var/run/docker.sock",
    "tcp://127.0.0.1:2375",
  ]);
  assert.deepEqual(
    at({ ...TLS, dockerSocket: "none", host: ["tcp://0.0.0.0", "tcp://[::]:99", "tcp://10.0.0.1:1/"] }),
    ["tcp://0.0.0.0:2376", "tcp://[::]:99", "tcp://10.0.0.1:1"],
  );
  assert.deepEqual(at({ dockerSocket: "none", host: ["tcp://localhost:5", "tcp://[::1]"] }), [
    "tcp://127.0.0.1:5",
    "tcp://[::1]:2375",
  ]);
  assert.deepEqual(at({ dockerSocket: "none", host: ["tcp://0.0.0.0"], letAnyoneBeRootOverTcp: true }), [
    "tcp://0.0.0.0:2375",
  ]);
});

test("a port that would make anyone root, and flags that mean nothing together, are refused with what to do", () => {
  for (const [flags, sentence] of [
    [{ host: ["tcp://0.0.0.0:2375"] }, /-H tcp:\/\/0\.0\.0\.0:2375 without TLS would make root .* whoever reaches/],
    [{ host: ["tcp://127.0.0.1", "tcp://10.0.0.1"] }, /-H tcp:\/\/10\.0\.0\.1:2375 without TLS/],
    [{ host: ["tcp://[::]"] }, /without TLS/],
    [{ ...TLS }, /--tlsverify has no effect without -H tcp/],
    [{ letAnyoneBeRootOverTcp: true }, /has no effect without -H tcp/],
    [{ ...TLS, host: ["tcp://10.0.0.1"], letAnyoneBeRootOverTcp: true }, /contradicts --tlsverify/],
    [{ tlsverify: true, host: ["tcp://10.0.0.1"] }, /--tlsverify needs --tlscacert, --tlscert and --tlskey/],
    [{ ...TLS, tlsverify: false, host: ["tcp://127.0.0.1"] }, /need --tlsverify: without it, anyone would be let in/],
    [{ host: ["tcp://"] }, /name the IP address to listen on/],
    [{ host: ["tcp://:2375"] }, /name the IP address to listen on/],
    [{ host: ["tcp://manager1"] }, /invalid address of -H "manager1": not an IP address/],
    [{ host: ["tcp://127.0.0.1:0"] }, /the port must be 1 to 65535/],
    [{ host: ["tcp://127.0.0.1:70000"] }, /the port must be 1 to 65535/],
    [{ host: ["tcp://127.0.0.1/x"] }, /name the IP address|invalid/],
    [{ host: ["unix://docker.sock"] }, /a socket's path begins with \//],
    [{ host: ["fd://"] }, /sockets of systemd are not taken over/],
    [{ host: ["10.0.0.1:2376"] }, /it must be tcp:\/\/IP\[:PORT\] or unix:\/\/\/PATH/],
    [{ host: Array.from({ length: 17 }, (_, at) => `tcp://127.0.0.1:${at + 1}`) }, /16 times at most/],
  ] as const) {
    assert.throws(() => dockerApiPlaces(flags, "/run/s"), { code: "invalidArgument", message: sentence });
  }
});
