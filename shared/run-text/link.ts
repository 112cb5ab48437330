/** What `CONTAINER:ALIAS` or `CONTAINER` says. */
export function parseLink(link: string): { readonly container: string; readonly alias: string } {
  const at = link.indexOf(":");
  const container = (at < 0 ? link : link.slice(0, at)).replace(/^\//, "");
  return { container, alias: at < 0 ? container : link.slice(at + 1).replace(/^.*\//, "") };
}
