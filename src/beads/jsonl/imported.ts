import { importing } from "../../importedLayer.ts"

export type { JsonlBeadsOptions } from "./JsonlBeads.ts"

/**
 * The tracker on a `.beads/issues.jsonl` without a database. Each call reads the file. A change locks the file, edits the
 * issue's line and replaces the file atomically; all other lines stay byte for byte. Other programs that write the file take no
 * lock: `swap` says how far their writes are safe. Fails with `no_database` if a bd database is beside the file.
 *
 * @example
 * JsonlBeads.layer({ file: "/src/shop/.beads/issues.jsonl" })
 */
export const layer = importing(() => import("./JsonlBeads.ts"))
