/** What a registry wants before it answers, from its WWW-Authenticate header. */
export type Challenge =
  | { readonly kind: "basic" }
  | { readonly kind: "bearer"; readonly realm: string; readonly service: string; readonly scope: string };

const PARAMETER = /([a-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gi;

/**
 * The first challenge of a kind we can meet; null = there is none. A comma separates both parameters and challenges: a
 * new challenge begins with a word that no `=` follows.
 */
export function parseChallenge(header: string): Challenge | null {
  for (const [, scheme = "", parameters = ""] of schemesOf(header)) {
    if (scheme.toLowerCase() === "basic") return { kind: "basic" };
    if (scheme.toLowerCase() !== "bearer") continue;
    const said = new Map(
      [...parameters.matchAll(PARAMETER)].map(([, name = "", quoted, plain = ""]) => [
        name.toLowerCase(),
        quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1"),
      ]),
    );
    const realm = said.get("realm") ?? "";
    if (/^https?:\/\//i.test(realm) && URL.canParse(realm)) {
      return { kind: "bearer", realm, service: said.get("service") ?? "", scope: said.get("scope") ?? "" };
    }
  }
  return null;
}

function schemesOf(header: string): IterableIterator<RegExpExecArray> {
  const value = String.raw`(?:"(?:[^"\\]|\\.)*"|[^\s",]+)`;
  const parameter = String.raw`[A-Za-z0-9_-]+\s*=\s*${value}`;
  return header.matchAll(
    new RegExp(String.raw`([A-Za-z][A-Za-z0-9_-]*)(?:\s+(${parameter}(?:\s*,\s*${parameter})*)|\s*(?=,|$))`, "g"),
  );
}

/** Where to ask for a token that lets us pull `path`; "" = one that only says who we are. */
export function tokenUrl({ realm, service }: Extract<Challenge, { kind: "bearer" }>, path: string): string {
  const url = new URL(realm);
  if (service !== "") url.searchParams.set("service", service);
  if (path !== "") url.searchParams.set("scope", `repository:${path}:pull`);
  return url.href;
}
