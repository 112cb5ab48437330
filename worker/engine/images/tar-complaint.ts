/** What tar says before and after it says what is wrong. */
const BESIDE = /^tar: (?:Removing leading |Exiting with failure status)/;

/** Why tar refused an archive, in its own words: the first line that says so. */
export function tarComplaint(stderr: string): string {
  const lines = stderr.trim().split("\n");
  const line = lines.find((each) => !BESIDE.test(each)) ?? lines[0] ?? "";
  return line.replace(/^tar: /, "");
}
