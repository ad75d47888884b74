import { importing } from "../../importedLayer.ts"

export type { LocalRunnerOptions } from "./LocalRunner.ts"

/**
 * The embedded runner: starts a provider's own command line tool in the bug's worktree, as a process that outlives us. Its
 * log, exit code and state are on disk, where later processes find them. A launch is one system call, so this runner never
 * answers `late` and never fails with `AckTimedOut`. It does not look into worktrees, so it never answers `no_op`.
 *
 * @example
 * LocalRunner.layer({
 *   stateDir: "/var/lib/nightly-dispatch/shop",
 *   tempDir: "/tmp",
 *   environment: process.env,
 *   preflightTimeout: Duration.seconds(60),
 *   logSize: 50
 * })
 */
export const layer = importing(() => import("./LocalRunner.ts"))
