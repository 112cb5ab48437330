import type { ProjectQuotas, ProjectUse } from "../../worker/ports/project-quotas.ts";

/**
 * Project quotas of one file system that is not there: who belongs to which project, and what is limited. Nothing is
 * enforced. Answers as ext4 and XFS did on a kernel that has them: nothing is known of a number without files or limit,
 * a limit stays when the last file has gone.
 */
export class MemoryProjectQuotas implements ProjectQuotas {
  readonly projectsOf = new Map<string, number>();
  readonly limits = new Map<number, number>();
  lack: string | null = null;

  lackAt(): string | null {
    return this.lack;
  }

  projectOf(path: string): number {
    return this.projectsOf.get(path) ?? 0;
  }

  join(directory: string, project: number): void {
    this.projectsOf.set(directory, project);
  }

  useOf(_at: string, project: number): ProjectUse {
    const files = [...this.projectsOf.values()].filter((each) => each === project).length;
    return { limitBytes: this.limits.get(project) ?? 0, usedBytes: files * 4096, files };
  }

  limit(_at: string, project: number, bytes: number): void {
    this.limits.set(project, bytes);
  }

  projects(at: string, from: number, to: number): readonly (ProjectUse & { readonly project: number })[] {
    return [...new Set([...this.projectsOf.values(), ...this.limits.keys()])]
      .filter((project) => project >= from && project <= to)
      .sort((a, b) => a - b)
      .map((project) => ({ project, ...this.useOf(at, project) }));
  }

  /** Directories that are gone with all below them. */
  forget(directory: string): void {
    for (const path of this.projectsOf.keys())
      if (path === directory || path.startsWith(`${directory}/`)) this.projectsOf.delete(path);
  }
}
