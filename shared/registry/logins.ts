import type { ImageReference } from "../image-reference.ts";
import { jsonObject } from "../json.ts";
import type { LoginSpec } from "../objects/types.ts";
import { encoded } from "./credentials.ts";
import { loginNamesFor } from "./login-names.ts";

/** The login that counts for an image: the one whose name is the longest beginning of the image's; null = none. */
export function loginFor(image: ImageReference, loginOf: (name: string) => LoginSpec | undefined): LoginSpec | null {
  for (const name of loginNamesFor(image)) {
    const found = loginOf(name);
    if (found !== undefined) return found;
  }
  return null;
}

/**
 * containers-auth.json(5) for skopeo, which then reads no other: logins, and behind them what the host's own files say.
 * null = there are no logins, and skopeo may read those files itself.
 */
export function authFileFor(logins: readonly LoginSpec[], files: readonly string[]): string | null {
  if (logins.length === 0) return null;
  const auths = new Map<string, unknown>();
  const helpers = new Map<string, unknown>();
  for (const content of files.map(jsonObject)) {
    for (const [key, value] of entriesOf(content?.["auths"])) if (!auths.has(key)) auths.set(key, value);
    for (const [key, value] of entriesOf(content?.["credHelpers"])) if (!helpers.has(key)) helpers.set(key, value);
  }
  for (const { annotations, username, password, identityToken } of logins) {
    const token = identityToken === "" ? {} : { identitytoken: identityToken };
    auths.set(annotations.name, { auth: encoded(username, password), ...token });
    // A program would be asked before the file.
    helpers.delete(annotations.name);
  }
  return JSON.stringify({ auths: Object.fromEntries(auths), credHelpers: Object.fromEntries(helpers) });
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
