const DATABASES: ReadonlySet<string> = new Set(["dolt", "embeddeddolt", "redirect"])

/**
 * Whether an entry of a `.beads` directory with this name is a bd database or leads to one. `vc.db` and backups are not:
 * bd writes them beside its database.
 */
export const isDatabase = (name: string): boolean =>
  DATABASES.has(name) || (name.endsWith(".db") && name !== "vc.db" && !name.includes(".backup"))
