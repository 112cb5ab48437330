/** A registry server on an address of its own, and a registries.conf that puts it in the place of docker.io. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import { claimLoopbackNetwork } from "./loopback.ts";
import { waitFor } from "./wait.ts";

const PORT = 5000;

export class Registry implements AsyncDisposable {
  /** "host:port" */
  readonly address: string;
  /** Nobody listens there, as long as this process lives. */
  readonly deserted: string;
  readonly registriesConf: string;
  readonly #program: string;
  readonly #directory: string;
  readonly #config: string;
  #child: ChildProcess | null = null;

  private constructor(program: string, directory: string, host: string, desertedHost: string) {
    this.#program = program;
    this.#directory = directory;
    this.address = `${host}:${PORT}`;
    this.deserted = `${desertedHost}:${PORT}`;
    this.registriesConf = join(directory, "registries.conf");
    this.#config = join(directory, "registry.yml");
    const storage = join(directory, "registry");
    mkdirSync(storage);
    writeFileSync(
      this.#config,
      `version: 0.1\nstorage: { filesystem: { rootdirectory: "${storage}" } }\nhttp: { addr: "${this.address}" }\n`,
    );
    writeFileSync(
      this.registriesConf,
      `[[registry]]\nprefix = "docker.io"\nlocation = "${this.address}"\ninsecure = true\n`,
    );
  }

  static async start(): Promise<Registry> {
    const network = await claimLoopbackNetwork();
    const directory = mkdtempSync(join(tmpdir(), "swarm-registry-"));
    const registry = new Registry(await toolPath("docker-registry"), directory, network.address(1), network.address(2));
    await registry.begin();
    return registry;
  }

  /** Starts it where it was before; resolves once it answers. */
  async begin(url = `http://${this.address}/v2/`): Promise<void> {
    this.#child = spawn(this.#program, ["serve", this.#config], { stdio: "ignore" });
    // 401 where a password is wanted; curl, because TLS need not be trusted here.
    const ask = ["--silent", "--insecure", "--output", "/dev/null", url];
    await waitFor("the registry's answer", async () => (await promisify(execFile)("curl", ask)).stderr === "");
  }

  /** Starts it anew, so that everyone must sign in; `line` is one of htpasswd's, with bcrypt. */
  async demandPassword(line: string): Promise<void> {
    const file = join(this.#directory, "htpasswd");
    writeFileSync(file, `${line}\n`);
    appendFileSync(this.#config, `auth: { htpasswd: { realm: registry, path: "${file}" } }\n`);
    await this.stop();
    await this.begin();
  }

  /**
   * Starts it anew, so that it speaks TLS with a certificate of an authority of its own. Resolves with that authority's
   * certificate, in PEM.
   */
  async speakTls(): Promise<string> {
    const [host = ""] = this.address.split(":");
    const inside = (name: string): string => join(this.#directory, name);
    const openssl = (...args: string[]): void => void execFileSync("openssl", args, { stdio: "pipe" });
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    openssl(
      "req",
      "-x509",
      ...key,
      "-keyout",
      inside("ca.key"),
      "-out",
      inside("ca.crt"),
      "-subj",
      "/CN=test authority",
    );
    const names = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=IP:${host}`];
    const signed = ["-CA", inside("ca.crt"), "-CAkey", inside("ca.key")];
    openssl("req", "-x509", ...key, ...signed, "-keyout", inside("tls.key"), "-out", inside("tls.crt"), ...names);
    const text = readFileSync(this.#config, "utf8");
    const tls = `tls: { certificate: "${inside("tls.crt")}", key: "${inside("tls.key")}" }`;
    writeFileSync(this.#config, text.replace(/http: \{ addr: ("[^"]*") \}/, `http: { addr: $1, ${tls} }`));
    await this.stop();
    await this.begin(`https://${this.address}/v2/`);
    return readFileSync(inside("ca.crt"), "utf8");
  }

  /** @param image of an OCI layout, in skopeo's words: "oci:FOLDER:TAG". */
  push(image: string, name: string): void {
    const options = ["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"];
    execFileSync("skopeo", [...options, image, `docker://${this.address}/${name}`]);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true });
  }
}
