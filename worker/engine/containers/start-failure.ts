/** As shells and Docker have it: 127 = no such program, 126 = it cannot be run, 128 = anything else. */
export function startFailureCode(sentence: string): number {
  if (/has no program|no such file or directory|not found/i.test(sentence)) return 127;
  return /permission denied|is a directory|exec format/i.test(sentence) ? 126 : 128;
}
