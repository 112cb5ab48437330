import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { SwarmError } from "../../errors.ts";
import { jsonObject } from "../../json.ts";
import type { RegistryCertificates, RegistryFiles } from "../registry-world.ts";

const SYSTEM = "/etc/containers";
const PROXY_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"];

type Environment = Readonly<Record<string, string | undefined>>;

export interface RegistryFilesOptions {
  /** The main file; null = the host's own. */
  readonly registriesConf: string | null;
  /** Default: this process's. */
  readonly environment?: Environment;
  /** Of the user as whom the daemon runs. */
  readonly home?: string;
}

/** The files that skopeo would read, in its order. */
export class SystemRegistryFiles implements RegistryFiles {
  readonly #conf: string | null;
  readonly #environment: Environment;
  readonly #home: string;

  constructor({ registriesConf, environment = process.env, home = homedir() }: RegistryFilesOptions) {
    this.#conf = registriesConf;
    this.#environment = environment;
    this.#home = home;
  }

  conf(): readonly { readonly path: string; readonly text: string }[] {
    const own = join(this.#home, ".config/containers/registries.conf");
    const isOwn = this.#conf === null && existsSync(own);
    const main = this.#conf ?? (isOwn ? own : join(SYSTEM, "registries.conf"));
    const folders = [`${SYSTEM}/registries.conf.d`, `${own}.d`].slice(isOwn ? 1 : 0);
    const paths = [main, ...folders.flatMap(confFilesIn)];
    return paths.flatMap((path) => {
      const text = read(path);
      if (text === null && path === this.#conf) {
        throw new SwarmError("failedPrecondition", `${path} on this host cannot be used: no such file`);
      }
      return text === null ? [] : [{ path, text }];
    });
  }

  credentials(): readonly string[] {
    const { REGISTRY_AUTH_FILE: given = "", XDG_RUNTIME_DIR: runtime = "", DOCKER_CONFIG: docker } = this.#environment;
    const { XDG_CONFIG_HOME: config = join(this.#home, ".config") } = this.#environment;
    const first =
      runtime === "" ? `/run/containers/${process.getuid?.() ?? 0}/auth.json` : `${runtime}/containers/auth.json`;
    const paths = [
      given === "" ? first : given,
      join(config, "containers/auth.json"),
      join(docker ?? join(this.#home, ".docker"), "config.json"),
    ];
    return paths.flatMap((path) => {
      const text = read(path) ?? "";
      // Whoever passed it over would be told that there is no login.
      if (text.trim() !== "" && jsonObject(text) === null) {
        throw new SwarmError("failedPrecondition", `${path} on this host cannot be used: it is no JSON object`);
      }
      return text.trim() === "" ? [] : [text];
    });
  }

  certificates(registry: string): RegistryCertificates | null {
    const folders = [`${this.#home}/.config/containers/certs.d`, `${SYSTEM}/certs.d`, "/etc/docker/certs.d"];
    // The first that exists counts alone, as for skopeo.
    const folder = folders.map((each) => join(each, registry)).find((each) => existsSync(each));
    if (folder === undefined) return null;
    const names = readdirSync(folder).sort();
    const text = (name: string): string => read(join(folder, name)) ?? "";
    const pair = names.find((name) => name.endsWith(".cert"));
    const key = pair?.replace(/cert$/, "key") ?? "";
    if (pair !== undefined && !names.includes(key)) {
      const sentence = `${join(folder, pair)} on this host cannot be used: ${key} is missing beside it`;
      throw new SwarmError("failedPrecondition", sentence);
    }
    return {
      ca: names.filter((name) => name.endsWith(".crt")).map(text),
      client: pair === undefined ? null : { cert: text(pair), key: text(key) },
    };
  }

  isSpecial(): boolean {
    return PROXY_VARIABLES.some((name) => (this.#environment[name] ?? "") !== "");
  }
}

function confFilesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".conf"));
  return names.sort().map((name) => join(folder, name));
}

/** null = there is no such file. */
function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) return null;
    throw new SwarmError("failedPrecondition", `${path} on this host cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
