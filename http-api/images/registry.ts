import { SwarmError } from "../../shared/errors.ts";
import { parseImageReference } from "../../shared/image-reference.ts";
import { type Answer, json } from "../answer.ts";
import { requireJson } from "../body.ts";
import { StatusError } from "../errors.ts";
import { loginFor, loginOf } from "../registry-logins.ts";
import { type Call, param } from "../route.ts";

/** GET /distribution/NAME/json: what a name means in its registry. */
export async function distribution(call: Call): Promise<Answer> {
  const ref = param(call, "name");
  const login = loginFor(call, parseImageReference(ref).registry);
  const { images } = call.backend.engine({ kind: "here" });
  const found = await images.resolve({ ref, login }, { signal: call.signal });
  return json({
    Descriptor: { mediaType: found.mediaType, digest: found.digest, size: found.size },
    Platforms: found.platforms.map(({ os, architecture, variant }) => ({
      architecture,
      os,
      ...(variant === "" ? {} : { variant }),
    })),
  });
}

/** POST /auth: whether a registry takes a login. */
export async function checkAuth({ backend, body, signal }: Call): Promise<Answer> {
  const said = await requireJson(body);
  const server = typeof said["serveraddress"] === "string" ? said["serveraddress"] : "";
  const login = loginOf(said, server);
  if (login === null) throw new SwarmError("invalidArgument", "a login has a username and a password");
  try {
    await backend.engine({ kind: "here" }).images.checkLogin({ login }, { signal });
  } catch (error) {
    if (!(error instanceof SwarmError) || error.code !== "permissionDenied") throw error;
    // Docker's status for a login that a registry does not take.
    throw new StatusError(401, error.message, { cause: error });
  }
  return json({ Status: "Login Succeeded", IdentityToken: "" });
}
