import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, type DetailedPeerCertificate } from "node:tls";
import { CallCredentials, ChannelCredentials } from "@grpc/grpc-js";
import { parseCertificates, type Trust, verifyNodeCertificate } from "../../pki/node-certificate.ts";
import type { TlsCredentials } from "../../pki/tls-credentials.ts";
import type { Clock } from "../../ports/clock.ts";

type Connector = ReturnType<ChannelCredentials["_createSecureConnector"]>;
type ConnectorArgs = Parameters<ChannelCredentials["_createSecureConnector"]>;

/**
 * How a client proves itself and judges managers. The material is read anew for each connection, so that a rotation
 * takes effect without making new credentials. "untrusted" accepts any server and sends no certificate: only for
 * fetching a root certificate whose digest is then compared.
 */
export class NodeChannelCredentials extends ChannelCredentials {
  readonly #source: TlsCredentials | "untrusted";
  readonly #clock: Clock;
  readonly #handshakeTimeoutMs: number;

  constructor(source: TlsCredentials | "untrusted", clock: Clock, handshakeTimeoutMs: number) {
    super();
    this.#source = source;
    this.#clock = clock;
    this.#handshakeTimeoutMs = handshakeTimeoutMs;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return other === this;
  }

  override _createSecureConnector(...[target, options, perCall]: ConnectorArgs): Connector {
    const callCredentials = perCall ?? CallCredentials.createEmpty();
    return {
      connect: (socket: Socket) => {
        const delegate = this.#current()._createSecureConnector(target, options, callCredentials);
        // grpc-js would wait for ever for a peer that accepts the connection and then stays silent.
        const giveUp = this.#clock.schedule(this.#handshakeTimeoutMs, "tls handshake", () => socket.destroy());
        return delegate.connect(socket).finally(() => {
          giveUp[Symbol.dispose]();
          delegate.destroy();
        });
      },
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials,
      destroy: () => {},
    };
  }

  #current(): ChannelCredentials {
    if (this.#source === "untrusted") {
      const context = createSecureContext({ minVersion: "TLSv1.3" });
      return ChannelCredentials.createFromSecureContext(context, { rejectUnauthorized: false });
    }
    const { rootCa, clusterId, node } = this.#source.material;
    const trust: Trust = { roots: parseCertificates(rootCa, "the root certificate"), clusterId };
    const context = createSecureContext({
      ca: rootCa,
      minVersion: "TLSv1.3",
      ...(node === null ? {} : { cert: node.certificate, key: node.key }),
    });
    return ChannelCredentials.createFromSecureContext(context, {
      // OpenSSL has already checked chain and dates; cluster and role are ours to check.
      checkServerIdentity: (_host, peer) => {
        const brought = (peer as Partial<DetailedPeerCertificate>).issuerCertificate?.raw;
        const verdict = verifyNodeCertificate(
          new X509Certificate(peer.raw),
          trust,
          this.#clock.wallNow(),
          brought === undefined ? undefined : new X509Certificate(brought),
        );
        if (verdict.kind !== "valid") return new Error(verdict.message);
        if (verdict.certificate.role !== "MANAGER") {
          return new Error(`node ${verdict.certificate.nodeId} answers there, which is not a manager`);
        }
        return undefined;
      },
    });
  }
}
