import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { keepUnsaid } from "../../shared/docker-shape/kept-fields.ts";
import { readServiceJson } from "../../shared/docker-shape/service-json.ts";
import { SwarmError } from "../../shared/errors.ts";
import { parseImageReference } from "../../shared/image-reference.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { LoginSpec, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import { type Answer, json } from "../answer.ts";
import { requireJson } from "../body.ts";
import { readRegistryAuth } from "../registry-auth.ts";
import { type Call, param } from "../route.ts";
import { versionOf } from "../swarm-route.ts";

/** From this API on the client asks the registry for the digest, or decides that nobody does. */
const CLIENT_RESOLVES_MINOR = 30;
/** A registry may be slow; Docker's client waits for as long as it takes. */
const RESOLVE_TIMEOUT_MS = 120_000;

/** POST /services/create */
export async function create(call: Call): Promise<Answer> {
  const spec = readServiceJson(await requireJson(call.body));
  const login = await loginOf(call, "", spec);
  const { service, warnings } = await call.backend.control.createService(
    { spec, noResolveImage: call.minor >= CLIENT_RESOLVES_MINOR, login },
    { signal: call.signal, timeoutMs: RESOLVE_TIMEOUT_MS },
  );
  return json({ ID: mustHave(service, "the service of an answer").id, Warnings: listed(warnings) }, 201);
}

/** POST /services/{ref}/update: another spec, or the one before. */
export async function update(call: Call): Promise<Answer> {
  const { backend, body, minor, query, signal } = call;
  const rollback = query.text("rollback");
  if (rollback !== "" && rollback !== "previous" && rollback !== "none") {
    throw new SwarmError(
      "invalidArgument",
      `invalid rollback ${JSON.stringify(rollback)}: only previous can be restored`,
    );
  }
  const authFrom = query.text("registryAuthFrom");
  if (!["", "spec", "previous-spec"].includes(authFrom)) {
    throw new SwarmError("invalidArgument", "invalid registryAuthFrom: only spec and previous-spec have a meaning");
  }
  const version = versionOf(call, "service");
  const ref = param(call, "ref");
  const spec = await withUnsaid(call, ref, await requireJson(body));
  const login = await loginOf(call, ref, spec);
  const { warnings } = await backend.control.updateService(
    {
      ref,
      version,
      spec,
      rollback: rollback === "previous",
      noResolveImage: minor >= CLIENT_RESOLVES_MINOR,
      login,
    },
    { signal, timeoutMs: RESOLVE_TIMEOUT_MS },
  );
  return json({ Warnings: listed(warnings) });
}

/**
 * Docker's clients drop what they do not know from the spec that they change. Should the service be changed between
 * this look and the update, its version is another one, and the update is refused.
 */
async function withUnsaid({ backend, signal }: Call, ref: string, body: DockerJson): Promise<ServiceSpec> {
  const spec = readServiceJson(body);
  const { service } = await backend.control.getService({ ref }, { signal });
  return service?.spec ? keepUnsaid(body, spec, service.spec) : spec;
}

/**
 * What Docker keeps within the service, the swarm keeps for the registry; hosts get it with each task. It is stored
 * with the service, or not at all if that is refused.
 */
async function loginOf(
  { backend, header, minor, signal }: Call,
  ref: string,
  spec: ServiceSpec,
): Promise<LoginSpec | null> {
  const auth = header("x-registry-auth");
  if (auth === "") return null;
  const image = spec.task?.container?.image ?? "";
  const login = readRegistryAuth(auth, image === "" ? "" : parseImageReference(image).registry);
  if (login === null || minor >= CLIENT_RESOLVES_MINOR) return login;
  // The managers will look up the digest with it, and must have it before.
  await backend.control.checkService({ ref, spec, noResolveImage: true }, { signal });
  await backend.control.setLogin({ spec: login, verify: false }, { signal });
  return null;
}

/** Go's empty list. */
function listed(warnings: readonly string[]): readonly string[] | null {
  return warnings.length === 0 ? null : warnings;
}
