import { credentials, Client as GrpcClient, Metadata } from "@grpc/grpc-js";
import { mustHave } from "../../../shared/invariant.ts";
import type { TlsMaterial } from "../../../shared/pki/tls-credentials.ts";
import { encodePut, PUT_PATH } from "./put-service.ts";

/** Nothing in the answer matters here. */
const NOTHING = {};

/** A plain gRPC client of the measured service, with none of our own code around it. */
export class PutConnection implements Disposable {
  readonly #client: GrpcClient;

  constructor(address: string, tls: TlsMaterial | null) {
    this.#client = new GrpcClient(address, tls === null ? credentials.createInsecure() : secure(tls), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_http_proxy": 0,
      "grpc.service_config_disable_resolution": 1,
      // For a member that was killed and is back.
      "grpc.initial_reconnect_backoff_ms": 20,
      "grpc.max_reconnect_backoff_ms": 100,
      ...(tls === null ? {} : { "grpc.ssl_target_name_override": "swarm-manager" }),
    });
  }

  /** @throws ServiceError when it was not accepted within `timeoutMs`. */
  put(key: string, value: Buffer, timeoutMs?: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#client.makeUnaryRequest(
      PUT_PATH,
      encodePut,
      () => NOTHING,
      { key: Buffer.from(key), value },
      new Metadata(),
      timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
      (error) => {
        if (error === null) resolve();
        else reject(error);
      },
    );
    return promise;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function secure({ rootCa, node }: TlsMaterial) {
  const { certificate, key } = mustHave(node, "a certificate");
  return credentials.createSsl(Buffer.from(rootCa), Buffer.from(key), Buffer.from(certificate), {
    // Certificates here name nodes, not hosts.
    checkServerIdentity: () => undefined,
  });
}
