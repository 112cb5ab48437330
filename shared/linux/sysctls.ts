/** Settings of a container's own network and IPC namespaces, as Docker has them: all others are the host's. */
const OF_NAMESPACES =
  /^(?:net|fs\.mqueue)\.[\w.-]+$|^kernel\.(?:msg(?:max|mnb|mni)|sem|shm(?:all|max|mni|_rmid_forced))$/;

/** The longest line that /proc/sys takes. */
const VALUE_LENGTH_MAX = 4_095;

/** What is wrong with a kernel setting of a container, in one sentence; null = nothing. */
export function complaintOfSysctl(name: string, value: string): string | null {
  const shown = JSON.stringify(name);
  if (!OF_NAMESPACES.test(name)) {
    return `invalid kernel setting ${shown}: only net.*, fs.mqueue.* and kernel.msg*, sem, shm* belong to one container`;
  }
  const fits = value !== "" && value.length <= VALUE_LENGTH_MAX && !/[\0\n]/.test(value);
  return fits
    ? null
    : `invalid value of the kernel setting ${shown}: one line of at most ${VALUE_LENGTH_MAX} characters`;
}
