import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { DxRunnerOptions } from "./command.ts"
import type { Capabilities } from "./lines.ts"
import { GATE } from "./reactions.ts"

/** The tracker's directory as the runner will see it; nothing when only its surroundings can tell. */
const directoryOf = ({ beadsDir, environment = {} }: DxRunnerOptions): string | undefined => {
  const home = environment["HOME"] ?? ""
  return beadsDir ?? (environment["BEADS_DIR"] || (home === "" ? undefined : `${home}/.beads-runtime/.beads`))
}

/**
 * Looks for what the newer revision wants to see before every command: the tracker's `metadata.json`. Without it no
 * provider can work, so this fails before the runner is called. The older revision does not look, and a runner that
 * cannot be asked for its revision is left to say no by itself.
 */
export const beadsGate = Effect.fn("dx-runner.gate")(function* (
  fs: FileSystem.FileSystem,
  options: DxRunnerOptions,
  knows: Effect.Effect<Capabilities, RunnerFailed>
): Effect.fn.Return<void, RunnerFailed> {
  const directory = directoryOf(options)
  if (directory === undefined || options.environment?.["DX_ALLOW_NON_CANONICAL_BD_CWD"] === "1") return
  const metadata = yield* Effect.option(fs.stat(`${directory}/metadata.json`))
  if (Option.isSome(metadata) && metadata.value.type === "File") return
  const known = yield* Effect.option(knows)
  if (Option.isNone(known) || !known.value.gate) return
  const detail = `there is no metadata.json in ${directory} (${GATE})`
  return yield* new RunnerFailed({ operation: "gate", detail, blame: "config" })
})
