import { importing } from "../../importedLayer.ts"

/**
 * `DxRunner` on the `dx-runner` command, revisions of 2026-02-19 to 2026-05-06.
 *
 * @example
 * DxRunnerCli.layer(dxRunner)
 */
export const layer = importing(() => import("./DxRunnerCli.ts"))
