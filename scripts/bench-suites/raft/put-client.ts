/**
 * One client process: puts over one gRPC connection, then reports the results. The same for our members and for etcd.
 */
import { mustHave } from "../../../shared/invariant.ts";
import type { ClientConfig } from "./messages.ts";
import { PutConnection } from "./put-connection.ts";
import { runLoad } from "./run-load.ts";

const config = JSON.parse(mustHave(process.argv[2], "a configuration")) as ClientConfig;
using connection = new PutConnection(config.address, config.tls);
const result = await runLoad(config, (key, value) => connection.put(key, value));
process.send?.(result);
process.disconnect?.();
