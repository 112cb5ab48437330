import type { DockerJson } from "./common.ts";

/**
 * A container's configuration in Docker's JSON as instructions of a Dockerfile, for what an image can say. What it
 * leaves out stays as it is, as with Docker's commit.
 */
export function changesOf(config: DockerJson): readonly string[] {
  const words = (key: string): readonly string[] => {
    const value = config[key];
    return Array.isArray(value) ? value.map(String) : typeof value === "string" && value !== "" ? [value] : [];
  };
  const keys = (key: string): readonly string[] => Object.keys((config[key] ?? {}) as object);
  const text = (key: string): string => (typeof config[key] === "string" ? config[key] : "");
  const labels = Object.entries((config["Labels"] ?? {}) as Readonly<Record<string, unknown>>);
  return [
    ...words("Env")
      .filter((pair) => pair.includes("="))
      .map((pair) => `ENV ${quotedPair(pair)}`),
    ...labels.map(([key, value]) => `LABEL ${quotedPair(`${key}=${value}`)}`),
    ...(words("Cmd").length === 0 ? [] : [`CMD ${JSON.stringify(words("Cmd"))}`]),
    ...(words("Entrypoint").length === 0 ? [] : [`ENTRYPOINT ${JSON.stringify(words("Entrypoint"))}`]),
    ...keys("ExposedPorts").map((port) => `EXPOSE ${port}`),
    ...(keys("Volumes").length === 0 ? [] : [`VOLUME ${JSON.stringify(keys("Volumes"))}`]),
    ...(text("User") === "" ? [] : [`USER ${text("User")}`]),
    ...(text("WorkingDir") === "" ? [] : [`WORKDIR ${text("WorkingDir")}`]),
    ...(text("StopSignal") === "" ? [] : [`STOPSIGNAL ${text("StopSignal")}`]),
    ...words("OnBuild").map((instruction) => `ONBUILD ${instruction}`),
  ];
}

/** `KEY="value"`, in which nothing means anything. */
function quotedPair(pair: string): string {
  const at = pair.indexOf("=");
  return `${pair.slice(0, at)}="${pair.slice(at + 1).replace(/["\\]/g, "\\$&")}"`;
}
