/** Certificates as people make them for Docker's API, by openssl, in a directory of their own. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"] as const;

export class TlsFiles implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "swarm-tls-"));

  /** An authority `NAME.pem`. */
  authority(name: string): string {
    this.#openssl("-x509", ...KEY, "-subj", `/CN=${name}`, "-keyout", this.key(name), "-out", this.path(name));
    return this.path(name);
  }

  /** A certificate `NAME.pem` with `NAME.key`, of an authority. @param address of a server */
  certificate(name: string, authority: string, address = ""): string {
    const by = ["-CA", this.path(authority), "-CAkey", this.key(authority)];
    const more = address === "" ? [] : ["-addext", `subjectAltName=IP:${address}`];
    const files = ["-keyout", this.key(name), "-out", this.path(name)];
    this.#openssl("-x509", ...KEY, ...by, "-subj", `/CN=${name}`, ...more, ...files);
    return this.path(name);
  }

  path(name: string): string {
    return join(this.directory, `${name}.pem`);
  }

  key(name: string): string {
    return join(this.directory, `${name}.key`);
  }

  #openssl(...words: readonly string[]): void {
    execFileSync("openssl", ["req", ...words], { stdio: "pipe" });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
