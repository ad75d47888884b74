import { importing } from "../../importedLayer.ts"

export type { BdBeadsOptions } from "./BdBeads.ts"

/**
 * The tracker on the `bd` command, version 0.46 or later. Building the layer never fails: bd and its database are looked
 * for at the first use.
 *
 * bd's exit codes and messages are not trusted. Each change is read again, and only that read decides.
 *
 * @example
 * BdBeads.layer({ command: "bd", dir: "/src/shop/.beads", cwd: "/src/shop", timeout: "30 seconds" })
 */
export const layer = importing(() => import("./BdBeads.ts"))
