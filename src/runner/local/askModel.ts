import * as FileSystem from "@effect/platform/FileSystem"
import { Duration, Effect } from "effect"
import type { Provider } from "../../domain/Provider.ts"
import { oneLine } from "../../domain/Text.ts"
import { Exec, type ExecError, type ExecResult } from "../../exec/Exec.ts"
import { freeAtOf } from "../jobEnd/endOfJob.ts"
import { readEnd, type EndReading } from "../jobEnd/readEnd.ts"
import { cliOf } from "../jobEnd/finding.ts"
import type { JobTemps } from "../jobTemp.ts"
import { locateAgent, preflightFailed } from "./locateAgent.ts"
import type { Environment } from "./presets.ts"

const QUESTION = "This is a check of the connection. Use no tool. Answer with the one word READY."

/** A directory of its own for one question: an empty one to work in, the prompt, and what the agent leaves behind. */
const makePlace = Effect.fn("LocalRunner.askModel.place")(function* (
  provider: Provider,
  { forCall }: Pick<JobTemps, "forCall">
) {
  const fs = yield* FileSystem.FileSystem
  const tmp = yield* forCall
  const place = { tmp, worktree: `${tmp}/work`, promptFile: `${tmp}/prompt` }
  yield* fs.makeDirectory(place.worktree, { mode: 0o700 }).pipe(
    Effect.zipRight(fs.writeFileString(place.promptFile, QUESTION, { mode: 0o600 })),
    Effect.mapError(({ message }) =>
      preflightFailed(provider, `temporary directory: ${oneLine(message)}`, [], { blame: "host" })
    )
  )
  return place
})

const withWords = (what: string, words: string | undefined): string =>
  words === undefined ? what : `${what}: ${words}`

/**
 * Asks the model one short question, through the provider's agent, in an empty directory and with a job's environment. Fails with
 * `PreflightFailed` if the agent ends badly, or says that it could not ask. An answer other than the wanted one is a doubt.
 */
export const askModel = Effect.fn("LocalRunner.askModel")(function* (
  provider: Provider,
  environment: Environment,
  timeout: Duration.Duration,
  temps: Pick<JobTemps, "forCall">
) {
  const exec = yield* Exec
  const { tmp, ...place } = yield* makePlace(provider, temps)
  const { agent, lines } = yield* locateAgent(provider, environment, { ...place, prompt: QUESTION })
  const { args, command, env } = agent
  const failed = (what: string, { fault, needs }: Pick<EndReading, "fault" | "needs"> = {}, freeAt?: number) => {
    const blame = fault === "host" ? fault : "provider"
    return preflightFailed(provider, `its model does not answer: ${what}`, lines, { blame, freeAt, needs })
  }
  const read = (exitCode: number | undefined, output: Pick<ExecResult, "stdout" | "stderr">) =>
    // Its errors are on stderr, and `readEnd` looks for them at the end.
    readEnd({ cli: cliOf(command), exitCode, tail: `${output.stdout}\n${output.stderr}` })
  const notEnded = (error: ExecError) =>
    failed(
      error._tag === "ExecTimedOut"
        ? withWords(`no answer within ${Duration.format(timeout)}`, read(undefined, error).words)
        : error.message
    )

  const spec = { tool: "agent", command, args, cwd: place.worktree, env: { ...env, TMPDIR: tmp }, timeout } as const
  const ended = yield* Effect.mapError(exec.run(spec), notEnded)
  const reading = read(ended.exitCode, ended)
  const { fault, limit, needs, reason, words } = reading
  if (ended.exitCode !== 0 || fault !== undefined || needs !== undefined) {
    const end = [`exit ${ended.exitCode}`, ...(reason === undefined ? [] : [reason])].join(", ")
    return yield* failed(withWords(end, words), reading, yield* freeAtOf({}, limit))
  }
  if (/\bready\b/i.test(ended.stdout)) return { lines: [...lines, "model: OK (it answered)"] }
  const said = `its model was asked for the word READY and said: ${oneLine(ended.stdout, 80)}`
  return { lines: [...lines, "model: WARN (another answer than READY)"], warnings: [said], doubt: said }
}, Effect.scoped)
