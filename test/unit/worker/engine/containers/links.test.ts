import assert from "node:assert/strict";
import { it } from "node:test";
import type { ContainerConfig } from "../../../../../shared/rpc/gen/containers.ts";
import { linkedBy, withoutLink } from "../../../../../worker/engine/containers/links.ts";

it("a link gives lines of /etc/hosts and Docker's variables, its first port of TCP as the one that is meant", () => {
  const other = {
    ...{ name: "store", hostname: "0123456789ab", address: "172.31.240.9" },
    ports: ["53/udp", "6379/tcp", "80/tcp"],
    env: ["PATH=/bin", "HOME=/", "MODE=fast"],
  };
  const { hosts, env } = linkedBy("shop", "my-db", other);
  assert.deepEqual(hosts, ["172.31.240.9 my-db", "172.31.240.9 0123456789ab", "172.31.240.9 store"]);
  assert.deepEqual(env, [
    "MY_DB_PORT=tcp://172.31.240.9:80",
    ...["80", "6379"].flatMap((port) => [
      `MY_DB_PORT_${port}_TCP=tcp://172.31.240.9:${port}`,
      `MY_DB_PORT_${port}_TCP_ADDR=172.31.240.9`,
      `MY_DB_PORT_${port}_TCP_PORT=${port}`,
      `MY_DB_PORT_${port}_TCP_PROTO=tcp`,
    ]),
    "MY_DB_PORT_53_UDP=udp://172.31.240.9:53",
    "MY_DB_PORT_53_UDP_ADDR=172.31.240.9",
    "MY_DB_PORT_53_UDP_PORT=53",
    "MY_DB_PORT_53_UDP_PROTO=udp",
    "MY_DB_NAME=/shop/my-db",
    "MY_DB_ENV_MODE=fast",
  ]);
});

it("a link is taken away by what the container calls the other one, and nothing else is", () => {
  const endpoints = [{ network: "n", aliases: ["db"], links: ["store:db", "store:cache"] }];
  const config = { name: "shop", links: ["/store:/shop/db", "mail"], endpoints } as unknown as ContainerConfig;
  assert.deepEqual(withoutLink(config, "db"), {
    name: "shop",
    links: ["mail"],
    endpoints: [{ network: "n", aliases: ["db"], links: ["store:cache"] }],
  });
  assert.deepEqual(withoutLink(config, "mail").links, ["/store:/shop/db"]);
  assert.throws(() => withoutLink(config, "store"), { code: "notFound", message: "No such link: /shop/store" });
});
